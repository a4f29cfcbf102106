import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { virtualClock } from '../../../sandbox/virtual-clock.ts';
import { type CommentContent, readComment } from '../../../src/actions/preview/comment.ts';
import { renderComment } from '../../../src/actions/preview/render-comment.ts';
import {
  type Bill,
  openComments,
  writeBill,
  writeComment,
} from '../../../src/actions/preview/write-comment.ts';
import { gitHub } from '../../../src/github/server.ts';
import type { Server } from '../../../src/http/server.ts';
import { type Transport, TransportError } from '../../../src/http/transport.ts';
import { toJson } from '../../../src/lib/json.ts';
import { exactUsd, toUsd } from '../../../src/lib/usd.ts';
import { CounterMemory } from '../../../src/openrouter/counters.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import { openRouter } from '../../../src/openrouter/server.ts';
import { COUNT_MS } from '../../../src/openrouter/settlement.ts';
import { openClient } from '../../support/client.ts';
import { SHOP } from '../../support/known-repositories.ts';
import { seen } from '../../support/seen-keys.ts';
import { contentOf, keyOf, WORKSPACE } from '../../support/some-comments.ts';

const JOB = 'github-actions[bot]';
const REPOSITORY = { ...SHOP, id: 1 };
const ABOUT = 'https://docs.test/about';
const KEYS = 'GET /keys';
const COMMENTS = 'GET /repos/octo-org/shop/issues/42/comments';
const POST = 'POST /repos/octo-org/shop/issues/42/comments';
const GRAPHQL = 'POST /graphql';
const LOGIN = [GRAPHQL];
const FIND = `GET /workspaces/${WORKSPACE.id}`;
const DELETE = 'DELETE /repos/octo-org/shop/issues/comments/2';
const PATCH = 'PATCH /repos/octo-org/shop/issues/comments/1';
const NOW = 'Sat, 28 Nov 2026 12:00:00 GMT';
const usd = (text: string) => toUsd(Number(text));

interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

const FORBIDDEN: Reply = {
  status: 403,
  body: { message: 'Resource not accessible by integration' },
};

/** A key that ended an hour ago. */
const countedKey = (hash: string, usage: unknown): Key =>
  keyOf({ hash, usage, disabled: true, updated_at: '2026-11-28T11:00:00Z' });

/** Both servers, as far as a comment needs them. */
function openServers() {
  const state = {
    comments: [] as { id: number; body: string; user: { login: string } | null }[],
    keys: [countedKey('key1', 0.25)],
    login: JOB,
    slug: WORKSPACE.slug,
    calls: [] as string[],
    /** Of 1, what retries wait of the longest time. */
    jitter: 0.5,
    /** Called before each request is applied. Can return another response to it. */
    intercept: (_call: string, _count: number): Reply | 'lost' | 'unsent' | undefined => undefined,
  };
  const found = (body: unknown): Reply =>
    body === undefined ? { status: 404, body: {} } : { status: 200, body };
  const write = (text: string | undefined, id?: number): Reply => {
    const { body } = JSON.parse(text ?? '') as { body: string };
    const comment = state.comments.find((one) => one.id === id);
    if (comment) comment.body = body;
    if (id !== undefined) return found(comment);
    const added = { id: (state.comments.at(-1)?.id ?? 0) + 1, body, user: { login: state.login } };
    state.comments.push(added);
    return { status: 201, body: added };
  };
  const remove = (id: number): Reply => {
    const at = state.comments.findIndex((one) => one.id === id);
    if (at < 0) return found(undefined);
    state.comments.splice(at, 1);
    return { status: 204 };
  };
  const apply = (call: string, url: URL, body: string | undefined): Reply => {
    const page = Number(url.searchParams.get('page')) - 1;
    const id = Number(/^PATCH .*\/(\d+)$/.exec(call)?.[1]);
    const deleted = Number(/^DELETE .*\/(\d+)$/.exec(call)?.[1]);
    if (call === FIND)
      return found({ data: { ...WORKSPACE, slug: state.slug, name: 'octo-org/shop#42' } });
    if (call === GRAPHQL) return found({ data: { viewer: { login: state.login } } });
    if (call === COMMENTS) return found(state.comments.slice(page * 30, page * 30 + 30));
    if (call === POST) return write(body);
    if (id) return write(body, id);
    if (deleted) return remove(deleted);
    return { ...found({ data: state.keys }), headers: { date: NOW } };
  };
  return { state, apply };
}

