import { beforeEach, describe, expect, test } from '@jest/globals';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { type RecordedRequest, startSandbox } from '../../sandbox/openrouter/server.ts';
import { annotations, expectFailure, openHarness, printedBy } from '../support/harness.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The server tells its time to the second, so an age that is to be told exactly is a bit more. */
const BIT = 30_000;

/** What somebody else does while a step runs: called after each exchange. */
let meanwhile: (request: RecordedRequest) => void = () => undefined;
const harness = openHarness({ onExchange: (request) => meanwhile(request) });

beforeEach(() => {
  const { account, requests, faults } = harness.sandbox;
  meanwhile = () => undefined;
  account.workspaces.length = 1;
  for (const list of [account.keys, requests, faults]) list.length = 0;
});

const give = (slug: string, age = 0, keys = 0) =>
  seedWorkspace(harness.sandbox, { slug, age: age && age + BIT, keys });
const sweep = (inputs: Record<string, string> = {}) =>
  harness.run('sweep', { 'slug-pattern': 'preview-*', 'older-than': '2d', ...inputs });
const slugs = () => harness.sandbox.account.workspaces.map(({ slug }) => slug);
const listed = (json: string | undefined) =>
  (JSON.parse(json ?? '') as Record<string, string>[]).map(({ slug }) => slug).sort();
const calls = () =>
  harness.sandbox.requests.map(({ method, path }) => harness.sandbox.account.callOf(method, path));

/** Two stale workspaces, a young one, and two that the pattern does not mean. */
function giveSome() {
  return {
    old: give('preview-old', 3 * DAY, 1),
    older: give('preview-older', 10 * DAY),
    young: give('preview-young', 5 * HOUR),
    others: [give('production', 99 * DAY), give('my-preview-old', 99 * DAY)],
  };
}

