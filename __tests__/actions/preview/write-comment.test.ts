import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommentData,
  type Deletion,
  NO_DATA,
  observe,
} from '../../../src/actions/preview/comment.ts';
import { renderComment } from '../../../src/actions/preview/render-comment.ts';
import { type CommentRequest, writeComment } from '../../../src/actions/preview/write-comment.ts';
import { gitHub } from '../../../src/github/server.ts';
import { createClient } from '../../../src/http/client.ts';
import { recordEffect } from '../../../src/http/effect.ts';
import type { Server } from '../../../src/http/server.ts';
import { type Transport, TransportError } from '../../../src/http/transport.ts';
import { openRouter } from '../../../src/openrouter/server.ts';
import { keyOf } from '../../support/preview-comment.ts';
import { SHOP } from '../../support/repositories.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const WORKSPACE = { id: ID, slug: 'preview-shop-42' };
const JOB = 'github-actions[bot]';
const REPOSITORY = { ...SHOP, id: 1 };
const MARK = 'Preview of https://github.com/octo-org/shop/pull/42 (repository 1)';
const COMMENTS = 'GET /repos/octo-org/shop/issues/42/comments';
const POST = 'POST /repos/octo-org/shop/issues/42/comments';
const GRAPHQL = 'POST /graphql';
const LOGIN = ['GET /user', GRAPHQL];
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
    /** What each key has spent, by its hash. */
    keys: { key1: 0.25 } as Record<string, number>,
    /** The login of the token, which it may not ask for if that is the one of a job. */
    login: JOB,
    mayAsk: false,
    hasGraphQl: true,
    calls: [] as string[],
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
    const added = { id: state.comments.length + 1, body, user: { login: state.login } };
    state.comments.push(added);
    return { status: 201, body: added };
  };
  const apply = (call: string, url: URL, body: string | undefined): Reply => {
    const page = Number(url.searchParams.get('page')) - 1;
    const id = Number(/^PATCH .*\/(\d+)$/.exec(call)?.[1]);
    if (call === 'GET /user') return state.mayAsk ? found({ login: state.login }) : FORBIDDEN;
    if (call === GRAPHQL) {
      return found(state.hasGraphQl ? { data: { viewer: { login: state.login } } } : undefined);
    }
    if (call === COMMENTS) return found(state.comments.slice(page * 30, page * 30 + 30));
    if (call === POST) return write(body);
    if (id) return write(body, id);
    if (call === `GET /workspaces/${WORKSPACE.slug}`) {
      return found(state.workspace && { data: state.workspace });
    }
    const keys = Object.entries(state.keys);
    return found({ data: keys.map(([hash, usage]) => keyOf(WORKSPACE, { hash, usage })) });
  };
  return { state, apply };
}

const render: CommentRequest['render'] = (facts) =>
  renderComment(facts, { repository: REPOSITORY, redact: (text) => text });

const REQUEST: CommentRequest = { number: 42, slug: WORKSPACE.slug, seen: NO_DATA, render };

