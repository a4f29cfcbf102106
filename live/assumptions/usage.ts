import { SETTLE_MS } from '../../src/openrouter/settlement.ts';
import { formatTime } from '../../src/openrouter/time.ts';
import { type Assumption, type Finding, finding, notObservable } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import {
  dataOf,
  describe,
  type Exchange,
  expectStatus,
  isResource,
  listOf,
  type Resource,
} from '../exchange.ts';
import { keysPath } from '../paths.ts';
import { describeDelay, findDelay, pollUntil } from '../poll.ts';
import { type LiveKey, type LiveWorkspace, type Scene, sharedWorkspace } from '../scene.ts';

const USAGE = 'src/actions/usage/read-usage.ts';
const ANALYTICS = 'src/openrouter/resources/analytics.ts';

const COUNTERS = ['usage', 'byok_usage'].flatMap((name) => [
  name,
  `${name}_daily`,
  `${name}_weekly`,
  `${name}_monthly`,
]);

const COUNTS = [
  'request_count',
  'tokens_total',
  'tokens_prompt',
  'tokens_completion',
  'reasoning_tokens',
];
const AMOUNTS = ['credits_usage', 'byok_usage'];

const DAY_MS = 86_400_000;

interface Query {
  field: 'workspace' | 'api_key_id';
  value: string;
  days?: number;
}

/** Queries analytics as the action `usage` does. */
function query({ send, serverTime }: Scene, { field, value, days = 1 }: Query): Promise<Exchange> {
  // The end of the current second.
  const end = serverTime() + 1000;
  return send('POST', '/analytics/query', {
    body: {
      metrics: [...COUNTS, ...AMOUNTS],
      dimensions: ['model'],
      filters: [{ field, operator: 'eq', value }],
      time_range: { start: formatTime(end - days * DAY_MS), end: formatTime(end) },
      order_by: { field: 'credits_usage', direction: 'desc' },
      limit: 10_000,
    },
  });
}

/** The rows of a result, whether there are more, and its warnings. */
function readResult(response: Exchange) {
  const { data, metadata, warnings } = dataOf(response);
  return {
    rows: Array.isArray(data) ? data.filter(isResource) : undefined,
    truncated: isResource(metadata) ? metadata['truncated'] : undefined,
    warnings: Array.isArray(warnings) ? warnings : [],
  };
}

/** Whether a query about something that has spent nothing has no rows and so many warnings. */
function noUsage(response: Exchange, { warnings: expected }: { warnings: number }): Finding {
  if (response.status !== 200) return finding(describe(response), { agrees: false });
  const { rows, truncated, warnings } = readResult(response);
  const observed = `${rows ? `${rows.length} rows` : 'no list of rows'}, truncated: ${truncated}, warnings: ${warnings.length}`;
  const agrees = rows?.length === 0 && truncated === false && warnings.length === expected;
  return finding(observed, { agrees });
}

