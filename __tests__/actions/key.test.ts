import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { type KeyFixture, seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { RecordedRequest } from '../../sandbox/openrouter/server.ts';
import { readManifest, type StepResult } from '../../sandbox/runner/runner.ts';
import { annotations, expectFailure, openHarness, printedBy, ROOT } from '../support/harness.ts';

/** What somebody else does while a step runs: called after each exchange. */
let meanwhile: (request: RecordedRequest) => void = () => undefined;
/** What time it is at OpenRouter. */
let now = () => new Date();
const harness = openHarness({ now: () => now(), onExchange: (request) => meanwhile(request) });

/** Far from the time of any runner, and not at the beginning of a second. */
const NOON = Date.parse('2031-05-06T12:00:00.500Z');

const SLUG = 'preview-42';
const LOOK = 'GET /workspaces/:id';
const LIST = 'GET /keys';
const POST = 'POST /keys';
const DELETE = 'DELETE /keys/:hash';
const HOUR = 3_600_000;

/** Of a key that nobody has asked for. */
const LOST_SECRET = `sk-or-v1-${'7'.repeat(64)}`;

type Inputs = Record<string, string>;
let workspace: Workspace;

beforeEach(() => {
  const { account, requests, faults } = harness.sandbox;
  meanwhile = () => undefined;
  now = () => new Date();
  account.workspaces.length = 1;
  for (const list of [account.keys, requests, faults]) list.length = 0;
  workspace = seedWorkspace(harness.sandbox, { slug: SLUG });
});

const mint = (inputs: Inputs = {}, env = {}) =>
  harness.run('key', { workspace: SLUG, name: 'CI', ...inputs }, env);
const end = (main: StepResult, inputs: Inputs = {}) =>
  harness.end('key', { workspace: SLUG, ...inputs }, main);
const keys = () => harness.sandbox.account.keys;
const callOf = ({ method, path }: RecordedRequest) => harness.sandbox.account.callOf(method, path);
const calls = () => harness.sandbox.requests.map(callOf);
const posted = () =>
  harness.sandbox.requests
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => JSON.parse(body));
const sha256 = (text: string | undefined) =>
  createHash('sha256')
    .update(text ?? '')
    .digest('hex');

/** The step is green with a key that exists, and nothing of any secret shows but in its output. */
function expectMinted(step: StepResult): void {
  expect(annotations(step)).toEqual([]);
  expect(step.exitCode).toBe(0);
  const { key, hash } = step.outputs;
  expect(sha256(key)).toBe(hash);
  expect(keys().map((candidate) => candidate.hash)).toContain(hash);
  expect(step.masks).toContain(key);
  expectNoSecret(step);
}

function expectNoSecret(step: StepResult): void {
  const { key: _, ...others } = step.outputs;
  const shown = [printedBy(step), step.summary, JSON.stringify(others), JSON.stringify(step.state)];
  expect(shown.join('\n')).not.toMatch(/sk-or-v1-[0-9a-f]{16}/);
}

/** The step is red, shows no secret, and set no outputs; `title` and `message` are returned. */
function expectRed(step: StepResult, outputs = {}) {
  expectNoSecret(step);
  return expectFailure(step, outputs);
}

