import { fileURLToPath } from 'node:url';
import { seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { type Sandbox, startSandbox } from '../sandbox/openrouter/server.ts';
import { runPost, runStep } from '../sandbox/runner/runner.ts';
import type { Row } from './table.ts';

/** A use of an action, and the fewest requests with which the API could do the work. */
interface UseCase {
  name: string;
  folder?: string;
  with: Record<string, string>;
  least: number;
  seed?(sandbox: Sandbox): void;
}

const NEW = { name: 'Bench', slug: 'bench' };
/** Seeds the workspace with so many API keys. */
const exists = (keys: number) => (sandbox: Sandbox) => {
  seedWorkspace(sandbox, { ...NEW, keys });
};

const USE_CASES: UseCase[] = [
  { name: 'Create', with: NEW, least: 1 },
  { name: 'Create, if-exists: reuse, new', with: { ...NEW, 'if-exists': 'reuse' }, least: 1 },
  {
    name: 'Create, if-exists: reuse, exists',
    with: { ...NEW, 'if-exists': 'reuse' },
    least: 1,
    seed: exists(0),
  },
  {
    name: 'Create, if-exists: update, nothing differs',
    with: { ...NEW, 'if-exists': 'update' },
    least: 1,
    seed: exists(0),
  },
  {
    name: 'Create, if-exists: update, a field differs',
    with: { ...NEW, description: 'New', 'if-exists': 'update' },
    least: 2,
    seed: exists(0),
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
    seed: exists(0),
  },
  {
    name: 'Usage of a workspace',
    folder: 'usage',
    with: { workspace: 'bench' },
    least: 2,
    seed: exists(1),
  },
  {
    name: 'Delete, no keys',
    folder: 'delete',
    with: { workspace: 'bench' },
    least: 1,
    seed: exists(0),
  },
  {
    name: 'Delete, three keys',
    folder: 'delete',
    with: { workspace: 'bench', 'delete-keys': 'true' },
    least: 6,
    seed: exists(3),
  },
];

/** The number of requests of each use, and the fewest that are possible. */
export async function measureRequests(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const useCase of USE_CASES) {
    const sandbox = await startSandbox();
    useCase.seed?.(sandbox);
    const step = {
      action: fileURLToPath(new URL(`../${useCase.folder ?? ''}`, import.meta.url)),
      with: { 'management-key': sandbox.managementKey, 'api-url': sandbox.url, ...useCase.with },
    };
    const main = await runStep(step);
    if (main.exitCode !== 0) throw new Error(`${useCase.name}: ${main.log}`);
    if (Object.keys(main.state).length > 0) await runPost(step, main);
    rows.push({
      Requests: useCase.name,
      'These actions': String(sandbox.requests.length),
      'Least possible': String(useCase.least),
    });
    await sandbox.close();
  }
  return rows;
}