/** What is known about usage without spending anything. */
export const USAGE_AT_REST: readonly Assumption[] = [
  {
    id: 'key-counters',
    sentence: 'A key has counters of its usage as numbers, which begin at 0.',
    documented: DOCS.getKey,
    reliedOnBy: { file: 'src/actions/usage/period.ts', name: 'spentAtLeast' },
    isCritical: true,
    async probe(scene) {
      const { hash } = await scene.createKey(await sharedWorkspace(scene));
      const key = dataOf(await scene.send('GET', `/keys/${hash}`));
      const others = COUNTERS.filter((name) => key[name] !== 0);
      const observed = others.map((name) => `${name}: ${JSON.stringify(key[name] ?? null)}`);
      return finding(observed.join(', ') || 'all 0', { agrees: others.length === 0 });
    },
  },
  {
    id: 'listed-key-counters',
    sentence: 'The list of keys has the counters of their usage.',
    documented: DOCS.listKeys,
    reliedOnBy: { file: USAGE, name: 'readWorkspaceUsage' },
    isCritical: true,
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      await scene.createKey({ id });
      const [key = {}] = listOf(await scene.send('GET', keysPath(id)));
      const missing = COUNTERS.filter((name) => typeof key[name] !== 'number');
      const observed = missing.length > 0 ? `without ${missing.join(', ')}` : 'all of them';
      return finding(observed, { agrees: missing.length === 0 });
    },
  },
  {
    id: 'limit-remaining',
    sentence: 'The limit_remaining of an unused key is its limit.',
    documented: DOCS.getKey,
    reliedOnBy: { file: 'src/openrouter/resources/keys.ts', name: 'limitOf' },
    isCritical: true,
    async probe(scene) {
      const { hash } = await scene.createKey(await sharedWorkspace(scene), { limit: 0.5 });
      const { limit_remaining } = dataOf(await scene.send('GET', `/keys/${hash}`));
      const observed = `${JSON.stringify(limit_remaining ?? null)} of 0.5`;
      return finding(observed, { agrees: limit_remaining === 0.5 });
    },
  },
  {
    id: 'analytics-by-workspace',
    sentence: 'Analytics of a new workspace has no rows and no warnings.',
    documented: DOCS.queryAnalytics,
    reliedOnBy: { file: ANALYTICS, name: 'queryUsage' },
    isCritical: true,
    async probe(scene) {
      const { id } = await scene.createWorkspace();
      return noUsage(await query(scene, { field: 'workspace', value: id }), { warnings: 0 });
    },
  },
  {
    id: 'analytics-by-key',
    sentence: 'Analytics of an unused key has no rows and no warnings.',
    documented: DOCS.queryAnalytics,
    reliedOnBy: { file: USAGE, name: 'readKeyUsage' },
    isCritical: false,
    async probe(scene) {
      const { hash } = await scene.createKey(await sharedWorkspace(scene));
      return noUsage(await query(scene, { field: 'api_key_id', value: hash }), { warnings: 0 });
    },
  },
  {
    id: 'analytics-of-deleted-key',
    sentence: 'Analytics of a deleted key has no rows and a warning.',
    documented: DOCS.queryAnalytics,
    reliedOnBy: { file: USAGE, name: 'readKeyUsage' },
    isCritical: false,
    async probe(scene) {
      const { hash } = await scene.createKey(await sharedWorkspace(scene));
      await scene.send('DELETE', `/keys/${hash}`);
      return noUsage(await query(scene, { field: 'api_key_id', value: hash }), { warnings: 1 });
    },
  },
  {
    id: 'analytics-days',
    sentence: 'Analytics of a workspace goes back 31 days, and rejects more with 400.',
    documented: DOCS.queryAnalytics,
    reliedOnBy: { file: USAGE, name: 'MAX_DAYS' },
    isCritical: true,
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      const most = await query(scene, { field: 'workspace', value: id, days: 31 });
      const more = await query(scene, { field: 'workspace', value: id, days: 32 });
      const observed = `31 days: ${describe(most)}; 32 days: ${describe(more)}`;
      return finding(observed, { agrees: most.status === 200 && more.status === 400 });
    },
  },
];

const SETTLEMENT = { file: 'src/openrouter/settlement.ts', name: 'SETTLE_MS' };

const NOT_SPENT = notObservable('only with --spend');

const LIMIT = 0.02;

/** Sends a request to a model, which costs far less than a cent. */
const complete = ({ send }: Scene, { secret }: LiveKey) =>
  send('POST', '/chat/completions', {
    body: {
      model: 'openai/gpt-5-mini',
      max_tokens: 16,
      messages: [{ role: 'user', content: 'Say hello.' }],
    },
    key: secret,
  });

/** A new key that has just spent something. */
async function spentKey(scene: Scene, workspace: LiveWorkspace): Promise<LiveKey> {
  const key = await scene.createKey(workspace, { limit: LIMIT });
  expectStatus(await complete(scene, key), 200);
  return key;
}

/** A key that has spent something, whose analytics probes share. */
function billedKey(scene: Scene): Promise<LiveKey> {
  return scene.shared('billed key', async () => spentKey(scene, await scene.createWorkspace()));
}

const disable = ({ send }: Scene, { hash }: LiveKey) =>
  send('PATCH', `/keys/${hash}`, { body: { disabled: true } });

/** The ways to read the counters of a key. */
const READS: Readonly<
  Record<string, (scene: Scene, key: LiveKey, workspace: LiveWorkspace) => Promise<Resource>>
> = {
  GET: async ({ send }, { hash }) => dataOf(await send('GET', `/keys/${hash}`)),
  async list({ send }, { hash }, { id }) {
    return listOf(await send('GET', keysPath(id))).find((key) => key['hash'] === hash) ?? {};
  },
  PATCH: async ({ send }, { hash }) =>
    dataOf(await send('PATCH', `/keys/${hash}`, { body: { name: 'Read' } })),
};