describe('a key', () => {
  test('is made in the workspace, handed out, and revoked when the job ends', async () => {
    const bystander = seedWorkspace(harness.sandbox, { slug: 'preview-43', keys: 1 });
    const main = await mint();
    expectMinted(main);
    expect(calls()).toEqual([LOOK, LIST, POST]);
    const [made] = keys();
    expect(made).toMatchObject({ name: 'CI', workspace_id: workspace.id, limit: null });
    expect(main.outputs).toEqual({
      key: expect.stringMatching(/^sk-or-v1-[0-9a-f]{64}$/),
      name: 'CI',
      hash: made?.hash,
      label: made?.label,
      'expires-at': made?.expires_at,
      'workspace-id': workspace.id,
      'workspace-slug': SLUG,
    });
    expect(posted()).toEqual([
      { name: 'CI', workspace_id: workspace.id, expires_at: made?.expires_at },
    ]);
    expect(main.log.split('\n')).toEqual([
      'Asked for the API key "CI" in the workspace preview-42.',
      `The workspace is preview-42, id ${workspace.id}. API keys in it: 0, of that name: 0.`,
      expect.stringMatching(
        new RegExp(`^Made it in \\d+\\.\\d s: ${made?.label}, hash ${made?.hash}, expires at `),
      ),
      'It will be revoked when the job ends.',
    ]);

    const post = await end(main);
    expect(post).toMatchObject({ exitCode: 0, stderr: '' });
    expect(post.log).toBe(`Revoked the API key "CI" (${made?.label}), hash ${made?.hash}.`);
    expect(calls().slice(3)).toEqual([DELETE]);
    expect(keys().map(({ workspace_id }) => workspace_id)).toEqual([bystander.id]);
  });

  test('is masked before anything is printed of the answer', async () => {
    const main = await mint();
    const lines = main.stdout.split('\n');
    const mask = lines.indexOf(`::add-mask::${main.outputs['key']}`);
    expect(lines[mask + 1]).toMatch(/^::debug::POST \S+\/keys: 201, after \d+ ms$/);
    expect(lines.slice(1, mask).map((line) => line.split(' ', 1)[0])).toEqual([
      'Asked',
      '::debug::GET',
      '::debug::GET',
      'The',
    ]);
  });

  test('is told of in the summary, without its secret', async () => {
    const main = await mint({ 'limit-usd': '2.5', 'limit-reset': 'weekly' });
    const rows = [...main.summary.matchAll(/<tr><td>(.*?)<\/td><td>(.*?)<\/td><\/tr>/g)];
    expect(rows.map(([, field, value]) => [field, value?.replace(/<\/?code>/g, '')])).toEqual([
      ['Name', 'CI'],
      ['Label', main.outputs['label']],
      ['Hash', main.outputs['hash']],
      ['Workspace', `preview-42 (${workspace.id})`],
      ['Limit', '$2.5, reset weekly'],
      ['Expires', main.outputs['expires-at']],
      ['Revoked after the job', 'yes'],
    ]);
    expect(main.summary).toContain('<h3>✅ Made the OpenRouter API key CI</h3>');
  });

  test('has an output for each one that action.yml lists', async () => {
    const { outputs = {} } = await readManifest(join(ROOT, 'key'));
    const main = await mint();
    expect(Object.keys(main.outputs).sort()).toEqual(Object.keys(outputs).sort());
  });

  test('is in state by its hash and its label alone', async () => {
    const main = await mint();
    const { key, hash, label } = main.outputs;
    const { remains } = JSON.parse(main.state['clean-up'] ?? '');
    expect(remains.minted).toEqual({ hash, label });
    expect(JSON.stringify(main.state)).not.toContain(key);
  });

  test.each<[string, Inputs, object]>([
    ['a limit', { 'limit-usd': '5' }, { limit: 5 }],
    ['a limit of 0', { 'limit-usd': '0' }, { limit: 0 }],
    [
      'all there is',
      { 'limit-usd': '0.5', 'limit-reset': 'monthly', 'include-byok-in-limit': 'false' },
      { limit: 0.5, limit_reset: 'monthly', include_byok_in_limit: false },
    ],
    ['no end', { 'expires-in': 'never' }, { expires_at: null }],
  ])('has %s, if that is written, and nothing else is sent', async (_, inputs, fields) => {
    const main = await mint(inputs);
    expectMinted(main);
    const [made] = keys();
    expect(posted()).toEqual([
      { name: 'CI', workspace_id: workspace.id, expires_at: made?.expires_at, ...fields },
    ]);
    expect(made).toMatchObject(fields);
    expect(main.outputs['expires-at']).toBe(made?.expires_at ?? '');
    expect(main.log).toContain(made?.expires_at ? 'expires at ' : 'never expires');
    expect(annotations(main, 'warning')).toEqual([]);
  });

  test.each<[string, Inputs, string]>([
    ['6 hours by itself', {}, '2031-05-06T18:00:00'],
    ['1m', { 'expires-in': '1m' }, '2031-05-06T12:01:00'],
    ['3650d', { 'expires-in': '3650d' }, '2041-05-03T12:00:00'],
  ])('lives for %s, by the clock of the server, to the second', async (_, inputs, second) => {
    now = () => new Date(NOON);
    const main = await mint(inputs);
    expectMinted(main);
    // The milliseconds are drawn, and tell it from the keys of other jobs.
    expect(main.outputs['expires-at']).toMatch(new RegExp(`^${second}\\.(?!000)\\d{3}Z$`));
  });

  test('expires by the clock of the runner, where the server does not say what time it is', async () => {
    for (const [on, data] of [
      [LOOK, workspace],
      [LIST, []],
    ] as const) {
      const body = JSON.stringify({ data });
      harness.sandbox.faults.push({
        on,
        kind: 'answer',
        status: 200,
        headers: { date: '-' },
        body,
      });
    }
    harness.sandbox.faults.push({ on: POST, kind: 'reset', applied: true });
    const seconds = (ms: number) => Math.floor(ms / 1_000);
    const before = Date.now();
    const main = await mint();
    const after = Date.now();
    expectMinted(main);
    const desired = seconds(Date.parse(main.outputs['expires-at'] ?? '') - 6 * HOUR);
    expect(desired).toBeGreaterThanOrEqual(seconds(before));
    expect(desired).toBeLessThanOrEqual(seconds(after));
    await end(main);
    expect(keys()).toEqual([]);
  });

  test.each<[string, () => string]>([
    ['id', () => workspace.id],
    ['slug', () => SLUG],
  ])('is for the workspace of that %s, and its id is used from then on', async (_, written) => {
    const main = await mint({ workspace: written() });
    expectMinted(main);
    expect(main.outputs).toMatchObject({
      'workspace-id': workspace.id,
      'workspace-slug': SLUG,
    });
    const [look, list] = harness.sandbox.requests;
    expect(look?.path).toBe(`/workspaces/${written()}`);
    expect(list?.path).toContain(`workspace_id=${workspace.id}&`);
  });

  test('is not made where there is no such workspace', async () => {
    const { title, message } = expectRed(await mint({ workspace: 'nowhere' }));
    expect(title).toBe('There is no workspace nowhere');
    expect(message).toContain('a step that creates it must come before this one');
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(calls()).toEqual([LOOK]);
  });

  test.each<[string, (old: Key) => Partial<Key>]>([
    ['of another workspace', () => ({ hash: 'a'.repeat(64), workspace_id: randomUUID() })],
    ['of another name', () => ({ hash: 'a'.repeat(64), name: 'Other' })],
    ['that was there before', () => ({})],
  ])('is neither handed out nor revoked, where the answer is one %s', async (_, change) => {
    const old = seedKey(harness.sandbox, workspace, { name: 'CI' });
    const data = { ...old, ...change(old) };
    const body = JSON.stringify({ data, key: `sk-or-v1-${'0'.repeat(64)}` });
    harness.sandbox.faults.push({ on: POST, kind: 'answer', status: 201, body });
    const main = await mint({ replace: 'true' });
    expect(expectRed(main).title).toBe('OpenRouter has answered with another API key');
    expect(main.outputs).toEqual({});
    expect((await end(main)).exitCode).toBe(0);
    expect(keys()).toEqual([old]);
  });

  /** An answer to a POST that made a key, but with a secret that is none. */
  function unusable(key: string): ScheduledFault {
    const data = { hash: 'a'.repeat(64), name: 'CI', label: 'x', workspace_id: workspace.id };
    return { on: POST, kind: 'answer', status: 201, body: JSON.stringify({ data, key }) };
  }
  const PADDED = `sk-or-v1-${'0'.repeat(20)}\n`;
  const QUOTED = 'with "quotes" of its own';

  test.each(['', 'short', ' '.repeat(20), PADDED, QUOTED])(
    'is red where its secret is %j',
    async (key) => {
      harness.sandbox.faults.push(...Array<ScheduledFault>(9).fill(unusable(key)));
      const main = await mint({ timeout: '1s' });
      expect(main.exitCode).toBe(1);
      expect(main.outputs).toEqual({});
    },
  );

  test.each([PADDED, QUOTED])(
    'has a secret that shows nowhere, where it is %j and comes again in an error',
    async (key) => {
      const message = `No keys for ${key.trim()}`;
      harness.sandbox.faults.push(unusable(key));
      meanwhile = (request) => {
        if (callOf(request) !== POST) return;
        const body = JSON.stringify({ message });
        harness.sandbox.faults.push({ on: LIST, kind: 'answer', status: 403, body });
      };
      const main = await mint();
      expect(expectRed(main).message).toContain('the answer was 403: No keys for ***');
      expect(printedBy(main) + main.summary).not.toContain(key.trim());
    },
  );

  const refusal = (body: string): ScheduledFault => ({ kind: 'answer', status: 403, body });
  /** Where the line is cut that is printed, too little of the secret is left to look like one. */
  const fill = 'x'.repeat(2_000 - 'POST /keys: the answer was 403: '.length - 20);

  test.each<[string, ScheduledFault]>([
    [
      'the location of a redirect',
      { kind: 'answer', status: 307, headers: { location: `/?k=${LOST_SECRET}` } },
    ],
    ['cf-ray', { kind: 'answer', status: 403, headers: { 'cf-ray': LOST_SECRET } }],
    ['JSON escapes', refusal(`{"message":"${LOST_SECRET.replaceAll('-', '\\u002d')}"}`)],
    ['an escape of the terminal', refusal(`{"message":"sk-or-v1-\\u001b[0m${'7'.repeat(64)}"}`)],
    ['the part of a page that is cut', refusal(`<p>${fill}${LOST_SECRET}</p>`)],
  ])('is shown nowhere, where it comes in %s', async (_, fault) => {
    harness.sandbox.faults.push({ on: POST, ...fault });
    const main = await mint();
    expect(printedBy(main) + main.summary).not.toContain('7'.repeat(10));
  });

  test('that is not quite what was asked for is warned of', async () => {
    const old = seedKey(harness.sandbox, workspace, { name: 'CI' });
    const others = {
      limit: null,
      limit_reset: 'daily',
      include_byok_in_limit: false,
      expires_at: null,
    };
    const data = { ...old, hash: 'a'.repeat(64), ...others };
    const body = JSON.stringify({ data, key: `sk-or-v1-${'0'.repeat(64)}` });
    harness.sandbox.faults.push({ on: POST, kind: 'answer', status: 201, body });
    const inputs = { 'limit-usd': '5', 'limit-reset': 'weekly', 'include-byok-in-limit': 'true' };
    const main = await mint(inputs);
    expect(main.exitCode).toBe(0);
    const [warning] = annotations(main, 'warning');
    expect(warning?.properties['title']).toContain('is not quite what was asked for');
    expect(warning?.data.split('\n').slice(2)).toEqual([
      'limit: 5 → null',
      'limit_reset: "weekly" → "daily"',
      'include_byok_in_limit: true → false',
      expect.stringMatching(/^expires_at: "20.*Z" → null$/),
    ]);
    expect(main.outputs['expires-at']).toBe('');
  });
});