const render = (content: CommentContent) =>
  renderComment(content, { repository: REPOSITORY, aboutUrl: ABOUT, redact: (text) => text });

type Request = Parameters<typeof writeComment>[0];

const REQUEST: Request = {
  workspace: { ...WORKSPACE, name: WORKSPACE.slug, subject: { kind: 'pull', number: 42 } },
};

/** The request for the final bill of a workspace with these keys. */
const billOf = (keys: readonly Key[], options: Partial<Bill> = {}): Bill => ({
  ...REQUEST,
  keys: keys.map((key) => seen(key, COUNT_MS)),
  isComplete: true,
  leavesBill: false,
  ...options,
});

/** One or more runs in virtual time. `latency` says how long each request takes, in milliseconds. */
function openScene(latency: (count: number) => number = () => 20) {
  const { state, apply } = openServers();
  const clock = virtualClock();
  const [info, notices, requestLines]: [string[], string[], string[]] = [[], [], []];
  let count = 0;
  const transport: Transport = async ({ method, url, body }) => {
    const { pathname } = new URL(url);
    const call = `${method} ${pathname.replace('/api/v1', '')}`;
    state.calls.push(call);
    count += 1;
    const at = count;
    await new Promise<void>((resolve) => clock.after(latency(at), resolve));
    const fault = state.intercept(call, state.calls.filter((one) => one === call).length);
    if (fault === 'unsent') throw new TransportError('reset', { isSent: true });
    const reply = typeof fault === 'object' ? fault : apply(call, new URL(url), body);
    await new Promise<void>((resolve) => clock.after(latency(at), resolve));
    if (fault === 'lost') throw new TransportError('reset', { isSent: true });
    const headers = reply.headers ?? {};
    // A copy: the comments can change before it is read.
    const text = reply.status === 204 ? '' : toJson(reply.body ?? {});
    return { status: reply.status, headers, body: text };
  };
  const log = {
    info: (line: string) => info.push(line),
    request: (line: string) => requestLines.push(line),
    notice: (line: string) => notices.push(line),
  };
  const clientOf = (server: Server) =>
    openClient({
      server,
      transport,
      clock,
      random: () => state.jitter,
      signal: new AbortController().signal,
      log,
    });
  const client = clientOf(
    openRouter({ apiUrl: 'https://openrouter.test/api/v1', managementKey: 'k' }),
  );
  const github = clientOf(gitHub({ apiUrl: 'https://api.github.test', token: 't' }));
  /** What one run works with. */
  const openRun = () => ({
    client,
    counters: new CounterMemory(),
    github,
    comments: openComments({ jobLogin: JOB, repository: REPOSITORY, render }),
    repository: REPOSITORY,
    log,
  });
  const write = (request: Partial<Request> = {}) =>
    writeComment({ ...REQUEST, ...request }, openRun());
  return {
    state,
    info,
    notices,
    openRun,
    run: <Value>(work: Promise<Value>) => clock.run(work),
    write: (request?: Partial<Request>) => clock.run(write(request)),
    bill: (keys: readonly Key[], options?: Partial<Bill>) =>
      clock.run(writeBill(billOf(keys, options), openRun())),
    writeAtOnce: (requests: readonly Partial<Request>[]) =>
      clock.run(Promise.all(requests.map(write))),
  };
}

type State = ReturnType<typeof openServers>['state'];

const addComment = ({ comments }: State, body: string, login = JOB) =>
  comments.push({ id: comments.length + 1, body, user: { login } });

/** A comment that says that so much was spent, and that lists no key. */
const old = (spent: string, data: Partial<CommentContent['data']> = {}) =>
  render(contentOf([], { spent: usd(spent), ...data }));

/** What each comment says that the keys have spent: `0.25 so far`; undefined if it is no comment of a preview. */
const sumsIn = ({ comments }: State) =>
  comments.map(({ body }) => {
    const data = readComment(body);
    return data && `${exactUsd(data.spent)} ${data.isAtLeast ? 'at least, ' : ''}${data.state}`;
  });

const writesIn = ({ calls }: State) =>
  calls.filter((call) => call !== GRAPHQL && !call.startsWith('GET'));

const READS = [COMMENTS, KEYS];

