import { openSandbox } from '../../live/sandbox.ts';
import type { OpenRouter } from '../../sandbox/openrouter/openrouter.ts';
import type { HttpRequest, HttpResponse } from '../../src/http/transport.ts';

interface VariedExchange {
  call: string;
  request: HttpRequest;
  account: OpenRouter;
  /** Has the sandbox respond to the request, or to another one. */
  respond(request?: HttpRequest): Promise<HttpResponse>;
}

/** How a sandbox differs from what the actions assume. It may have a state, so it is for one run. */
export type Variation = (exchange: VariedExchange) => Promise<HttpResponse>;

export const openVaried = (vary: Variation) =>
  openSandbox({
    proxy: (direct, account) => (request, ownSignal) =>
      vary({
        call: account.callOf(request.method, new URL(request.url).pathname.slice('/api/v1'.length)),
        request,
        account,
        respond: (other = request) => direct(other, ownSignal),
      }),
  });

type Json = Record<string, unknown>;

const jsonOf = ({ body = '' }: { body?: string }): Json => JSON.parse(body || '{}');
const reply = (status: number, body: object = {}): HttpResponse => ({
  status,
  headers: { date: new Date(0).toUTCString() },
  body: JSON.stringify(body),
});

export function onCall(
  call: string,
  change: (response: HttpResponse, exchange: VariedExchange) => HttpResponse,
): Variation {
  return async (exchange) => {
    const response = await exchange.respond();
    return exchange.call === call ? change(response, exchange) : response;
  };
}

/** Changes `data` of the successful responses to `call`. */
const onData = <Data = Json>(
  call: string,
  change: (data: Data, exchange: VariedExchange) => unknown,
) =>
  onCall(call, (response, exchange) => {
    if (response.status >= 300) return response;
    const json = jsonOf(response);
    const data = change(json['data'] as Data, exchange);
    return { ...response, body: JSON.stringify({ ...json, data }) };
  });

/** Sets fields of the object in the successful responses to `call`. */
const setting = (call: string, fields: Json) => onData(call, (data) => ({ ...data, ...fields }));

const changing = (call: string, name: string, change: (value: string) => unknown) =>
  onData(call, (data) => ({ ...data, [name]: change(data[name] as string) }));

const onEntries = (call: string, change: (entry: Json) => Json) =>
  onData<Json[]>(call, (list) => list.map(change));

const rejecting = (call: string, status: number) =>
  onCall(call, (response) => (response.status < 400 ? response : { ...response, status }));

function onQuery(call: string, name: string, value: string): Variation {
  return ({ call: received, request, respond }) => {
    const url = new URL(request.url);
    if (received === call) url.searchParams.set(name, value);
    return respond({ ...request, url: url.href });
  };
}

function before(call: string, act: (account: OpenRouter, request: HttpRequest) => void): Variation {
  return (exchange) => {
    if (exchange.call === call) act(exchange.account, exchange.request);
    return exchange.respond();
  };
}

/** Responds with `stale` to the first `call` for each path and key. */
function onFirst(call: string, stale: HttpResponse): Variation {
  const seen = new Set<string>();
  return async ({ call: received, request, respond }) => {
    const id = request.url + request.headers['authorization'];
    if (received !== call || seen.has(id)) return respond();
    seen.add(id);
    return stale;
  };
}

const later = (time: string, ms: number) => new Date(Date.parse(time) + ms).toISOString();

const FIND = 'GET /workspaces/:id';
const LIST = 'GET /workspaces';
const CREATE = 'POST /workspaces';
const DELETE = 'DELETE /workspaces/:id';
const FIND_KEY = 'GET /keys/:hash';
const LIST_KEYS = 'GET /keys';
const CREATE_KEY = 'POST /keys';
const UPDATE_KEY = 'PATCH /keys/:hash';
const GUARDRAIL = 'PATCH /guardrails/:id';
const BUDGETS = 'GET /workspaces/:id/budgets';
const SET_BUDGET = 'PUT /workspaces/:id/budgets/:interval';
const QUERY = 'POST /analytics/query';
const COMPLETE = 'POST /chat/completions';

let lists = 0;