describe('a name that is left out', () => {
  const env = {
    GITHUB_REPOSITORY: 'octo-org/app',
    GITHUB_WORKFLOW: `${'🧪'.repeat(60)}cut`,
    GITHUB_RUN_ID: '7',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_JOB: 'test',
  };

  test('is made up of the run, and differs in each job of a matrix', async () => {
    const steps = await Promise.all([1, 2, 3].map(() => mint({ name: '' }, env)));
    steps.forEach(expectMinted);
    const names = keys().map(({ name }) => name);
    expect(steps.map(({ outputs }) => outputs['name']).sort()).toEqual(names.toSorted());
    expect(new Set(names).size).toBe(3);
    for (const name of names) {
      expect(name).toMatch(/^octo-org\/app \/ (🧪){60} \/ 7\.2 \/ test \/ [0-9a-z]{6}$/u);
    }
  });
});

describe('is refused before anything is sent:', () => {
  test.each<[string, Inputs, string]>([
    ['no workspace', { workspace: '' }, 'workspace is required, and must be the id or slug'],
    ['a URL', { workspace: 'https://openrouter.ai/workspaces/preview-42' }, 'try: preview-42'],
    ['no key', { 'management-key': '' }, 'management-key is required, and is empty'],
    [
      'a limit below 0',
      { 'limit-usd': '-1' },
      'limit-usd must be a number of US dollars, 0 or more',
    ],
    ['a limit that is no number', { 'limit-usd': '$5' }, 'given: "$5"; try: 5'],
    ['a limit beyond all numbers', { 'limit-usd': '1e999' }, 'limit-usd must be a number'],
    ['a limit of null', { 'limit-usd': 'null' }, 'limit-usd must be a number'],
    [
      'another interval',
      { 'limit-usd': '1', 'limit-reset': 'hourly' },
      'limit-reset must be daily, weekly or monthly',
    ],
    [
      'a name that would be hidden',
      { name: 'sk-or-preview-environment-key' },
      'name must not hold a key',
    ],
    [
      'a name that would be hidden, in capitals',
      { name: 'SK-OR-PREVIEW-ENVIRONMENT-KEY' },
      'name must not hold a key',
    ],
    ['an interval without a limit', { 'limit-reset': 'daily' }, 'limit-reset needs limit-usd'],
    ['a word for true', { 'include-byok-in-limit': 'yes' }, 'must be true or false; given: "yes"'],
    ['a life without a unit', { 'expires-in': '60' }, 'or never; given: "60"\n'],
    ['a life in months', { 'expires-in': '6M' }, 'or never; given: "6M"\n'],
    ['too short a life', { 'expires-in': '59s' }, 'must be from 1m to 3650d, or never'],
    ['too long a life', { 'expires-in': '3651d' }, 'must be from 1m to 3650d, or never'],
    ['never in capitals', { 'expires-in': 'NEVER' }, 'try: never'],
    ['a word for false', { 'revoke-after-job': 'no' }, 'revoke-after-job must be true or false'],
    ['a word for on', { replace: 'on' }, 'replace must be true or false'],
    ['to replace no name', { replace: 'true', name: '' }, 'replace needs name'],
    ['a URL without https', { 'api-url': 'http://openrouter.ai' }, 'must begin with https'],
    ['a timeout without a unit', { timeout: '60' }, 'given: "60"\n'],
  ])('%s', async (_, inputs, problem) => {
    const main = await mint(inputs);
    const { title, message } = expectRed(main);
    expect(title).toBe('One input cannot be used');
    expect(message).toContain(problem);
    expect(calls()).toEqual([]);
    expect(main.state).not.toHaveProperty('clean-up');
  });

  test('all at once, pairs too', async () => {
    const { message } = expectRed(
      await mint({ workspace: '/', 'limit-reset': 'daily', 'expires-in': 'x', timeout: '1' }),
    );
    expect(message.split('\n').map((line) => line.split(' ', 1)[0])).toEqual([
      'workspace',
      'expires-in',
      'timeout',
      'limit-reset',
      'Nothing',
    ]);
    expect(message).not.toContain('try: daily');
  });
});

