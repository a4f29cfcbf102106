import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { virtualClock } from '../../../sandbox/virtual-clock.ts';
import {
  type CommentData,
  type CommentFacts,
  type DeletionRecord,
  NO_DATA,
} from '../../../src/actions/preview/comment.ts';
import { renderComment } from '../../../src/actions/preview/render-comment.ts';
import {
  type CommentRequest,
  describeComment,
  openComments,
  writeComment,
} from '../../../src/actions/preview/write-comment.ts';
import { gitHub } from '../../../src/github/server.ts';
import { createClient } from '../../../src/http/client.ts';
import { recordEffect } from '../../../src/http/effect.ts';
import type { Server } from '../../../src/http/server.ts';
import { type Transport, TransportError } from '../../../src/http/transport.ts';
import { openRouter } from '../../../src/openrouter/server.ts';
import { keyOf, rememberedOf } from '../../support/preview-comment.ts';
import { SHOP } from '../../support/repositories.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const WORKSPACE = { id: ID, slug: 'preview-shop-42' };
const JOB = 'github-actions[bot]';
const REPOSITORY = { ...SHOP, id: 1 };
const ABOUT = 'https://docs.test/about';
const MARK = 'Preview of https://github.com/octo-org/shop/pull/42 (repository 1)';
const COMMENTS = 'GET /repos/octo-org/shop/issues/42/comments';
const POST = 'POST /repos/octo-org/shop/issues/42/comments';
const GRAPHQL = 'POST /graphql';
const LOGIN = [GRAPHQL];
const DELETE = 'DELETE /repos/octo-org/shop/issues/comments/2';
const PATCH = 'PATCH /repos/octo-org/shop/issues/comments/1';

interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

const FORBIDDEN: Reply = {
  status: 403,
  body: { message: 'Resource not accessible by integration' },
};

/** Both servers, as far as a comment needs them. */
function openServers() {
  const state = {
    comments: [] as { id: number; body: string; user: { login: string } | null }[],
    workspace: { ...WORKSPACE, name: 'a', description: MARK } as Record<string, string> | undefined,
    /** Other workspaces, each with a key that has spent 1 USD. */
    others: [] as { id: string; slug: string; name: string; description: string }[],
    /** What each key has spent, by its hash. */
    keys: { key1: 0.25 } as Record<string, number>,
    login: JOB,
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
    if (call === GRAPHQL) return found({ data: { viewer: { login: state.login } } });
    if (call === COMMENTS) return found(state.comments.slice(page * 30, page * 30 + 30));
    if (call === POST) return write(body);
    if (id) return write(body, id);
    if (deleted) return remove(deleted);
    const other = state.others.find(({ id }) => call === `GET /workspaces/${id}`);
    if (other) return found({ data: other });
    if (call.startsWith('GET /workspaces/')) {
      const isIt = [ID, WORKSPACE.slug].some((name) => call.endsWith(`/${name}`));
      return found(isIt && state.workspace ? { data: state.workspace } : undefined);
    }
    const of = state.others.find(({ id }) => id === url.searchParams.get('workspace_id'));
    if (of) return found({ data: [keyOf(of, { hash: 'theirs', usage: 1 })] });
    const keys = state.workspace ? Object.entries(state.keys) : [];
    return found({ data: keys.map(([hash, usage]) => keyOf(WORKSPACE, { hash, usage })) });
  };
  return { state, apply };
}

const render = (facts: CommentFacts) =>
  renderComment(facts, { repository: REPOSITORY, aboutUrl: ABOUT, redact: (text) => text });

const REQUEST: CommentRequest = {
  number: 42,
  slug: WORKSPACE.slug,
  data: NO_DATA,
  known: { kind: 'found', workspace: WORKSPACE },
};

/** One or more runs in virtual time. `latency` says how long each request takes, in milliseconds. */
function openScene(latency: (count: number) => number = () => 20) {
  const { state, apply } = openServers();
  const clock = virtualClock();
  const [info, requestLines]: [string[], string[]] = [[], []];
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
    const text = reply.status === 204 ? '' : JSON.stringify(reply.body ?? {});
    return { status: reply.status, headers, body: text };
  };
  const log = {
    info: (line: string) => info.push(line),
    request: (line: string) => requestLines.push(line),
  };
  const clientOf = (server: Server) =>
    createClient({
      server,
      transport,
      clock,
      random: () => state.jitter,
      deadline: () => 60_000,
      signal: new AbortController().signal,
      log,
      effect: recordEffect(),
    });
  const write = (request: Partial<CommentRequest> = {}) =>
    writeComment(
      { ...REQUEST, ...request },
      {
        client: clientOf(
          openRouter({ apiUrl: 'https://openrouter.test/api/v1', managementKey: 'k' }),
        ),
        comments: openComments(
          clientOf(gitHub({ apiUrl: 'https://api.github.test', token: 't' })),
          { jobLogin: JOB, repository: REPOSITORY, render },
        ),
        repository: REPOSITORY,
        notice: log.info,
        toLine: (text) => text,
      },
    );
  return {
    state,
    info,
    write: (request?: Partial<CommentRequest>) => clock.run(write(request)),
    writeAtOnce: (requests: readonly Partial<CommentRequest>[]) =>
      clock.run(Promise.all(requests.map(write))),
  };
}

