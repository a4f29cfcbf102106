import { expect, test } from '@jest/globals';
import { type Assumption, finding } from '../../live/assumption.ts';
import { formatTable } from '../../live/report.ts';
import { openSandbox, runInSandbox, type SandboxContext } from '../../live/sandbox.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { TransportError } from '../../src/http/transport.ts';
import { onCall, openVaried } from '../support/live-variations.ts';

const CREATE = 'POST /workspaces';
const CREATE_KEY = 'POST /keys';
const HOUR = 3_600_000;

const assume = (probe: Assumption['probe']): Assumption => ({
  id: 'assumed',
  sentence: 'It is so.',
  documented: undefined,
  reliedOnBy: { file: 'src/openrouter/pages.ts', name: 'readPages' },
  probe,
});

/** A probe that creates a workspace with a key, and then does `act`. */
const afterCreation = (act: () => unknown) =>
  assume(async (scene) => {
    await scene.createKey(await scene.createWorkspace());
    act();
    return finding('created', { agrees: true });
  });

const CREATION = afterCreation(() => undefined);

const left = ({ account }: SandboxContext) => [
  account.workspaces.map(({ slug }) => slug),
  account.keys.length,
];
const NOTHING = [['default'], 0];

test('a run deletes what it has created if a probe has a defect', async () => {
  const context = openSandbox();
  const defect = afterCreation(() => {
    throw new RangeError('defect');
  });
  await expect(runInSandbox([defect], context)).rejects.toThrow(new RangeError('defect'));
  expect(left(context)).toEqual(NOTHING);
});

test.each([CREATE, CREATE_KEY])(
  'a run deletes what was created although the response to %s was lost',
  async (call) => {
    const lose = () => {
      throw new TransportError('reset', { isSent: true });
    };
    const context = openVaried(onCall(call, lose));
    const result = await runInSandbox([CREATION], context);
    const observed = expect.stringContaining('reset');
    const observations = [{ verdict: 'failed', observed }];
    expect(result).toMatchObject({ observations, undeleted: [] });
    expect(left(context)).toEqual(NOTHING);
  },
);

test('a run begins by deleting what an earlier run has left, except what may still be used', async () => {
  const lines: string[] = [];
  const context = openSandbox({ log: (line) => lines.push(line) });
  seedWorkspace(context, { slug: 'live-chat', age: 2 * HOUR });
  const old = seedWorkspace(context, { slug: 'live-0a1b2c3d-7', age: 2 * HOUR });
  seedKey(context, old, { expires_at: '2020-01-01T00:00:00.000Z' });
  seedKey(context, old).disabled = true;
  // As a service creates it that adds a suffix to a slug that is taken.
  seedWorkspace(context, { slug: 'live-0a1b2c3d-7-x1', age: 2 * HOUR });
  seedWorkspace(context, { slug: 'live-0a1b2c3e-1', age: HOUR / 2 });
  await runInSandbox([], context);
  expect(lines).toEqual([
    'Deleted what an earlier run has left: live-0a1b2c3d-7, live-0a1b2c3d-7-x1',
    'Kept, because they may belong to a run that is still running: live-0a1b2c3e-1',
  ]);
  expect(left(context)).toEqual([['default', 'live-chat', 'live-0a1b2c3e-1'], 0]);
});

test('the table shows the text of a server as code, on one line and without secrets', () => {
  const observation = {
    assumption: assume(async () => finding('', { agrees: true })),
    verdict: 'differs' as const,
    observed: '`@user` <b>|</b>\n::error::secret',
  };
  const report = { host: 'h', date: new Date(0), observations: [observation], sandbox: [] };
  const [, , row] = formatTable(report, (text) => text.replace('secret', '***')).split('\n');
  expect(row).toBe(
    "| `assumed` It is so. | no | `` | `'@user' <b>\\|</b> ::error::***` | **differs**: src/openrouter/pages.ts (readPages) |",
  );
});