describe('replace', () => {
  test('deletes the keys of that name that were there before, once the new one exists', async () => {
    for (const name of ['CI', 'Other', 'CI', 'CI']) seedKey(harness.sandbox, workspace, { name });
    const [disabled] = keys();
    if (disabled) disabled.disabled = true;
    const elsewhere = seedWorkspace(harness.sandbox, { slug: 'preview-43' });
    seedKey(harness.sandbox, elsewhere, { name: 'CI' });
    let isFirst = true;
    meanwhile = (request) => {
      if (callOf(request) === POST && isFirst) seedKey(harness.sandbox, workspace, { name: 'CI' });
      isFirst &&= callOf(request) !== POST;
    };
    const main = await mint({ replace: 'true' });
    expectMinted(main);
    expect(calls().slice(2)).toEqual([POST, DELETE, DELETE, DELETE]);
    // What was made meanwhile stays, and so do others and what is elsewhere.
    expect(keys().map(({ name }) => name)).toEqual(['CI', 'CI', 'CI', 'Other']);
    expect(main.log.match(/which the new one replaces/g)).toHaveLength(3);
    expect((await end(main)).exitCode).toBe(0);
    expect(keys()).toHaveLength(3);
  });

  test('deletes keys of that name that have expired', async () => {
    const expired = { name: 'CI', expires_at: '2020-01-01T00:00:00.000Z' };
    seedKey(harness.sandbox, workspace, expired);
    const main = await mint({ replace: 'true' });
    expectMinted(main);
    expect(keys().map(({ hash }) => hash)).toEqual([main.outputs['hash']]);
    expect(main.log).toContain('API keys in it: 1, of that name: 1.');
  });

  test('is off by itself', async () => {
    seedKey(harness.sandbox, workspace, { name: 'CI' });
    expectMinted(await mint());
    expect(keys()).toHaveLength(2);
  });

  test('that fails is red, and says that the new key exists and which old ones are left', async () => {
    for (const name of ['CI', 'CI', 'CI']) seedKey(harness.sandbox, workspace, { name });
    const olds = keys().map(({ label }) => label);
    const refused = { on: DELETE, kind: 'answer', status: 403 } as const;
    harness.sandbox.faults.push(refused, refused);
    const main = await mint({ replace: 'true' });
    const { title, message } = expectRed(
      main,
      expect.objectContaining({ key: expect.any(String) }),
    );
    expect(title).toBe('Could not delete 2 of 3 API keys that the new one replaces');
    expect(message).toContain(
      `The new API key exists, and is in the outputs: "CI" (${main.outputs['label']})`,
    );
    const left = keys().flatMap(({ label }) => (olds.includes(label) ? [label] : []));
    expect(left).toHaveLength(2);
    for (const label of olds) expect(message.includes(label)).toBe(left.includes(label));
    expect(message).not.toContain('Nothing was changed');

    expect((await end(main)).exitCode).toBe(0);
    expect(keys().map(({ label }) => label)).toEqual(left);
  });
});