/** One or more runs in virtual time. `latency` says how long each request takes, in milliseconds. */
function openScene(latency: (count: number) => number = () => 20) {
  const { state, apply } = openServers();
  const clock = virtualClock();
  const info: string[] = [];
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
    return { status: reply.status, headers, body: JSON.stringify(reply.body ?? {}) };
  };
  const log = { info: (line: string) => info.push(line), debug: () => undefined };
  const clientOf = (server: Server) =>
    createClient({
      server,
      transport,
      clock,
      random: () => 0.5,
      deadline: 60_000,
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
        github: clientOf(gitHub({ apiUrl: 'https://api.github.test', token: 't' })),
        repository: REPOSITORY,
        jobLogin: JOB,
        notice: log.info,
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

/** What is known of a key of the workspace. */
const seenOf = (hash: string, usage: number, deletion: Deletion | null = null): CommentData =>
  observe({ workspace: WORKSPACE, keys: [keyOf(WORKSPACE, { hash, usage })] }, deletion);

/** A comment that remembers a key. */
const old = (hash: string, usage: number) =>
  render({ data: seenOf(hash, usage), existing: [], isBeingDeleted: false });

const FINISHED: Deletion = { state: 'finished', at: 1_790_000_000, run: '17.1' };

/** What each comment says that the keys have spent in total; undefined if it is no comment of a preview. */
const totalsIn = ({ comments }: ReturnType<typeof openServers>['state']) =>
  comments.map(({ body }) => /<p>Total: (.*)<\/p>/.exec(body)?.[1]?.replace('$', ''));

const writesIn = ({ calls }: ReturnType<typeof openServers>['state']) =>
  calls.filter((call) => call !== GRAPHQL && !call.startsWith('GET'));

describe('a run that writes the comment', () => {
  test('creates it, then reads list, state and comment again', async () => {
    const { state, write, info } = openScene();
    await write();
    expect(totalsIn(state)).toEqual(['0.25']);
    const reads = ['GET /workspaces/preview-shop-42', 'GET /keys', COMMENTS];
    expect(state.calls).toEqual([...LOGIN, ...reads, POST, ...reads]);
    expect(info).toEqual([]);
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

  test('replaces data that someone has broken', async () => {
    const { state, write } = openScene();
    addComment(state, old('gone', 0.5).replace('{', ''));
    await write();
    expect(totalsIn(state)).toEqual(['0.25']);
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
    Object.assign(state, { login: 'mona', mayAsk: true });
    addComment(state, old('other', 1), JOB);
    addComment(state, old('gone', 0.5), 'mona');
    await write();
    expect(totalsIn(state)).toEqual(['at least 1.00', 'at least 0.75']);
  });

  test('updates the older of two', async () => {
    const { state, write } = openScene();
    addComment(state, old('gone', 0.5));
    addComment(state, old('other', 1));
    await write();
    expect(totalsIn(state)).toEqual(['at least 0.75', 'at least 1.00']);
  });

  test.each(['A workspace of someone', MARK.replace('42', '43'), MARK.replace('1)', '2)')])(
    'does not count the keys of a workspace with the description %j',
    async (description) => {
      const { state, write } = openScene();
      state.workspace = { ...WORKSPACE, name: 'a', description };
      await write();
      expect(state.calls).toEqual([...LOGIN, 'GET /workspaces/preview-shop-42', COMMENTS]);
    },
  );
});

describe('a failure', () => {
  const HINT = 'Check that the job has the permission pull-requests: write.';

  test.each<[string, Reply | 'lost' | 'unsent', string]>([
    ['GET /user', { status: 401 }, 'read whose token github-token is'],
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
    const notices = info.filter((line) => !line.includes('Retrying in'));
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch('The comment of the preview may be out of date: could not ');
    expect(notices[0]).toMatch(new RegExp(expected));
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

  test('of GitHub to list a new comment does not make two', async () => {
    const { state, write } = openScene();
    state.intercept = (call) => (call === COMMENTS ? { status: 200, body: [] } : undefined);
    await write();
    expect(writesIn(state)).toEqual([POST]);
  });
});

describe('the token of an app', () => {
  test('updates the comment that it wrote', async () => {
    const { state, write } = openScene();
    state.login = 'shop-previews[bot]';
    await write();
    state.keys['key1'] = 0.5;
    await write();
    expect(writesIn(state)).toEqual([POST, PATCH]);
  });

  test('whose login is unknown writes no second comment, and the log says why', async () => {
    const { state, write, info } = openScene();
    state.login = 'shop-previews[bot]';
    state.hasGraphQl = false;
    await write();
    await write();
    expect(writesIn(state)).toEqual([POST]);
    expect(info).toHaveLength(2);
    expect(info[1]).toContain('by shop-previews[bot] is its own is unknown');
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
          expect(totalsIn(state)[0]).toBe(total);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('end with Deleted if one of them deletes the workspace, with a total that is not too high', async () => {
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
          const seen = seenOf('key1', 0.25, FINISHED);
          await scene.writeAtOnce([{}, {}]);
          state.workspace = undefined;
          await scene.writeAtOnce([{ seen }, {}, {}]);
          expect(state.comments[0]?.body).toMatch(/<p>Deleted<\/p>$/);
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