/** For each assumption of the catalogue, by its id, a sandbox of which it is not true. */
export const VARIATIONS: Readonly<Record<string, Variation>> = {
  'taken-slug-status': rejecting(CREATE, 403),
  'default-workspace': before(FIND, ({ workspaces: [first] }) => {
    if (first) first.slug = 'main';
  }),
  'empty-key-ids': setting(FIND, { io_logging_api_key_ids: null }),
  'created-at-near-date': changing(CREATE, 'created_at', (time) => later(time, 5_000)),
  'read-after-update': onFirst(FIND, reply(200, { data: {} })),
  // Without the keys of the last 100 ms.
  'key-list-after-create': onData<Json[]>(LIST_KEYS, (list, { account }) =>
    list.filter(({ created_at }) => account.now().getTime() - Date.parse(String(created_at)) > 100),
  ),
  'created-key-limits': setting(CREATE_KEY, { expires_at: null }),
  'key-name-unchanged': changing(FIND_KEY, 'name', (name) => name.slice(0, 100)),
  'key-list-order': onData<Json[]>(LIST_KEYS, (keys) => keys.filter((_, at) => at !== 1)),
  'disabled-key': setting(UPDATE_KEY, { disabled: false }),
  'disabled-key-name': setting(UPDATE_KEY, { name: 'Another' }),
  'disabled-key-time': changing(FIND_KEY, 'updated_at', (time) => later(time, -5_000)),
  'workspace-pages': onQuery(LIST, 'limit', '50'),
  'workspace-order': onData<Json[]>(LIST, (list) => {
    lists += 1;
    return lists % 2 === 0 ? list.toReversed() : list;
  }),
  'key-page-size': onData<Json[]>(LIST_KEYS, (list) => list.slice(0, 50)),
  'key-offset': onQuery(LIST_KEYS, 'offset', '0'),
  'keys-of-workspace': onData<Json[]>(LIST_KEYS, (_, { account }) => account.keys),
  'include-disabled': onQuery(LIST_KEYS, 'include_disabled', 'false'),
  'include-expired': onQuery(LIST_KEYS, 'include_expired', 'false'),
  'active-key-blocks-deletion': before(DELETE, ({ keys }, { url }) => {
    keys.splice(0, keys.length, ...keys.filter((key) => !url.endsWith(key.workspace_id)));
  }),
  'keys-of-deleted-workspace': onCall(LIST_KEYS, () => reply(200, { data: [{ hash: 'ab' }] })),
  'guardrail-limit': setting(GUARDRAIL, { limit_usd: 13 }),
  'budget-write': onCall(SET_BUDGET, () => reply(422)),
  'budget-list': onEntries(BUDGETS, ({ limit_usd }) => ({ limit_usd })),
  'unknown-key': rejecting(FIND, 404),
  'inference-key': rejecting(FIND, 404),
  'key-counters': setting(FIND_KEY, { usage: null }),
  'listed-key-counters': onEntries(LIST_KEYS, ({ usage_weekly: _, ...key }) => key),
  'limit-remaining': setting(FIND_KEY, { limit_remaining: null }),
  'usage-delay': setting(FIND_KEY, { usage: 0 }),
  'usage-delay-of-disabled-key': onEntries(LIST_KEYS, (key) => ({ ...key, usage: 0 })),
  'request-above-limit': onCall(COMPLETE, () => reply(200)),
  'revoked-key-refused': before(COMPLETE, ({ edge }) => {
    edge.delay = 35_000;
  }),
  'counters-that-grow': before(FIND_KEY, ({ replicaLags }) => {
    if (replicaLags.length === 0) replicaLags.push(0, 0, 90_000);
  }),
  'limit-with-parallel-requests': setting(FIND_KEY, { usage: 0.11 }),
  'analytics-values': onData(QUERY, (result) => ({
    ...result,
    data: (result['data'] as Json[]).map((row) => ({ ...row, request_count: '1.5' })),
  })),
  'analytics-of-deleted-key': before(QUERY, ({ analytics }) => {
    analytics.resolvesDeletedKeys = false;
  }),
  'date-header': onCall(FIND, (response) => ({ ...response, headers: {} })),
};