describe('a POST whose answer is lost', () => {
  const garbage = (body: string): ScheduledFault => ({ kind: 'answer', status: 201, body });
  const kinds: [string, ScheduledFault, Inputs][] = [
    ['a reset', { kind: 'reset' }, {}],
    ['an answer cut short', { kind: 'cut' }, {}],
    ['silence', { kind: 'silence' }, { timeout: '4s' }],
    ['half an answer', { kind: 'stall' }, { timeout: '4s' }],
    ['a trickle', { kind: 'trickle' }, { timeout: '4s' }],
    ['an answer without end', { kind: 'endless' }, {}],
    ['502', { kind: 'answer', status: 502, body: '<h1>Bad gateway</h1>' }, {}],
    ['500', { kind: 'answer', status: 500, body: '{"error":{"message":"No"}}' }, {}],
    ['201 without a body', garbage(''), {}],
    ['201 with a page', garbage('<html>Sign in</html>'), {}],
    ['201 without the secret', garbage('{"data":{"hash":"1","name":"CI","label":"x"}}'), {}],
    ['201 without the key', garbage(`{"data":{},"key":"sk-or-v1-${'0'.repeat(64)}"}`), {}],
  ];

  test.each(
    kinds.flatMap(([name, fault, inputs]) =>
      [false, true].map((applied) => [name, applied, { fault, inputs }] as const),
    ),
  )(
    '%s (carried out: %s): there is one key',
    async (_, applied, given) => {
      const old = seedKey(harness.sandbox, workspace, { name: 'CI' });
      harness.sandbox.faults.push({ on: POST, ...given.fault, applied });
      const main = await mint(given.inputs);
      expectMinted(main);
      expect(keys().map(({ hash }) => hash)).toEqual([main.outputs['hash'], old.hash]);
      const lost = applied ? [LIST, DELETE] : [LIST];
      expect(calls().slice(0, 3 + lost.length + 1)).toEqual([LOOK, LIST, POST, ...lost, POST]);
      const [first, second] = posted();
      expect(second).toEqual(first);
      expect(main.log).toContain('Looking for a key whose secret is lost.');
      expect(main.log.includes('whose secret was lost.')).toBe(applied);

      // Where nothing was found, the post step would wait for what may be late.
      if (!applied) return;
      const post = await end(main);
      expect(annotations(post, 'warning')).toEqual([]);
      expect(keys()).toEqual([old]);
    },
    30_000,
  );

  test('twice is looked into twice', async () => {
    const fault = { on: POST, kind: 'reset', applied: true } as const;
    harness.sandbox.faults.push(fault, fault);
    const main = await mint();
    expectMinted(main);
    expect(keys()).toHaveLength(1);
    expect(calls().filter((call) => call === DELETE)).toHaveLength(2);
  });

  test.each([401, 402, 403, 404, 409, 422])('%i is red at once', async (status) => {
    harness.sandbox.faults.push({ on: POST, kind: 'answer', status, body: '{"message":"No"}' });
    const main = await mint();
    const { title, message } = expectRed(main);
    expect(title).toBe('Could not make the API key "CI"');
    expect(message).toContain(`the answer was ${status}: No`);
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(calls()).toEqual([LOOK, LIST, POST]);
    const post = await end(main);
    expect(post).toMatchObject({ exitCode: 0, log: '' });
    expect(calls()).toHaveLength(3);
  });

  test('by a redirect is looked into, and not sent again', async () => {
    const headers = { location: '/elsewhere' };
    harness.sandbox.faults.push({ on: POST, kind: 'answer', status: 307, headers, applied: true });
    expect(expectRed(await mint()).message).toContain('the answer was a redirect (307)');
    expect(calls()).toEqual([LOOK, LIST, POST, LIST, DELETE]);
    expect(keys()).toEqual([]);
  });

  test('is settled by a look after 500, and not taken to be open any more', async () => {
    harness.sandbox.faults.push(
      { on: POST, kind: 'answer', status: 500 },
      { on: POST, kind: 'answer', status: 403 },
    );
    const main = await mint();
    expect(expectRed(main).message).toContain('Nothing was changed at OpenRouter.');
    expect(await end(main)).toMatchObject({ exitCode: 0, log: '' });
    expect(calls()).toEqual([LOOK, LIST, POST, LIST, POST]);
  });

  test.each(['reset', 'answer'] as const)(
    'is told of where a later one (after %s) is refused for sure',
    async (kind) => {
      harness.sandbox.faults.push(
        { on: POST, kind, status: 502 },
        { on: POST, kind: 'answer', status: 403 },
      );
      const main = await mint();
      expect(expectRed(main).message).toContain('look for an API key named "CI".');
      repeat();
      await end(main);
      expect(keys()).toEqual([]);
    },
  );

  test('is told of where the look is refused, and looked into after the job', async () => {
    harness.sandbox.faults.push({ on: POST, kind: 'reset', applied: true });
    let lists = 0;
    meanwhile = (request) => {
      if (callOf(request) === LIST) lists += 1;
      if (callOf(request) === POST)
        harness.sandbox.faults.push({ on: LIST, kind: 'answer', status: 403 });
    };
    const main = await mint({ 'revoke-after-job': 'false' });
    const { title, message } = expectRed(main);
    expect(lists).toBe(2);
    expect(title).toBe('Could not make the API key "CI"');
    expect(message).toContain('\nThe lookup that followed failed: GET /keys');
    expect(message).toContain('look for an API key named "CI".');
    expect(keys()).toHaveLength(1);
    const post = await end(main);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(keys()).toEqual([]);
  });

  test('has made a key that cannot be deleted: it is named, and tried again after the job', async () => {
    harness.sandbox.faults.push(
      { on: POST, kind: 'reset', applied: true },
      { on: DELETE, kind: 'answer', status: 403 },
    );
    const main = await mint();
    const [left] = keys();
    const { title, message } = expectRed(main);
    expect(title).toBe(`Could not delete the API key "CI" (${left?.label})`);
    expect(message).toContain(
      `Left behind: the API key "CI" (${left?.label}), hash ${left?.hash}.`,
    );
    expect(message).not.toContain('Nothing was changed');
    await end(main);
    expect(keys()).toEqual([]);
  });

  test('and which is carried out while the next one makes a key is deleted at once', async () => {
    harness.sandbox.faults.push({ on: POST, kind: 'reset' });
    let posts = 0;
    meanwhile = (request) => {
      if (callOf(request) === POST) posts += 1;
      if (callOf(request) === POST && posts === 2) repeat();
    };
    const main = await mint();
    expectMinted(main);
    expect(keys().map(({ hash }) => hash)).toEqual([main.outputs['hash']]);
    await end(main);
    expect(calls()).toEqual([LOOK, LIST, POST, LIST, POST, LIST, DELETE, DELETE]);
  });

  test.each(['reset', 'answer'] as const)(
    'and which is carried out only after the step (%s) is deleted after the job',
    async (kind) => {
      harness.sandbox.faults.push({ on: POST, kind, status: 502 });
      const main = await mint();
      expectMinted(main);
      repeat();
      expect(keys()).toHaveLength(2);
      await end(main);
      expect(keys()).toEqual([]);
    },
  );

  test.each<[string, () => ScheduledFault[]]>([
    ['is refused', () => [{ on: LIST, kind: 'answer', status: 403 }]],
    [
      'comes to no end',
      () => {
        const name = 'Another';
        const page = Array.from({ length: 100 }, (_, at) => ({
          hash: `hash-${at}`,
          label: `sk-or-v1-${at}...0`,
          name,
          workspace_id: workspace.id,
        }));
        const body = JSON.stringify({ data: page });
        return page.map(() => ({ on: LIST, kind: 'answer', status: 200, body }));
      },
    ],
  ])(
    'where the late look %s is green nevertheless, and looked into after the job',
    async (_, faults) => {
      harness.sandbox.faults.push({ on: POST, kind: 'reset' });
      let posts = 0;
      meanwhile = (request) => {
        if (callOf(request) !== POST) return;
        posts += 1;
        if (posts === 2) harness.sandbox.faults.push(...faults());
      };
      const main = await mint();
      harness.sandbox.faults.length = 0;
      expectMinted(main);
      expect(main.log).toContain('When the job ends, it is looked for again.');
      repeat();
      await end(main);
      expect(keys()).toEqual([]);
    },
  );

  test('and which is carried out after the step, whose key is to stay: that one alone stays', async () => {
    harness.sandbox.faults.push({ on: POST, kind: 'reset' });
    const main = await mint({ 'revoke-after-job': 'false' });
    expectMinted(main);
    repeat();
    await end(main);
    expect(keys().map(({ hash }) => hash)).toEqual([main.outputs['hash']]);
  });

  test('holds the secret in an error: that is masked too', async () => {
    const secret = `sk-or-v1-${'ab'.repeat(32)}`;
    harness.sandbox.faults.push({
      on: POST,
      kind: 'answer',
      status: 502,
      body: `{"key":"${secret}`,
    });
    const main = await mint();
    expectMinted(main);
    expect(main.masks).toContain(secret);
  });
});

