import { expect, test } from '@jest/globals';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import {
  ANALYTICS_LAG,
  AT_ONCE,
  COUNTER_DELAY,
  type Spend,
} from '../../../sandbox/openrouter/resources/usage.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { type SandboxOptions, startSandbox } from '../../../sandbox/openrouter/server.ts';
import { openResources } from '../../support/resources.ts';

const resources = openResources();
const START = Date.UTC(2026, 0, 14, 12);

/** A sandbox whose machine has a clock of its own, with a key that has spent 0.25 USD and expires in a minute. */
async function open(options: SandboxOptions = {}) {
  const machine = { now: START };
  const now = () => new Date(machine.now);
  const sandbox = resources.add(await startSandbox({ ...options, now }));
  const workspace = seedWorkspace(sandbox, { slug: 'preview-42' });
  const key = seedKey(sandbox, workspace, { expires_at: new Date(START + 60_000).toISOString() });
  seedUsage(sandbox, key, { credits: 0.25 });
  const send = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${sandbox.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${sandbox.managementKey}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const { data } = (await response.json()) as { data: unknown };
    return { data, date: response.headers.get('date') };
  };
  /** What the sandbox responds now that depends on its time of day. */
  const times = async () => {
    const list = (await send('GET', `/keys?workspace_id=${workspace.id}`)).data as Key[];
    const analytics = (await send('POST', '/analytics/query', { metrics: ['total_usage'] })).data;
    const created = await send('POST', '/keys', { name: 'Key' });
    const changed = await send('PATCH', `/keys/${key.hash}`, { name: 'Key' });
    return {
      dates: [created.date, changed.date].map((date) => Date.parse(String(date)) - START),
      createdAt: Date.parse((created.data as Key).created_at) - START,
      updatedAt: Date.parse(String((changed.data as Key)['updated_at'])) - START,
      isListed: list.some(({ hash }) => hash === key.hash),
      usage: (changed.data as Key)['usage'],
      analyzed: (analytics as { data: Partial<Spend>[] }).data.length > 0,
    };
  };
  return { sandbox, machine, times };
}

const at = (ms: number) => ({ dates: [ms, ms], createdAt: ms, updatedAt: ms });

test.each<[string, SandboxOptions, (opened: Awaited<ReturnType<typeof open>>) => void]>([
  [
    'faster by a factor',
    { speed: 60 },
    ({ machine }) => Object.assign(machine, { now: START + 1000 }),
  ],
  ['at once', {}, ({ sandbox }) => sandbox.letPass(60_000)],
])(
  'the time of day of a sandbox can pass %s, for all that depends on it',
  async (_, options, pass) => {
    const opened = await open(options);
    const before = { ...at(0), isListed: true, usage: 0, analyzed: false };
    expect(await opened.times()).toEqual(before);
    pass(opened);
    expect(COUNTER_DELAY.to).toBeLessThan(60_000);
    expect(ANALYTICS_LAG).toBe(60_000);
    expect(await opened.times()).toEqual({
      ...at(60_000),
      isListed: false,
      usage: 0.25,
      analyzed: true,
    });
  },
);

test('the time of day of a sandbox is that of the machine by default', async () => {
  const { machine, times } = await open(AT_ONCE);
  machine.now += 1_000;
  expect(await times()).toEqual({ ...at(1_000), isListed: true, usage: 0.25, analyzed: true });
});