const addComment = (
  { comments }: ReturnType<typeof openServers>['state'],
  body: string,
  login = JOB,
) => comments.push({ id: comments.length + 1, body, user: { login } });

const dataOf = (hash: string, usage: number, deletion: DeletionRecord | null = null): CommentData =>
  rememberedOf({ workspace: WORKSPACE, keys: [keyOf(WORKSPACE, { hash, usage })] }, { deletion });

/** A comment that remembers a key. */
const old = (hash: string, usage: number) =>
  render({ data: dataOf(hash, usage), existing: [], isBeingDeleted: false });

const FINISHED: DeletionRecord = { state: 'finished', at: 1_790_000_000, run: '17.1' };

/** What each comment says that the keys have spent in total; undefined if it is no comment of a preview. */
const totalsIn = ({ comments }: ReturnType<typeof openServers>['state']) =>
  comments.map(({ body }) =>
    /<h3>OpenRouter preview: (.*?) spent(?: so far|, deleted)<\/h3>/
      .exec(body)?.[1]
      ?.replace('$', ''),
  );

const writesIn = ({ calls }: ReturnType<typeof openServers>['state']) =>
  calls.filter((call) => call !== GRAPHQL && !call.startsWith('GET'));

test.each([
  ['created', FINISHED, 'Wrote the comment on #42: $0.84.'],
  ['updated', null, 'Updated the comment on #42: at least $0.84.'],
  ['none', FINISHED, 'The comment on #42 is up to date: $0.84.'],
] as const)(
  'what became of a comment (%s, deletion: %j) is a line with its sum',
  (change, deletion, line) => {
    const facts = { data: dataOf('gone', 0.8449, deletion), existing: [], isBeingDeleted: false };
    expect(describeComment({ number: 42, change, facts })).toBe(line);
  },
);

test('the line about a comment with a cap has both, as the title of the comment', () => {
  const listed = { workspace: WORKSPACE, keys: [keyOf(WORKSPACE, { hash: 'key1', usage: 0.84 })] };
  const data = rememberedOf(listed, { own: { hash: 'key1', cap: '5' } });
  const facts = { data, existing: [listed], isBeingDeleted: false };
  expect(describeComment({ number: 42, change: 'updated', facts })).toBe(
    'Updated the comment on #42: $0.84 of $5.00.',
  );
});