/** Carries out the first POST of the step once more, as if it arrived late. */
function repeat(fields: KeyFixture = {}): void {
  seedKey(harness.sandbox, workspace, { ...posted()[0], ...fields });
}

describe('what somebody else has made meanwhile with the same name is left alone', () => {
  const others: [string, (desired: { expires_at: string }) => KeyFixture][] = [
    ['without an end', () => ({ expires_at: null })],
    ['with another end', ({ expires_at }) => ({ expires_at: `${expires_at.slice(0, -5)}.000Z` })],
    ['with another limit', () => ({ limit: 1 })],
    ['with another name', () => ({ name: 'Not CI' })],
  ];

  test.each(
    others.flatMap(([name, fields]) =>
      [false, true].map((applied) => [name, applied, fields] as const),
    ),
  )('%s (POST carried out: %s)', async (_, applied, fieldsOf) => {
    harness.sandbox.faults.push({ on: POST, kind: 'reset', applied });
    // One that shows that the server keeps milliseconds.
    seedKey(harness.sandbox, workspace, { name: 'Other', expires_at: '2030-01-01T00:00:00.123Z' });
    let isFirst = true;
    meanwhile = (request) => {
      if (callOf(request) === POST && isFirst) repeat(fieldsOf(posted()[0]));
      isFirst &&= callOf(request) !== POST;
    };
    const main = await mint();
    expectMinted(main);
    const others = keys().filter(({ hash }) => hash !== main.outputs['hash']);
    expect(others).toHaveLength(2);
    await end(main);
    expect(keys()).toEqual(others);
  });

  test('where the server keeps no milliseconds, ours is known by the second', async () => {
    harness.sandbox.faults.push({ on: POST, kind: 'reset', applied: true });
    meanwhile = (request) => {
      if (callOf(request) !== POST) return;
      for (const key of keys()) key.expires_at = `${key.expires_at?.slice(0, -5)}Z`;
    };
    const main = await mint();
    expectMinted(main);
    expect(keys()).toHaveLength(1);
  });

  test.each([false, true])(
    'where there are too many to tell (carried out: %s)',
    async (applied) => {
      harness.sandbox.faults.push({ on: POST, kind: 'reset', applied });
      meanwhile = (request) => {
        if (callOf(request) === POST) for (let count = 0; count < 2; count += 1) repeat();
      };
      const main = await mint();
      const { title, message } = expectRed(main);
      expect(title).toBe('It cannot be told whose the API keys named "CI" are');
      expect(keys()).toHaveLength(applied ? 3 : 2);
      for (const { label } of keys()) expect(message).toContain(label);
      expect(calls()).toEqual([LOOK, LIST, POST, LIST]);
      // With fewer of them it can be told no better.
      keys().length = 1;
      await end(main);
      expect(keys()).toHaveLength(1);
    },
  );

  test('and too many that come late are a warning', async () => {
    harness.sandbox.faults.push({ on: POST, kind: 'reset' });
    let posts = 0;
    meanwhile = (request) => {
      if (callOf(request) === POST) posts += 1;
      if (callOf(request) === POST && posts === 2)
        for (let count = 0; count < 2; count += 1) repeat();
    };
    const main = await mint();
    expectMinted(main);
    expect(annotations(main, 'warning')[0]?.properties['title']).toContain(
      'It cannot be told whose',
    );
    await end(main);
    expect(keys()).toHaveLength(2);
  });

  test('with expires-in: never and a name of its own nothing can be told', async () => {
    harness.sandbox.faults.push({ on: POST, kind: 'reset', applied: true });
    const main = await mint({ 'expires-in': 'never' });
    const { message } = expectRed(main);
    expect(message).toContain('a key of this step looks like that of any other job');
    expect(message).toContain(keys()[0]?.label ?? '?');
    expect(keys()).toHaveLength(1);
  });

  test('with expires-in: never and the name that is made up, ours is known', async () => {
    harness.sandbox.faults.push({ on: POST, kind: 'reset', applied: true });
    const main = await mint({ 'expires-in': 'never', name: '' });
    expectMinted(main);
    expect(keys()).toHaveLength(1);
  });
});