/** Measures in how much time the counters of a key show its request, each way with a key of its own. */
async function findCounterDelays(
  scene: Scene,
  { disables }: { disables: boolean },
): Promise<Finding> {
  const workspace = await scene.createWorkspace();
  const delays = Object.entries(READS).map(async ([name, read]) => {
    const key = await spentKey(scene, workspace);
    if (disables) await disable(scene, key);
    const isCounted = async () => {
      const { usage, limit_remaining } = await read(scene, key, workspace);
      return Number(usage) > 0 && Number(limit_remaining) < LIMIT;
    };
    return { name, delay: await pollUntil(scene, isCounted, COUNTER_DELAYS) };
  });
  const found = await Promise.all(delays);
  const observed = found.map(({ name, delay }) => `${name}: ${describeDelay(delay)}`).join(', ');
  const agrees = found.every(({ delay = Number.POSITIVE_INFINITY }) => delay <= SETTLE_MS);
  return finding(observed, { agrees });
}

const COUNTER_STEP_MS = 5_000;
const COUNTER_DELAYS = Array<number>(SETTLE_MS / COUNTER_STEP_MS).fill(COUNTER_STEP_MS);

const ANALYZED_MS = 120_000;
const DELAYS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

/** The rows of analytics about the key that has spent something. */
async function billedRows(scene: Scene, { hash }: LiveKey): Promise<Resource[]> {
  return readResult(await query(scene, { field: 'api_key_id', value: hash })).rows ?? [];
}

/** What only a request that costs something shows. */
export const USAGE_AFTER_REQUEST: readonly Assumption[] = [
  {
    id: 'usage-delay',
    sentence:
      'A request is in the usage and the limit_remaining of its key within three minutes, in GET, list and PATCH.',
    documented: undefined,
    reliedOnBy: SETTLEMENT,
    isCritical: true,
    async probe(scene) {
      return scene.spend ? findCounterDelays(scene, { disables: false }) : NOT_SPENT;
    },
  },
  {
    id: 'usage-delay-of-disabled-key',
    sentence:
      'Within three minutes after a key was disabled, its last request is in its usage and limit_remaining, in GET, list and PATCH.',
    documented: undefined,
    reliedOnBy: SETTLEMENT,
    isCritical: true,
    async probe(scene) {
      return scene.spend ? findCounterDelays(scene, { disables: true }) : NOT_SPENT;
    },
  },
  {
    id: 'disabled-key-refused-by-model',
    sentence: 'A request to a model with a disabled key is refused with 401 or 403 at once.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/preview/close-preview.ts', name: 'disableAll' },
    isCritical: false,
    async probe(scene) {
      if (!scene.spend) return NOT_SPENT;
      const key = await spentKey(scene, await sharedWorkspace(scene));
      await disable(scene, key);
      const isRefused = async () => [401, 403].includes((await complete(scene, key)).status);
      return findDelay(scene, isRefused);
    },
  },
  {
    id: 'analytics-delay',
    sentence: 'A request is in the analytics of its key within two minutes.',
    documented: undefined,
    reliedOnBy: { file: USAGE, name: 'combine' },
    isCritical: false,
    async probe(scene) {
      if (!scene.spend) return NOT_SPENT;
      const key = await billedKey(scene);
      const isCounted = async () => (await billedRows(scene, key)).length > 0;
      return findDelay(scene, isCounted, { delays: DELAYS, within: ANALYZED_MS });
    },
  },
  {
    id: 'analytics-values',
    sentence:
      'Analytics has a model, counts as whole numbers or texts of them, and amounts as numbers.',
    documented: DOCS.queryAnalytics,
    reliedOnBy: { file: ANALYTICS, name: 'metrics' },
    isCritical: true,
    async probe(scene) {
      if (!scene.spend) return NOT_SPENT;
      const [row] = await billedRows(scene, await billedKey(scene));
      if (!row) return notObservable('analytics does not have the request yet');
      const agrees =
        typeof row['model'] === 'string' &&
        COUNTS.every((name) => /^\d+$/.test(String(row[name] ?? 0))) &&
        AMOUNTS.every((name) => typeof (row[name] ?? 0) === 'number');
      return finding(JSON.stringify(row), { agrees });
    },
  },
];