test('deletes what matches and is old enough, and nothing else', async () => {
  const { old, older, young } = giveSome();
  const step = await sweep({ 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
  expect(slugs()).toEqual(['default', 'preview-young', 'production', 'my-preview-old']);
  expect(harness.sandbox.account.keys).toEqual([]);
  expect(step.outputs['count']).toBe('2');
  const deleted = JSON.parse(step.outputs['deleted'] ?? '');
  expect(deleted).toHaveLength(2);
  for (const { id, slug, created_at } of [old, older]) {
    const reason = expect.stringMatching(/^(3|10) d old$/);
    expect(deleted).toContainEqual({ id, slug, created_at, reason });
  }
  expect(JSON.parse(step.outputs['kept'] ?? '')).toEqual([
    { id: young.id, slug: young.slug, created_at: young.created_at, reason: 'only 5 h old' },
  ]);
  expect(step.outputs['failed']).toBe('[]');
  expect(step.outputs['would-delete']).toBe('[]');
  expect(calls().sort()).toEqual(
    [
      'GET /workspaces',
      ...Array(2).fill('GET /keys'),
      'DELETE /keys/:hash',
      ...Array(2).fill('DELETE /workspaces/:id'),
    ].sort(),
  );
});

test('deletes expired API keys with their workspace, and names them where they may not be deleted', async () => {
  const workspace = give('preview-old', 3 * DAY);
  const expired = { name: 'Old', expires_at: '2020-01-01T00:00:00.000Z' };
  const { label } = seedKey(harness.sandbox, workspace, expired);
  const refused = await sweep();
  expect(refused.exitCode).toBe(1);
  expect(refused.outputs['failed']).toContain(`\\"Old\\" (${label})`);
  expect(slugs()).toContain('preview-old');

  const step = await sweep({ 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
  expect(slugs()).toEqual(['default']);
  expect(harness.sandbox.account.keys).toEqual([]);
});

test('warns once, with how many a teardown has left behind', async () => {
  giveSome();
  const step = await sweep({ 'delete-keys': 'true' });
  expect(annotations(step)).toEqual([]);
  const [warning, ...more] = annotations(step, 'warning');
  expect(more).toEqual([]);
  expect(warning?.properties['title']).toBe('2 workspaces left behind by a teardown');
  expect(warning?.data).toMatch(/^Found: preview-old(er)?, preview-old(er)?\.$/m);
});

test('finds nothing, and warns of nothing', async () => {
  give('preview-young');
  const step = await sweep();
  expect(step.exitCode).toBe(0);
  expect(annotations(step, 'warning')).toEqual([]);
  expect(step.outputs).toMatchObject({ deleted: '[]', failed: '[]', count: '0' });
  expect(step.summary).toContain('✅ Deleted 0 workspaces');
});

test('shows in the summary each workspace, its age, and what was done', async () => {
  giveSome();
  const { summary } = await sweep({ 'delete-keys': 'true' });
  expect(summary).toContain('<tr><th>Workspace</th><th>Age</th><th>What was done</th></tr>');
  for (const row of [
    '<td><code>preview-old</code></td><td>3 d</td><td>deleted</td>',
    '<td><code>preview-older</code></td><td>10 d</td><td>deleted</td>',
    '<td><code>preview-young</code></td><td>5 h</td><td>kept: only 5 h old</td>',
  ]) {
    expect(summary).toContain(row);
  }
  expect(summary).not.toContain('production');
});

describe('keep', () => {
  test.each(['preview-old, preview-y*', 'preview-old\npreview-?????', '["preview-old"]'])(
    '%j leaves alone what it names',
    async (keep) => {
      giveSome();
      const step = await sweep({ keep, 'delete-keys': 'true' });
      expect(listed(step.outputs['deleted'])).toEqual(keep.includes('?') ? [] : ['preview-older']);
      expect(listed(step.outputs['kept'])).toContain('preview-old');
    },
  );

  test('says by which of its entries', async () => {
    giveSome();
    const step = await sweep({ keep: 'preview-ol*' });
    expect(step.outputs['kept']).toContain('"reason":"in keep, as preview-ol*"');
    expect(step.outputs['count']).toBe('0');
  });
});

test('the default workspace never qualifies', async () => {
  const [workspace] = harness.sandbox.account.workspaces;
  if (workspace) workspace.created_at = new Date(0).toISOString();
  const step = await sweep({ 'slug-pattern': 'de*', 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
  expect(step.outputs['kept']).toContain('"reason":"the default workspace"');
  expect(slugs()).toEqual(['default']);
  expect(calls()).toEqual(['GET /workspaces']);
});

describe('age', () => {
  test('is by the server’s clock', async () => {
    const other = await startSandbox({ now: () => new Date(Date.now() + 30 * DAY) });
    seedWorkspace(other, { slug: 'preview-new', age: HOUR });
    seedWorkspace(other, { slug: 'preview-old', age: 3 * DAY });
    const step = await sweep({ 'management-key': other.managementKey, 'api-url': other.url });
    await other.close();
    expect(listed(step.outputs['deleted'])).toEqual(['preview-old']);
    expect(listed(step.outputs['kept'])).toEqual(['preview-new']);
  });

  test.each(['1', 12, 2020, ['2020-01-01'], '2026-11-24T17:47:00', 'build 3', '2020-01-01', null])(
    'that is told as %j is not believed',
    async (created_at) => {
      const workspace = give('preview-old');
      workspace.created_at = created_at as string;
      const step = await sweep();
      expect(step.outputs['kept']).toContain('"reason":"of an age that cannot be told"');
      expect(slugs()).toContain('preview-old');
    },
  );

  test('is told with any time zone', async () => {
    give('preview-old').created_at = '2020-01-01T00:00:00+09:00';
    expect((await sweep()).outputs['count']).toBe('1');
  });

  test.each(['created_at', 'date'])('that cannot be told without %s keeps it', async (lacking) => {
    const workspace = { ...give('preview-old', 9 * DAY) } as Record<string, unknown>;
    if (lacking === 'created_at') delete workspace['created_at'];
    harness.sandbox.faults.push({
      kind: 'answer',
      status: 200,
      headers: lacking === 'date' ? { date: '' } : {},
      body: JSON.stringify({ data: [workspace], total_count: 1 }),
    });
    const step = await sweep();
    expect(step.exitCode).toBe(0);
    expect(step.outputs['kept']).toContain('"reason":"of an age that cannot be told"');
    expect(slugs()).toContain('preview-old');
  });
});

describe('max-deletions', () => {
  test('if more are stale, none is deleted, and the step is red', async () => {
    giveSome();
    const step = await sweep({ 'delete-keys': 'true', 'max-deletions': '1' });
    const { kept, ...outputs } = step.outputs;
    const { title, message } = expectFailure(step, step.outputs);
    expect(outputs).toEqual({ deleted: '[]', 'would-delete': '[]', failed: '[]', count: '0' });
    expect(listed(kept)).toEqual(['preview-old', 'preview-older', 'preview-young']);
    expect(kept?.match(/"reason":"stale, but there are more than max-deletions/g)).toHaveLength(2);
    expect(title).toBe('Stale: 2 workspaces, and max-deletions is 1');
    expect(message).toContain('Nothing was deleted.');
    expect(slugs()).toHaveLength(6);
    expect(calls()).toEqual(['GET /workspaces']);
    expect(annotations(step, 'warning')).toHaveLength(1);
  });

  test('as many as it says are deleted', async () => {
    giveSome();
    expect((await sweep({ 'delete-keys': 'true', 'max-deletions': '2' })).exitCode).toBe(0);
  });

  test('is 50 where it is not given', async () => {
    for (let count = 0; count < 51; count += 1) give(`preview-${count}`, 9 * DAY);
    expect(expectFailure(await sweep(), expect.anything()).title).toContain('max-deletions is 50');
    harness.sandbox.account.workspaces.pop();
    expect((await sweep()).outputs['count']).toBe('50');
  });
});

describe('one that cannot be deleted', () => {
  test('does not stop the others, and makes the step red', async () => {
    giveSome();
    give('preview-oldest', 30 * DAY);
    const step = await sweep();
    const { title, message } = expectFailure(step, expect.anything());
    expect(title).toBe('1 of 3 workspaces could not be deleted');
    expect(message).toContain(
      'preview-old: The workspace preview-old has 1 API key, and delete-keys is false',
    );
    expect(listed(step.outputs['deleted'])).toEqual(['preview-older', 'preview-oldest']);
    expect(listed(step.outputs['failed'])).toEqual(['preview-old']);
    expect(step.outputs['count']).toBe('2');
    expect(step.summary).toContain('<td>❌ could not be deleted: The workspace preview-old has');
    expect(step.summary).toContain(
      '<td><code>preview-older</code></td><td>10 d</td><td>deleted</td>',
    );
    expect(slugs()).toContain('preview-old');
  });

  test('is told with what the server says, and another run finishes the work', async () => {
    giveSome();
    const body = '{"error":{"message":"Not now"}}';
    harness.sandbox.faults.push({ on: 'DELETE /keys/:hash', kind: 'answer', status: 403, body });
    const step = await sweep({ 'delete-keys': 'true' });
    const { message } = expectFailure(step, expect.anything());
    expect(message).toMatch(/^preview-old: DELETE \/keys\/\w+: the answer was 403: Not now$/m);
    expect((await sweep({ 'delete-keys': 'true' })).outputs['count']).toBe('1');
    expect(slugs()).not.toContain('preview-old');
  });

  test('is told with the keys that are gone', async () => {
    giveSome();
    harness.sandbox.faults.push({ on: 'DELETE /workspaces/:id', kind: 'answer', status: 403 });
    const old = harness.sandbox.account.workspaces.findIndex(
      ({ slug }) => slug === 'preview-older',
    );
    harness.sandbox.account.workspaces.splice(old, 1);
    const step = await sweep({ 'delete-keys': 'true' });
    expect(step.outputs['failed']).toContain('the answer was 403; API keys deleted: 1"');
  });

  test('is none where it is gone already', async () => {
    giveSome();
    meanwhile = ({ path }) => {
      if (path.startsWith('/workspaces?')) harness.sandbox.account.workspaces.length = 1;
    };
    const step = await sweep({ 'delete-keys': 'true' });
    expect(step.exitCode).toBe(0);
  });
});

describe('a dry run', () => {
  test('prints the plan, and deletes nothing', async () => {
    giveSome();
    const step = await sweep({ 'dry-run': 'true', 'delete-keys': 'true' });
    expect(step.exitCode).toBe(0);
    expect(slugs()).toHaveLength(6);
    expect(calls()).toEqual(['GET /workspaces']);
    expect(step.outputs).toMatchObject({ deleted: '[]', failed: '[]', count: '0' });
    expect(step.log).toContain('preview-older, 10 d old: would be deleted.');
    expect(step.log).toContain('This is a dry run: nothing was deleted.');
    expect(step.summary).toContain('🔎 Dry run: would delete 2 workspaces');
  });

  test('lists what it would delete apart from what it keeps', async () => {
    const { old } = giveSome();
    const step = await sweep({ 'dry-run': 'true', 'delete-keys': 'true' });
    expect(listed(step.outputs['would-delete'])).toEqual(['preview-old', 'preview-older']);
    const { id, slug, created_at } = old;
    expect(JSON.parse(step.outputs['would-delete'] ?? '')).toContainEqual({
      id,
      slug,
      created_at,
      reason: '3 d old',
    });
    expect(listed(step.outputs['kept'])).toEqual(['preview-young']);
    for (const row of [
      '<td><code>preview-old</code></td><td>3 d</td><td>would be deleted</td>',
      '<td><code>preview-young</code></td><td>5 h</td><td>kept: only 5 h old</td>',
    ]) {
      expect(step.summary).toContain(row);
    }
    expect(annotations(step, 'warning')[0]?.data).toContain('Found: preview-old, preview-older.');
  });

  test('is red where the run would be', async () => {
    giveSome();
    const step = await sweep({ 'dry-run': 'true', 'max-deletions': '1' });
    expect(expectFailure(step, expect.anything()).title).toContain('max-deletions is 1');
    expect(step.outputs['would-delete']).toBe('[]');
    expect(listed(step.outputs['kept'])).toEqual(['preview-old', 'preview-older', 'preview-young']);
  });
});

describe('is refused before anything is sent:', () => {
  const PREFIX = 'must begin with 2 characters of a slug or more, before any * or ?';
  test.each<[string, Record<string, string>, string]>([
    ['no pattern', { 'slug-pattern': '' }, 'slug-pattern is required'],
    ['a star', { 'slug-pattern': '*' }, PREFIX],
    ['a short prefix', { 'slug-pattern': 'p*' }, PREFIX],
    ['a wildcard too early', { 'slug-pattern': 'p?eview-*' }, PREFIX],
    ['a pattern of many', { 'slug-pattern': '{preview,pr}-*' }, 'must be a slug, in which *'],
    ['no age', { 'older-than': '' }, 'older-than is required, and must be a duration such as'],
    ['an age without a unit', { 'older-than': '14' }, 'given: "14"\n'],
    ['an age in months', { 'older-than': '6M' }, 'given: "6M"\n'],
    ['an age in capitals', { 'older-than': '14 D' }, 'try: 14d'],
    ['two amounts as a number', { 'max-deletions': '$5$5' }, 'given: "$5$5"\n'],
    ['what is no slug in keep', { keep: 'preview-1, Preview_2' }, 'keep (entry 2) must be a slug'],
    ['no age at all', { 'older-than': '0d' }, 'older-than must be from 1m to 3650d'],
    ['no deletions', { 'max-deletions': '0' }, 'must be a whole number, 1 or more'],
    ['half a deletion', { 'max-deletions': '1.5' }, 'must be a whole number, 1 or more'],
  ])('%s', async (_, inputs, problem) => {
    giveSome();
    expect(expectFailure(await sweep(inputs)).message).toContain(problem);
    expect(calls()).toEqual([]);
  });
});

describe('many workspaces', () => {
  test('are read page by page, while others appear and vanish', async () => {
    for (let count = 0; count < 350; count += 1) give(`preview-${count}`, 9 * DAY);
    const { workspaces } = harness.sandbox.account;
    let pages = 0;
    meanwhile = ({ path }) => {
      if (!path.startsWith('/workspaces?')) return;
      pages += 1;
      // Somebody else deletes what has been read, and makes another.
      if (pages <= 3) workspaces.splice(1, 40);
      if (pages === 1) give('preview-late', 9 * DAY);
    };
    const step = await sweep({ 'max-deletions': '1000' });
    expect(step.exitCode).toBe(0);
    expect(slugs()).toEqual(['default']);
  });

  test('that stay are listed as far as there is room', async () => {
    for (let count = 0; count < 1_200; count += 1) give(`preview-${count}`);
    const step = await sweep();
    const kept = step.outputs['kept'] ?? '';
    expect(kept.length).toBeLessThan(128 * 1024);
    expect(JSON.parse(kept).length).toBeGreaterThan(500);
    expect(step.summary).toContain('1200 workspaces with a slug of the pattern stayed.');
    expect(step.summary).toContain('<p>… and 200 more</p>');
  });

  test('that are too many are shown beyond those that might be deleted', async () => {
    for (let count = 0; count < 1_200; count += 1) give(`preview-${count}`, 9 * DAY);
    const { summary } = await sweep();
    expect(summary).toContain('❌ Stale: 1200 workspaces, and max-deletions is 50');
    expect(summary.match(/<tr>/g)?.length).toBe(1_001);
    expect(summary).toContain('<p>… and 200 more</p>');
  });

  test('that fail with long messages stay within what GitHub takes', async () => {
    for (let count = 0; count < 900; count += 1) give(`preview-${count}`, 9 * DAY);
    const body = JSON.stringify({ message: `<&"${'x'.repeat(3_000)}` });
    const fault = { on: 'DELETE /workspaces/:id', kind: 'answer', status: 403, body } as const;
    harness.sandbox.faults.push(...Array(900).fill(fault));
    const step = await sweep({ 'max-deletions': '1000' });
    expect(step.exitCode).toBe(1);
    expect(Buffer.byteLength(step.summary)).toBeLessThan(1024 * 1024);
    expect(step.outputs['failed']?.length).toBeLessThan(128 * 1024);
    expect(JSON.parse(step.outputs['failed'] ?? '').length).toBeGreaterThan(10);
  });

  test('that were said to be more are red', async () => {
    give('preview-old', 9 * DAY);
    const data = harness.sandbox.account.workspaces;
    const body = JSON.stringify({ data, total_count: 250 });
    harness.sandbox.faults.push(
      { kind: 'answer', status: 200, body },
      {
        kind: 'answer',
        status: 200,
        body: JSON.stringify({ data: data.slice(1), total_count: 250 }),
      },
    );
    const { title, message } = expectFailure(await sweep());
    expect(title).toBe('Could not list the workspaces');
    expect(message).toContain('the list ended after 2 entries, though there should be more');
    expect(slugs()).toContain('preview-old');
  });
});

describe('a bad network', () => {
  test.each(['GET /workspaces', 'GET /keys', 'DELETE /keys/:hash', 'DELETE /workspaces/:id'])(
    '%s fails three times in different ways',
    async (on) => {
      giveSome();
      harness.sandbox.faults.push(
        { on, kind: 'answer', status: 502 },
        { on, kind: 'reset', applied: true },
        { on, kind: 'answer', status: 429, headers: { 'retry-after': '0' } },
      );
      const step = await sweep({ 'delete-keys': 'true' });
      expect(step.exitCode).toBe(0);
      expect(listed(step.outputs['deleted'])).toEqual(['preview-old', 'preview-older']);
      expect(slugs()).toHaveLength(4);
    },
  );

  test('a list that cannot be read is red, and nothing is deleted', async () => {
    giveSome();
    harness.sandbox.faults.push({ kind: 'answer', status: 401 });
    expect(expectFailure(await sweep()).title).toBe('Could not list the workspaces');
    expect(slugs()).toHaveLength(6);
  });
});

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'killed by %s half-way through, another run finishes the work',
  async (signal) => {
    for (let count = 0; count < 40; count += 1) give(`preview-${count}`, 9 * DAY, 1);
    const kill = Promise.withResolvers<void>();
    meanwhile = () => {
      if (slugs().length <= 30) kill.resolve();
    };
    const inputs = { 'slug-pattern': 'preview-*', 'older-than': '2d', 'delete-keys': 'true' };
    const running = await harness.start('sweep', inputs);
    await kill.promise;
    for (let count = 0; count < 40; count += 1) harness.sandbox.faults.push({ kind: 'silence' });
    running.kill(signal);
    const step = await running.result;
    expect(step.exitCode).toBe(signal === 'SIGKILL' ? null : 1);
    harness.sandbox.faults.length = 0;
    const left = slugs().length - 1;
    expect(left).toBeGreaterThan(0);
    if (signal !== 'SIGKILL') {
      expect(annotations(step)[0]?.properties['title']).toBe(
        `${left} of 40 workspaces could not be deleted`,
      );
      expect(step.outputs['failed']).toContain(`was not begun: the run was cancelled (${signal})`);
      expect(step.outputs['count']).toBe(String(40 - left));
    }
    expect((await harness.run('sweep', inputs)).outputs['count']).toBe(String(left));
    expect(slugs()).toEqual(['default']);
    expect(harness.sandbox.account.keys).toEqual([]);
  },
);

test('the management key is in nothing that is shown', async () => {
  const { managementKey } = harness.sandbox;
  const workspace = give('preview-old', 9 * DAY);
  seedKey(harness.sandbox, workspace, { name: managementKey });
  for (const step of [await sweep(), await sweep({ 'delete-keys': 'true' })]) {
    expect(step.masks[0]).toBe(managementKey);
    const shown = [printedBy(step), step.summary, JSON.stringify(step.outputs)];
    expect(shown.join()).not.toContain(managementKey);
  }
});