describe('after the job', () => {
  test('what to revoke comes from state, whatever the inputs are by then', async () => {
    const main = await mint();
    seedKey(harness.sandbox, workspace, { name: 'Bystander' });
    const post = await end(main, {
      workspace: 'elsewhere',
      name: 'Bystander',
      'revoke-after-job': 'false',
      'api-url': 'https://elsewhere.example/v1',
      timeout: 'nonsense',
    });
    expect(post.exitCode).toBe(0);
    expect(keys().map(({ name }) => name)).toEqual(['Bystander']);
  });

  test('it is revoked before the workspace is deleted, which an earlier step has made', async () => {
    const created = await harness.create({ slug: 'of-the-job', 'delete-after-job': 'true' });
    const main = await mint({ workspace: created.outputs['id'] ?? '' });
    expectMinted(main);
    // Post steps run last to first.
    for (const post of [await end(main), await harness.post(created)]) {
      expect(annotations(post, 'warning')).toEqual([]);
    }
    expect(harness.sandbox.account.workspaces.map(({ slug }) => slug)).not.toContain('of-the-job');
  });

  test('a key that is gone already is success', async () => {
    const main = await mint();
    keys().length = 0;
    const post = await end(main);
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
  });

  test('with revoke-after-job: false it stays', async () => {
    const main = await mint({ 'revoke-after-job': 'false' });
    expectMinted(main);
    expect(main.log).toContain('It will not be revoked after the job.');
    expect(main.summary).toContain('<td>Revoked after the job</td><td>no</td>');
    expect(await end(main)).toMatchObject({ exitCode: 0, log: '', stderr: '' });
    expect(keys()).toHaveLength(1);
    expect(calls()).toEqual([LOOK, LIST, POST]);
  });

  test.each<[string, number]>([
    ['just before', 1],
    ['long before', HOUR],
  ])('what another job has made %s, to end in the same second, is left alone', async (_, age) => {
    now = () => new Date(NOON);
    // A whole second, as where the server keeps no milliseconds.
    const fields = { name: 'CI', expires_at: '2031-05-06T18:00:00.000Z' };
    const theirs = seedKey(harness.sandbox, workspace, fields);
    theirs.created_at = new Date(NOON - age).toISOString();
    harness.sandbox.faults.push({ on: POST, kind: 'silence' });
    const step = await harness.start('key', { workspace: SLUG, name: 'CI' });
    await harness.sandbox.received(3);
    step.kill('SIGKILL');
    const post = await end(await step.result);
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(keys()).toEqual([theirs]);
  });

  test.each([1, 2])('what arrives after %i looks of the clean-up is deleted', async (looks) => {
    harness.sandbox.faults.push({ on: POST, kind: 'silence' });
    const step = await harness.start('key', { workspace: SLUG, name: 'CI' });
    await harness.sandbox.received(3);
    step.kill('SIGKILL');
    const main = await step.result;
    let lists = 0;
    meanwhile = (request) => {
      if (callOf(request) === LIST) lists += 1;
      if (callOf(request) === LIST && lists === looks) repeat();
    };
    await end(main);
    expect(lists).toBe(looks + 1);
    expect(keys()).toEqual([]);
  });

  test('a key whose secret is lost is deleted, also once it has expired', async () => {
    harness.sandbox.faults.push({ on: POST, kind: 'silence', applied: true });
    const inputs = { workspace: SLUG, name: 'CI', 'expires-in': '1m' };
    const step = await harness.start('key', inputs);
    await harness.sandbox.received(3);
    step.kill('SIGKILL');
    const main = await step.result;
    expect(keys()).toHaveLength(1);
    now = () => new Date(Date.now() + HOUR);
    const post = await end(main);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(keys()).toEqual([]);
  });

  test('what may be of another job is left alone, and warned of', async () => {
    harness.sandbox.faults.push({ on: POST, kind: 'silence', applied: true });
    const inputs = { workspace: SLUG, name: 'CI', 'expires-in': 'never' };
    const step = await harness.start('key', inputs);
    await harness.sandbox.received(3);
    step.kill('SIGKILL');
    const post = await end(await step.result);
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe(
      'It cannot be told whose the API keys named "CI" are',
    );
    expect(warning?.data).toContain(keys()[0]?.label ?? '?');
    expect(keys()).toHaveLength(1);
  });

  test.each<[string, Inputs, ScheduledFault[]]>([
    ['is refused', {}, [{ on: DELETE, kind: 'answer', status: 403 }]],
    ['lacks the management key', { 'management-key': '' }, []],
  ])('a clean-up that %s is a warning with hash and label', async (_, inputs, faults) => {
    const main = await mint();
    harness.sandbox.faults.push(...faults);
    const post = await end(main, inputs);
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    const { label, hash } = main.outputs;
    expect(warning?.data).toContain(
      `It may be left behind at OpenRouter: the API key "CI" (${label}), hash ${hash}.`,
    );
    expect(keys()).toHaveLength(1);
    expectNoSecret(post);
  });

  test('a clean-up comes through a bad network', async () => {
    const main = await mint();
    harness.sandbox.faults.push(
      { on: DELETE, kind: 'answer', status: 502 },
      { on: DELETE, kind: 'reset', applied: true },
    );
    expect(annotations(await end(main), 'warning')).toEqual([]);
    expect(keys()).toEqual([]);
  });

  test.each(['/no/such/file', ''])(
    'a key whose output could not be written (to "%s") is revoked, whatever was asked for',
    async (file) => {
      const main = await mint({ 'revoke-after-job': 'false' }, { GITHUB_OUTPUT: file });
      expect(main.exitCode).toBe(1);
      expect(annotations(main)[0]?.data).toContain('could not be written');
      expectNoSecret(main);
      expect(keys()).toHaveLength(1);
      await end(main);
      expect(keys()).toEqual([]);
    },
  );

  test('a key is not made if the state cannot be written', async () => {
    const { title, message } = expectRed(await mint({}, { GITHUB_STATE: tmpdir() }));
    expect(title).toBe('The state for the end of the job could not be written');
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(calls()).not.toContain(POST);
  });

  test('a key that exists when the state cannot be written any more is named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'state-'));
    const state = join(folder, 'state');
    writeFileSync(state, '');
    meanwhile = (request) => {
      if (callOf(request) !== POST) return;
      rmSync(state);
      mkdirSync(state);
    };
    const { title, message } = expectRed(await mint({}, { GITHUB_STATE: state }));
    await rm(folder, { recursive: true });
    const [made] = keys();
    expect(title).toBe('The state for the end of the job could not be written');
    expect(message).toContain(`The API key exists: "CI" (${made?.label}), hash ${made?.hash}.`);
  });

  test.each([
    ['is refused', { on: POST, kind: 'answer', status: 422 }],
    ['is lost and cannot be told', { on: POST, kind: 'reset', applied: true }],
  ] as [string, ScheduledFault][])(
    'a state that cannot be written hides no error of a POST that %s',
    async (_, fault) => {
      const folder = await mkdtemp(join(tmpdir(), 'state-'));
      const state = join(folder, 'state');
      writeFileSync(state, '');
      meanwhile = (request) => {
        if (callOf(request) !== POST) return;
        rmSync(state);
        mkdirSync(state);
      };
      harness.sandbox.faults.push(fault);
      const step = await mint({ 'expires-in': 'never' }, { GITHUB_STATE: state });
      await rm(folder, { recursive: true });
      expect(expectRed(step).title).not.toContain('state');
      expect(annotations(step, 'warning').map(({ properties }) => properties['title'])).toEqual([
        'The state for the end of the job could not be written',
      ]);
    },
  );

  test('a look for what is lost that fails is a warning that names it', async () => {
    harness.sandbox.faults.push({ on: POST, kind: 'silence', applied: true });
    const step = await harness.start('key', { workspace: SLUG, name: 'CI' });
    await harness.sandbox.received(3);
    step.kill('SIGKILL');
    const main = await step.result;
    harness.sandbox.faults.push({ on: LIST, kind: 'answer', status: 403 });
    const post = await end(main);
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')[0]?.data).toContain(
      'It may be left behind at OpenRouter: an API key named "CI" whose secret nobody has.',
    );
  });
});