describe('a run that writes the comment', () => {
  test('creates it, reads list and comment again, and logs what it says', async () => {
    const { state, write, info, notices } = openScene();
    expect(await write()).toMatchObject({ kind: 'written', data: { spent: usd('0.25') } });
    expect(sumsIn(state)).toEqual(['0.25 so far']);
    expect(state.calls).toEqual([...LOGIN, ...READS, FIND, POST, ...READS]);
    expect(info).toEqual(['The comment on #42 says: $0.25 spent so far.']);
    expect(notices).toEqual([]);
  });

  test('shows what the list shows of each key: whether it ended an hour ago', async () => {
    const { state, write } = openScene();
    state.keys = [
      keyOf({ hash: 'key1', usage: 0.5, disabled: true, updated_at: '2026-11-28T11:00:01Z' }),
      countedKey('key2', 0.25),
    ];
    await write();
    expect(state.comments[0]?.body).toMatch(/>at least \$0\.50<.*>\$0\.25</s);
  });

  test('writes nothing if it is right', async () => {
    const { state, write } = openScene();
    await write();
    await write();
    expect(writesIn(state)).toEqual([POST]);
  });

  test.each([65, 2_200])('updates it after %d comments of others', async (count) => {
    const { state, write, notices } = openScene(() => 1);
    for (let at = 0; at < count; at += 1) addComment(state, 'LGTM', 'mona');
    addComment(state, old('0.1'));
    await write();
    expect(writesIn(state)).toEqual([PATCH.replace(/1$/, `${count + 1}`)]);
    expect(sumsIn(state).at(-1)).toBe('0.25 so far');
    expect(notices).toEqual([]);
  });

  test('takes its sum for a lower bound from then on, if the comment has a larger one', async () => {
    const { state, write } = openScene();
    addComment(state, old('0.5'));
    await write();
    expect(sumsIn(state)).toEqual(['0.25 at least, so far']);
    state.keys.push(countedKey('key2', 7));
    await write();
    expect(sumsIn(state)).toEqual(['7.25 at least, so far']);
  });

  test('lists the keys again first, because a counter can be behind', async () => {
    const { state, write } = openScene();
    addComment(state, old('0.5'));
    state.intercept = (call, count) => {
      if (call === KEYS && count === 2) state.keys = [countedKey('key1', 0.75)];
      return undefined;
    };
    await write();
    expect(sumsIn(state)).toEqual(['0.75 so far']);
  });

  test('writes nothing once the workspace is locked, or deleted', async () => {
    const { state, write } = openScene();
    state.slug = `locked-${WORKSPACE.id}`;
    expect(await write()).toEqual({ kind: 'nothing' });
    state.intercept = (call) => (call === FIND ? { status: 404, body: {} } : undefined);
    expect(await write()).toEqual({ kind: 'nothing' });
    expect(writesIn(state)).toEqual([]);
  });

  test('does not take a comment for a bill that only says so', async () => {
    const { state, write } = openScene();
    addComment(state, old('0.1', { state: 'bill' }));
    await write();
    expect(sumsIn(state)).toEqual(['0.25 so far']);
  });

  test('leaves comments alone that are of others, or about another workspace, or about none', async () => {
    const { state, write } = openScene();
    addComment(state, old('100'), 'mallory');
    addComment(state, `Quote:\n${old('100')}`);
    state.comments.push({ id: 3, body: old('100'), user: null });
    addComment(state, old('100', { workspace: WORKSPACE.id.replace('3', '4') }));
    addComment(state, old('100').replace('"spent":100', '"spent":"much"'));
    const before = structuredClone(state.comments);
    await write();
    expect(state.comments.slice(0, 5)).toEqual(before);
    expect(sumsIn(state).slice(5)).toEqual(['0.25 so far']);
  });

  test('finds the one by the person whose token it has', async () => {
    const { state, write } = openScene();
    state.login = 'mona';
    addComment(state, old('1'), JOB);
    addComment(state, old('0.1'), 'mona');
    await write();
    expect(sumsIn(state)).toEqual(['1 so far', '0.25 so far']);
  });

  test('of two, updates the older one, and then deletes the younger', async () => {
    const { state, write, notices } = openScene();
    addComment(state, old('0.1'));
    addComment(state, old('1'));
    await write();
    expect(sumsIn(state)).toEqual(['0.25 so far']);
    // Only after it has read the text back.
    expect(state.calls.slice(LOGIN.length)).toEqual([...READS, FIND, PATCH, ...READS, DELETE]);
    expect(notices).toEqual([]);
  });

  test('keeps both as long as the new text is not in the list', async () => {
    const { state, write } = openScene();
    addComment(state, old('0.5'));
    addComment(state, old('1'));
    const before = structuredClone(state.comments);
    state.intercept = (call) => (call === COMMENTS ? { status: 200, body: before } : undefined);
    await write();
    expect(writesIn(state)).not.toContain(DELETE);
  });

  test('says so if it may not delete the younger one', async () => {
    const { state, write, notices } = openScene();
    addComment(state, old('0.5'));
    addComment(state, old('1'));
    state.intercept = (call) => (call === DELETE ? FORBIDDEN : undefined);
    expect(await write()).toMatchObject({ kind: 'written' });
    expect(notices).toEqual([
      expect.stringMatching(
        /^A second comment of the preview is left: could not .* #42: .*HTTP 403/,
      ),
    ]);
  });

  test('writes no other comments if GitHub does not respond to that', async () => {
    const { state, run, openRun, notices } = openScene();
    for (const sum of ['1', '2', '3']) addComment(state, old(sum));
    state.intercept = (call) => (call === DELETE ? 'unsent' : undefined);
    const context = openRun();
    expect(await run(writeComment(REQUEST, context))).toMatchObject({ kind: 'failed' });
    expect(state.comments).toHaveLength(3);
    const { length } = state.calls;
    expect(await run(writeComment(REQUEST, context))).toMatchObject({ kind: 'failed' });
    expect(state.calls).toHaveLength(length);
    expect(notices).toEqual([expect.stringMatching(/may be out of date: could not delete .* #42/)]);
  });

  test('creates another if someone deletes it', async () => {
    const { state, write, notices } = openScene();
    addComment(state, old('0.5'));
    state.intercept = (call) => {
      if (call === PATCH) state.comments.splice(0);
      return undefined;
    };
    await write();
    expect(writesIn(state)).toEqual([PATCH, POST]);
    expect(sumsIn(state)).toEqual(['0.25 so far']);
    expect(notices).toEqual([]);
  });

  test('fails if HTTP 404 does not mean that', async () => {
    const { state, write, notices } = openScene();
    addComment(state, old('0.1'));
    state.intercept = (call) => (call === PATCH ? { status: 404 } : undefined);
    expect(await write()).toMatchObject({ kind: 'failed' });
    expect(notices).toEqual([expect.stringMatching(/ could not update .* #42: .*HTTP 404/)]);
  });

  test('creates none as long as no key exists, and updates one that exists', async () => {
    const { state, write } = openScene();
    state.keys = [];
    expect(await write()).toEqual({ kind: 'nothing' });
    expect(writesIn(state)).toEqual([]);
    addComment(state, old('0').replace('0 keys', '7 keys'));
    await write();
    expect(state.comments[0]?.body).toContain('0 keys');
  });

  test('writes none for a branch, or if the step writes none', async () => {
    const { state, run, openRun, write } = openScene();
    const branch = { ...REQUEST.workspace, subject: { kind: 'branch', name: 'x' } as const };
    expect(await write({ workspace: branch })).toEqual({ kind: 'skipped' });
    const context = { ...openRun(), comments: undefined };
    expect(await run(writeComment(REQUEST, context))).toEqual({ kind: 'skipped' });
    expect(state.calls).toEqual([]);
  });

  test('shows its cap, and otherwise that of an earlier run', async () => {
    const { state, write } = openScene();
    const capOf = () => exactUsd(readComment(state.comments[0]?.body ?? '')?.cap ?? 0n);
    await write({ cap: usd('5') });
    expect(capOf()).toBe('5');
    await write();
    expect(capOf()).toBe('5');
    await write({ cap: usd('7') });
    expect(capOf()).toBe('7');
  });
});

describe('the final bill', () => {
  test('is exact if each key ended an hour ago, and none is missing', async () => {
    const { state, write, bill } = openScene();
    await write({ cap: usd('5') });
    const keys = [...state.keys, countedKey('key2', 0.5)];
    expect(await bill(keys)).toMatchObject({
      data: { spent: usd('0.75'), state: 'bill', isAtLeast: false },
    });
    expect(sumsIn(state)).toEqual(['0.75 bill']);
    expect(state.comments[0]?.body).toContain('$0.75 of $5.00 spent, closed</h3>');
  });

  test('lists no keys, and looks up no workspace', async () => {
    const { state, bill } = openScene();
    await bill(state.keys);
    expect(state.calls).toEqual([...LOGIN, COMMENTS, POST, COMMENTS]);
    expect(sumsIn(state)).toEqual(['0.25 bill']);
  });

  test.each<[string, readonly Key[], Partial<Bill>]>([
    ['the comment had a larger sum', [countedKey('key1', 0.25)], {}],
    ['a key has no counter', [countedKey('key1', 0.6), countedKey('key2', null)], {}],
    ['a key is missing', [countedKey('key1', 0.6)], { isComplete: false }],
  ])('is a lower bound if %s', async (_, keys, options) => {
    const { state, bill } = openScene();
    addComment(state, old('0.5'));
    await bill(keys, options);
    expect(sumsIn(state)).toEqual([expect.stringMatching(/^0\.\d+ at least, bill$/)]);
  });

  test('stays as it is if another run can have written it', async () => {
    const { state, bill } = openScene();
    addComment(state, old('0.5', { state: 'bill' }));
    const [before] = structuredClone(state.comments);
    const keys = [countedKey('key1', 0.25)];
    await bill(keys, { isComplete: false, leavesBill: true });
    expect(state.comments).toEqual([before]);
    await bill(keys, { isComplete: false });
    expect(sumsIn(state)).toEqual(['0.25 at least, bill']);
  });

  test('is that of the oldest comment: a job can forge a younger one', async () => {
    const { state, bill } = openScene();
    addComment(state, old('0.1'));
    addComment(state, old('9', { state: 'bill' }));
    await bill([countedKey('key1', 0.25)], { leavesBill: true });
    expect(sumsIn(state)).toEqual(['0.25 bill']);
  });

  test('is not written where there were neither keys nor a comment', async () => {
    const { state, bill } = openScene();
    expect(await bill([])).toEqual({ kind: 'nothing' });
    expect(writesIn(state)).toEqual([]);
  });

  test('that GitHub rejects is one notice, and one that fails for a moment is none', async () => {
    const { state, bill, notices } = openScene();
    state.jitter = 0;
    state.intercept = (call) => (call === POST ? { status: 500 } : undefined);
    expect(await bill(state.keys)).toMatchObject({ kind: 'failed' });
    expect(notices).toEqual([]);
    state.intercept = (call) => (call === POST ? FORBIDDEN : undefined);
    expect(await bill(state.keys)).toMatchObject({ kind: 'failed' });
    expect(notices).toEqual([
      expect.stringMatching(/HTTP 403.*permission pull-requests: write\.$/),
    ]);
  });
});

describe('a failure', () => {
  const HINT = 'Check that the job has the permission pull-requests: write.';

  test.each<[string, Reply | 'lost' | 'unsent', string]>([
    [GRAPHQL, { status: 401 }, 'read whose token github-token is: POST /graphql: HTTP 401'],
    [COMMENTS, FORBIDDEN, `#42: GET .*: HTTP 403 .*: Resource not accessible .*\\. ${HINT}`],
    [COMMENTS, { status: 404 }, HINT],
    [COMMENTS, { status: 500 }, 'the next attempt, in|HTTP 500'],
    [
      COMMENTS,
      { status: 403, headers: { 'retry-after': '3600' } },
      'limits the rate of requests now',
    ],
    [POST, FORBIDDEN, HINT],
    [POST, { status: 429, headers: { 'retry-after': '3600' } }, 'limits the rate of requests now'],
    [POST, { status: 422 }, 'HTTP 422'],
  ])('of %s (%j) is one notice', async (on, fault, expected) => {
    const { state, write, info, notices } = openScene();
    state.intercept = (call) => (call === on ? fault : undefined);
    await write();
    expect([state.comments, info]).toEqual([[], []]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/^The comment of the preview may be out of date: could not /);
    expect(notices[0]).toMatch(new RegExp(expected));
    // Waiting helps against throttling, and no permission.
    const isRejected = typeof fault === 'object' && [403, 404, 422].includes(fault.status);
    expect(notices[0]?.includes(HINT)).toBe(isRejected && !fault.headers);
  });

  test('of OpenRouter is only logged: the key of the job has an error', async () => {
    const { state, write, info, notices } = openScene();
    state.intercept = (call) => (call === KEYS ? { status: 401 } : undefined);
    await write();
    expect([info, notices]).toEqual([[expect.stringContaining('list the API keys')], []]);
  });

  test.each<'lost' | 'unsent'>(['lost', 'unsent'])(
    'of a POST whose response is %s leaves one comment',
    async (fault) => {
      const { state, write, notices } = openScene();
      state.intercept = (call, count) => (call === POST && count === 1 ? fault : undefined);
      await write();
      expect(sumsIn(state)).toEqual(['0.25 so far']);
      expect(writesIn(state)).toHaveLength(fault === 'lost' ? 1 : 2);
      expect(notices).toEqual([]);
    },
  );

  test('of the last POST is what is noticed', async () => {
    const { state, write, notices } = openScene();
    state.jitter = 0;
    state.intercept = (call) => (call === POST ? { status: 500 } : undefined);
    await write();
    expect(writesIn(state)).toEqual(Array(8).fill(POST));
    expect(notices).toEqual([expect.stringMatching(/: could not comment on .*: HTTP 500/)]);
  });

  test('of GitHub to list a new comment does not make two', async () => {
    const { state, write, notices } = openScene();
    state.intercept = (call) => (call === COMMENTS ? { status: 200, body: [] } : undefined);
    await write();
    expect(writesIn(state)).toEqual([POST]);
    expect(notices).toEqual([]);
  });

  test('of GitHub to list a change at once does not repeat it', async () => {
    const { state, write } = openScene();
    addComment(state, old('0.1'));
    const before = structuredClone(state.comments);
    state.intercept = (call, count) =>
      call === COMMENTS && count === 2 ? { status: 200, body: before } : undefined;
    await write();
    expect(writesIn(state)).toEqual([PATCH]);
  });
});

describe('runs at the same time', () => {
  const latencies = fc.array(fc.nat(100), { minLength: 30, maxLength: 30 });
  const openWith = (times: readonly number[]) =>
    openScene((count) => times[count % times.length] ?? 0);

  /** Has each of the first lists show one more key that has spent 0.5 USD. */
  const growFor = (state: State, lists: number) => {
    state.intercept = (call) => {
      const { length } = state.keys;
      if (call === KEYS && length <= lists) state.keys.push(countedKey(`new${length}`, 0.5));
      return undefined;
    };
  };

  test('agree about what OpenRouter lists in the end, however their requests interleave', async () => {
    await fc.assert(
      fc.asyncProperty(
        latencies,
        fc.integer({ min: 2, max: 4 }),
        fc.boolean(),
        fc.boolean(),
        async (times, runs, exists, haveCaps) => {
          const { state, notices, writeAtOnce } = openWith(times);
          if (exists) addComment(state, old('0.1'));
          growFor(state, 3);
          await writeAtOnce(
            Array.from({ length: runs }, (_, at) => (haveCaps ? { cap: usd(`${at + 5}`) } : {})),
          );
          expect(notices).toEqual([]);
          expect(sumsIn(state)).toEqual(['1.75 so far']);
          expect(state.comments[0]?.body).toContain('4 keys so far');
        },
      ),
      { numRuns: 60 },
    );
  });

  test('leave the bill, once its run has written it again at the end', async () => {
    await fc.assert(
      fc.asyncProperty(latencies, fc.boolean(), async (times, exists) => {
        const { state, notices, writeAtOnce, write, bill } = openWith(times);
        if (exists) addComment(state, old('0.1'));
        const final = billOf(state.keys);
        await writeAtOnce([{}, final, {}]);
        await write(final);
        await writeAtOnce([{}, {}]);
        expect(await bill(state.keys)).toMatchObject({ kind: 'written' });
        expect(sumsIn(state)).toEqual(['0.25 bill']);
        expect(notices).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('of 24 jobs report nothing, and leave one comment that is right', async () => {
    const { state, notices, writeAtOnce } = openScene((count) => 20 + ((count * 37) % 300));
    growFor(state, 24);
    await writeAtOnce(Array.from({ length: 24 }, () => ({})));
    expect(notices).toEqual([]);
    expect(sumsIn(state)).toEqual(['12.25 so far']);
  });

  test('that see a counter go down write the larger amount, once', async () => {
    const { state, write } = openScene();
    state.intercept = (call, count) => {
      if (call === KEYS) state.keys = [countedKey('key1', count % 2 === 1 ? 0.25 : 0)];
      return undefined;
    };
    await write();
    expect(writesIn(state)).toEqual([POST]);
    expect(sumsIn(state)).toEqual(['0.25 so far']);
  });

  test('that keep changing the comment are left to it after some writes', async () => {
    const { state, write, info, notices } = openScene();
    addComment(state, old('0'));
    state.intercept = (call, count) => {
      if (call === KEYS) state.keys = [countedKey('key1', count)];
      return undefined;
    };
    expect(await write()).toMatchObject({ kind: 'written' });
    expect(writesIn(state)).toEqual(Array(4).fill(PATCH));
    expect(notices).toEqual([]);
    expect(info).toEqual(['The comment on #42 keeps changing: the run that ends last writes it.']);
  });
});