describe('a run that writes the comment', () => {
  test('creates it, then reads list, state and comment again', async () => {
    const { state, write, info } = openScene();
    await write();
    expect(totalsIn(state)).toEqual(['0.25']);
    const reads = ['GET /keys', COMMENTS];
    expect(state.calls).toEqual([...LOGIN, ...reads, POST, ...reads]);
    expect(info).toEqual([]);
  });

  test('looks up a workspace that it does not know yet, once', async () => {
    const { state, write } = openScene();
    await write({ known: { kind: 'unknown' } });
    const reads = ['GET /keys', COMMENTS];
    const lookup = 'GET /workspaces/preview-shop-42';
    expect(state.calls).toEqual([...LOGIN, lookup, ...reads, POST, ...reads]);
  });

  test.each<[string, Reply]>([
    ['empty', { status: 200, body: { data: [] } }],
    ['rejected', { status: 400 }],
  ])('looks up a workspace whose list of keys is %s', async (_, reply) => {
    const { state, write } = openScene();
    await write();
    state.workspace = undefined;
    state.intercept = (call) => (call === 'GET /keys' ? reply : undefined);
    expect(await write()).toHaveProperty('existing', []);
    expect(totalsIn(state)).toEqual(['at least 0.25']);
    expect(state.comments[0]?.body).toContain(' spent, deleted</h3>');
  });

  test('writes nothing if it is right', async () => {
    const { state, write } = openScene();
    await write();
    await write();
    expect(writesIn(state)).toEqual([POST]);
  });

  test('updates it, on any page, and keeps what OpenRouter has forgotten', async () => {
    const { state, write } = openScene();
    for (let at = 0; at < 65; at += 1) addComment(state, 'LGTM', 'mona');
    addComment(state, old('gone', 0.5));
    await write();
    expect(writesIn(state)).toEqual([PATCH.replace(/1$/, '66')]);
    expect(totalsIn(state).at(-1)).toBe('at least 0.75');
  });

  test.each([
    ['that are no JSON', '{', ''],
    ['with a workspace __proto__', ID, '__proto__'],
  ])('replaces data %s, and does not take the rest for all', async (_, text, broken) => {
    const { state, write } = openScene();
    addComment(state, old('gone', 0.5).replace(text, broken));
    await write();
    expect(totalsIn(state)).toEqual(['at least 0.25']);
  });

  test('leaves comments of others and of its own about other things alone', async () => {
    const { state, write } = openScene();
    addComment(state, old('forged', 100), 'mallory');
    addComment(state, `Quote:\n${old('forged', 100)}`);
    state.comments.push({ id: 3, body: old('forged', 100), user: null });
    const before = structuredClone(state.comments);
    await write();
    expect(state.comments.slice(0, 3)).toEqual(before);
    expect(totalsIn(state).at(-1)).toBe('0.25');
    expect(state.comments).toHaveLength(4);
  });

  test('finds the one by the person whose token it has', async () => {
    const { state, write } = openScene();
    state.login = 'mona';
    addComment(state, old('other', 1), JOB);
    addComment(state, old('gone', 0.5), 'mona');
    await write();
    expect(totalsIn(state)).toEqual(['at least 1.00', 'at least 0.75']);
  });

  test('joins two into the older one, and then deletes the younger', async () => {
    const { state, write, info } = openScene();
    addComment(state, old('gone', 0.5));
    addComment(state, old('other', 1));
    await write();
    expect(totalsIn(state)).toEqual(['at least 1.75']);
    // Only after it has read the joined text back.
    const reads = ['GET /keys', COMMENTS];
    expect(state.calls.slice(LOGIN.length)).toEqual([...reads, PATCH, ...reads, DELETE]);
    expect(info).toEqual([]);
  });

  test('keeps both as long as the joined text is not in the list', async () => {
    const { state, write } = openScene();
    addComment(state, old('gone', 0.5));
    addComment(state, old('other', 1));
    const before = structuredClone(state.comments);
    state.intercept = (call) => (call === COMMENTS ? { status: 200, body: before } : undefined);
    await write();
    expect(writesIn(state)).not.toContain(DELETE);
  });

  test('says so if it may not delete the younger one', async () => {
    const { state, write, info } = openScene();
    addComment(state, old('gone', 0.5));
    addComment(state, old('other', 1));
    state.intercept = (call) => (call === DELETE ? FORBIDDEN : undefined);
    expect(await write()).toHaveProperty('existing.length', 1);
    expect(info).toEqual([
      expect.stringMatching(
        /^A second comment of the preview is left: could not .* #42: .*HTTP 403/,
      ),
    ]);
  });

  test('gives up the others if GitHub does not respond to that', async () => {
    const { state, write, info } = openScene();
    for (const hash of ['gone', 'other', 'third']) addComment(state, old(hash, 1));
    state.intercept = (call) => (call === DELETE ? 'unsent' : undefined);
    expect((await write()).existing).toBeUndefined();
    expect(state.comments).toHaveLength(3);
    expect(info.at(-1)).toMatch(/ #42: .* This step writes no other comments\.$/);
  });

  test('creates another if someone deletes it', async () => {
    const { state, write, info } = openScene();
    addComment(state, old('gone', 0.5));
    state.intercept = (call) => {
      if (call === PATCH) state.comments.splice(0);
      return undefined;
    };
    await write();
    expect(writesIn(state)).toEqual([PATCH, POST]);
    expect(totalsIn(state)).toEqual(['at least 0.75']);
    expect(info).toEqual([]);
  });

  test('returns only what the comment remembered if HTTP 404 does not mean that', async () => {
    const { state, write, info } = openScene();
    addComment(state, old('gone', 0.5));
    state.intercept = (call) => (call === PATCH ? { status: 404 } : undefined);
    expect(await write()).toEqual({ remembered: dataOf('gone', 0.5) });
    expect(writesIn(state)).toEqual([PATCH, PATCH]);
    expect(info).toEqual([expect.stringMatching(/ could not update .* #42: .*HTTP 404/)]);
  });

  const missing: Partial<CommentRequest> = { known: { kind: 'gone' } };

  test('creates none where there is no workspace', async () => {
    const { state, write } = openScene();
    await write(missing);
    expect(state.calls).toEqual([...LOGIN, COMMENTS]);
  });

  test('creates none as long as no key exists', async () => {
    const { state, write } = openScene();
    state.keys = {};
    expect(await write({ known: { kind: 'unknown' } })).toHaveProperty('existing.length', 1);
    expect(writesIn(state)).toEqual([]);
  });

  test('creates one for a key that it remembers, and updates one whose keys are gone', async () => {
    const { state, write } = openScene();
    state.keys = {};
    await write({ data: dataOf('gone', 0.5) });
    expect(totalsIn(state)).toEqual(['at least 0.50']);
    await write();
    expect(writesIn(state)).toEqual([POST]);
  });

  test('updates one that exists also without a key', async () => {
    const { state, write } = openScene();
    addComment(state, render({ data: NO_DATA, existing: [], isBeingDeleted: false }));
    state.keys = {};
    await write({ known: { kind: 'unknown' } });
    expect(writesIn(state)).toEqual([PATCH]);
    expect(totalsIn(state)).toEqual(['0.00']);
  });

  test.each(['A workspace of someone', MARK.replace('42', '43'), MARK.replace('1)', '2)')])(
    'does not show a workspace with the description %j',
    async (description) => {
      const { state, write } = openScene();
      state.workspace = { ...WORKSPACE, name: 'a', description };
      await write({ known: { kind: 'unknown' } });
      expect(state.calls).toEqual([...LOGIN, 'GET /workspaces/preview-shop-42', COMMENTS]);
    },
  );

  describe('of a pull request with another workspace, which the comment remembers,', () => {
    const OTHER = ID.replace('3', '4');
    const BY_ID = `GET /workspaces/${OTHER}`;
    type State = ReturnType<typeof openServers>['state'];
    const remember = (state: State, description: string, deletion?: DeletionRecord) => {
      const workspace = { id: OTHER, slug: 'demo-42', name: 'a', description };
      state.others.push(workspace);
      const keys = [keyOf(workspace, { hash: 'theirs', usage: 1 })];
      const data = rememberedOf({ workspace, keys }, { deletion });
      addComment(state, render({ data, existing: [], isBeingDeleted: false }));
    };

    test('shows that too if it bears the mark', async () => {
      const { state, write } = openScene();
      remember(state, MARK);
      await write();
      expect(totalsIn(state)).toEqual(['1.25']);
      expect(state.comments[0]?.body).toMatch(/demo-42<\/a> · .*preview-shop-42<\/a>/);
    });

    // Whoever may edit the comment must not be able to have its keys published.
    test('does not list the keys of one without the mark', async () => {
      const { state, write } = openScene();
      remember(state, 'Production');
      await write();
      expect(totalsIn(state)).toEqual(['at least 1.25']);
      expect(state.comments[0]?.body).not.toContain('demo-42</a>');
    });

    test('does not look up one whose deletion finished', async () => {
      const { state, write } = openScene();
      remember(state, MARK, FINISHED);
      await write();
      expect(state.calls).not.toContain(BY_ID);
      expect(totalsIn(state)).toEqual(['1.25']);
    });
  });
});

describe('a failure', () => {
  const HINT = 'Check that the job has the permission pull-requests: write.';

  test.each<[string, Reply | 'lost' | 'unsent', string]>([
    [GRAPHQL, { status: 401 }, 'read whose token github-token is: POST /graphql: HTTP 401'],
    [COMMENTS, FORBIDDEN, `#42: GET .*: HTTP 403 .*: Resource not accessible .*\\. ${HINT}`],
    [COMMENTS, { status: 404 }, HINT],
    [COMMENTS, { status: 500 }, 'the next attempt, in|HTTP 500'],
    [COMMENTS, { status: 403, headers: { 'retry-after': '3600' } }, 'HTTP 403'],
    [POST, FORBIDDEN, HINT],
    [POST, { status: 429, headers: { 'retry-after': '3600' } }, 'HTTP 429'],
    [POST, { status: 422 }, 'HTTP 422'],
    ['GET /keys', { status: 401 }, 'list the API keys'],
  ])('of %s (%j) is one notice', async (on, fault, expected) => {
    const { state, write, info } = openScene();
    state.intercept = (call) => (call === on ? fault : undefined);
    await write();
    expect(state.comments).toEqual([]);
    expect(info).toHaveLength(1);
    expect(info[0]).toMatch(
      /^The comment of the preview (may be out of date|could not be written): could not /,
    );
    expect(info[0]).toMatch(new RegExp(expected));
    // Waiting helps against throttling, and no permission.
    const isRejected = typeof fault === 'object' && [403, 404, 422].includes(fault.status);
    expect(info[0]?.includes(HINT)).toBe(isRejected && !fault.headers);
  });

  test.each<'lost' | 'unsent'>(['lost', 'unsent'])(
    'of a POST whose response is %s leaves one comment',
    async (fault) => {
      const { state, write } = openScene();
      state.intercept = (call, count) => (call === POST && count === 1 ? fault : undefined);
      await write();
      expect(totalsIn(state)).toEqual(['0.25']);
      expect(writesIn(state)).toHaveLength(fault === 'lost' ? 1 : 2);
    },
  );

  test('of the last POST is what is noticed', async () => {
    const { state, write, info } = openScene();
    state.jitter = 0;
    state.intercept = (call) => (call === POST ? { status: 500 } : undefined);
    await write();
    expect(writesIn(state)).toEqual(Array(5).fill(POST));
    expect(info.at(-1)).toMatch(/could not be written: could not comment on .*: HTTP 500/);
  });

  test('of GitHub to list a new comment does not make two', async () => {
    const { state, write } = openScene();
    state.intercept = (call) => (call === COMMENTS ? { status: 200, body: [] } : undefined);
    await write();
    expect(writesIn(state)).toEqual([POST]);
  });
});

describe('runs at the same time', () => {
  test('lose nothing, however their requests interleave', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(100), { minLength: 30, maxLength: 30 }),
        fc.integer({ min: 2, max: 4 }),
        fc.boolean(),
        async (latencies, runs, exists) => {
          const scene = openScene((count) => latencies[count % latencies.length] ?? 0);
          const { state, info } = scene;
          if (exists) addComment(state, old('gone', 0.5));
          // What the first lists show grows from one to the next.
          state.intercept = (call, count) => {
            if (call === 'GET /keys' && count <= 2) state.keys[`key${count}`] = count / 4;
            return undefined;
          };
          await scene.writeAtOnce(Array.from({ length: runs }, () => ({})));
          const expected = Object.values(state.keys).reduce((a, b) => a + b, exists ? 0.5 : 0);
          expect(info).toEqual([]);
          const total = `${exists ? 'at least ' : ''}${expected.toFixed(2)}`;
          expect(totalsIn(state)).toEqual([total]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('end with deleted if one of them deletes the workspace, with a total that is not too high', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(100), { minLength: 30, maxLength: 30 }),
        fc.nat(12),
        async (latencies, deletedAt) => {
          const scene = openScene((count) => latencies[count % latencies.length] ?? 0);
          const { state, info } = scene;
          addComment(state, old('key1', 0.1));
          let requests = 0;
          state.intercept = () => {
            requests += 1;
            if (requests > deletedAt) state.workspace = undefined;
            return undefined;
          };
          const data = dataOf('key1', 0.25, FINISHED);
          await scene.writeAtOnce([{}, {}]);
          state.workspace = undefined;
          await scene.writeAtOnce([{ data, known: { kind: 'gone', id: ID } }, {}, {}]);
          expect(state.comments[0]?.body).toContain(' spent, deleted</h3>');
          expect(['0.25', 'at least 0.25', 'at least 0.10']).toContain(totalsIn(state)[0]);
          expect(info).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('restore what another run that read it earlier has overwritten, also if it is gone by then', async () => {
    const { state, write } = openScene();
    const before = old('key1', 0.1);
    addComment(state, before);
    state.intercept = (call, count) => {
      if (call !== 'GET /keys' || count !== 2) return undefined;
      state.keys = {};
      Object.assign(state.comments[0] ?? {}, { body: before });
      return undefined;
    };
    await write();
    expect(totalsIn(state)).toEqual(['at least 0.25']);
  });

  test('that keep changing the comment are left to it after five writes', async () => {
    const { state, write, info } = openScene();
    addComment(state, old('gone', 0));
    state.intercept = (call, count) => {
      if (call === 'GET /keys') state.keys['key1'] = count;
      return undefined;
    };
    await write();
    expect(writesIn(state)).toEqual(Array(5).fill(PATCH));
    expect(info).toEqual([
      'The comment of the preview may be out of date: other runs keep changing it.',
    ]);
  });
});