describe.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  /** Where in the exchange the step ends: at which request, and whether that was carried out. */
  const points: [string, number, ScheduledFault][] = [
    ['during the look', 1, { on: LOOK, kind: 'silence' }],
    ['during the list', 2, { on: LIST, kind: 'silence' }],
    ['after the POST has come in', 3, { on: POST, kind: 'silence' }],
    ['after the POST was carried out', 3, { on: POST, kind: 'silence', applied: true }],
    ['half-way through the answer', 3, { on: POST, kind: 'stall', applied: true }],
  ];

  test.each(
    points.flatMap(([where, requests, fault]) =>
      (fault.applied ? ['true', 'false'] : ['true']).map(
        (revoke) => [where, revoke, { requests, fault }] as const,
      ),
    ),
  )('%s, with revoke-after-job: %s: the post step leaves nothing behind', async (_, revoke, at) => {
    const old = seedKey(harness.sandbox, workspace, { name: 'CI' });
    harness.sandbox.faults.push(at.fault);
    const inputs = { workspace: SLUG, name: 'CI', 'revoke-after-job': revoke };
    const step = await harness.start('key', inputs);
    await harness.sandbox.received(at.requests);
    step.kill(signal);
    const main = await step.result;
    expect(main.exitCode).toBe(signal === 'SIGKILL' ? null : 1);
    expect(annotations(main)).toHaveLength(signal === 'SIGKILL' ? 0 : 1);
    expectNoSecret(main);

    const post = await end(main, inputs);
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(keys()).toEqual([old]);
  });

  test('while old keys are replaced: the new one is revoked', async () => {
    seedKey(harness.sandbox, workspace, { name: 'CI' });
    harness.sandbox.faults.push({ on: DELETE, kind: 'silence' });
    const inputs = { workspace: SLUG, name: 'CI', replace: 'true' };
    const step = await harness.start('key', inputs);
    await harness.sandbox.received(4);
    step.kill(signal);
    const main = await step.result;
    expect(sha256(main.outputs['key'])).toBe(main.outputs['hash']);
    await end(main, inputs);
    expect(keys()).toHaveLength(1);
    expect(keys()[0]?.hash).not.toBe(main.outputs['hash']);
  });
});

test('the management key is in nothing that is shown', async () => {
  const { managementKey } = harness.sandbox;
  workspace['name'] = `Of ${managementKey}`;
  seedKey(harness.sandbox, workspace, { name: managementKey });
  const main = await mint();
  const post = await end(main);
  const refused = await mint({ name: `Key ${managementKey}` });
  expect(refused.exitCode).toBe(1);
  for (const step of [main, post, refused]) {
    expect(step.masks[0]).toBe(managementKey);
    expectNoSecret(step);
  }
});
