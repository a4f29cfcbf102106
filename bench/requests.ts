import { fileURLToPath } from 'node:url';
import { seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { type Sandbox, startSandbox } from '../sandbox/openrouter/server.ts';
import { runPost, runStep } from '../sandbox/runner/runner.ts';
import type { Row } from './table.ts';

/** A way through an action, and the fewest requests that the API could do its work with. */
interface Path {
  name: string;
  folder?: string;
  with: Record<string, string>;
  least: number;
  before?(sandbox: Sandbox): void;
}

const NEW = { name: 'Bench', slug: 'bench' };
const exists = (keys: number) => (sandbox: Sandbox) => {
  seedWorkspace(sandbox, { ...NEW, keys });
};

const PATHS: Path[] = [
  { name: 'Create', with: NEW, least: 1 },
  { name: 'Create, if-exists: reuse, new', with: { ...NEW, 'if-exists': 'reuse' }, least: 1 },
  {
    name: 'Create, if-exists: reuse, exists',
    with: { ...NEW, 'if-exists': 'reuse' },
    least: 1,
    before: exists(0),
  },
  {
    name: 'Create, if-exists: update, nothing differs',
    with: { ...NEW, 'if-exists': 'update' },
    least: 1,
    before: exists(0),
  },
  {
    name: 'Create, if-exists: update, a field differs',
    with: { ...NEW, description: 'New', 'if-exists': 'update' },
    least: 2,
    before: exists(0),
  },
  {
    name: 'Create, delete-after-job, with its post step',
    with: { ...NEW, 'delete-after-job': 'true' },
    least: 2,
  },
  {
    name: 'Create with a guardrail, four budgets and a member by address',
    with: {
      ...NEW,
      'enforce-zdr': 'true',
      'budget-daily-usd': '1',
      'budget-weekly-usd': '2',
      'budget-monthly-usd': '3',
      'budget-lifetime-usd': '4',
      members: 'bruno@example.com',
    },
    least: 8,
  },
  {
    name: 'Key, with its post step',
    folder: 'key',
    with: { workspace: 'bench' },
    least: 3,
    before: exists(0),
  },
  {
    name: 'Delete, no keys',
    folder: 'delete',
    with: { workspace: 'bench' },
    least: 1,
    before: exists(0),
  },
  {
    name: 'Delete, three keys',
    folder: 'delete',
    with: { workspace: 'bench', 'delete-keys': 'true' },
    least: 6,
    before: exists(3),
  },
];

/** How many requests each path takes, beside the fewest that it could. */
export async function measureRequests(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const path of PATHS) {
    const sandbox = await startSandbox();
    path.before?.(sandbox);
    const step = {
      action: fileURLToPath(new URL(`../${path.folder ?? ''}`, import.meta.url)),
      with: { 'management-key': sandbox.managementKey, 'api-url': sandbox.url, ...path.with },
    };
    const main = await runStep(step);
    if (main.exitCode !== 0) throw new Error(`${path.name}: ${main.log}`);
    if (Object.keys(main.state).length > 0) await runPost(step, main);
    rows.push({
      measure: `${path.name}: requests`,
      ours: String(sandbox.requests.length),
      least: String(path.least),
    });
    await sandbox.close();
  }
  return rows;
}
