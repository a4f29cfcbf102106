import { fileURLToPath } from 'node:url';
import { runEarlierJob } from '../sandbox/cli/earlier.ts';
import { sceneOf } from '../sandbox/cli/scenes.ts';
import { stepIn } from '../sandbox/github/environment.ts';
import { scheduleEvent } from '../sandbox/github/events.ts';
import { closePull, openPull } from '../sandbox/github/people.ts';
import { addRepository } from '../sandbox/github/seed.ts';
import { startGitHub } from '../sandbox/github/server.ts';
import type { ApiServer } from '../sandbox/http/server.ts';
import { AT_ONCE } from '../sandbox/openrouter/resources/usage.ts';
import { seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { type Sandbox, startSandbox } from '../sandbox/openrouter/server.ts';
import { runPost, runStep } from '../sandbox/runner/runner.ts';
import { COUNT_MS } from '../src/openrouter/settlement.ts';
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
    const sandbox = await startSandbox(AT_ONCE);
    useCase.seed?.(sandbox);
    const step = {
      action: fileURLToPath(new URL(`../${useCase.folder ?? ''}`, import.meta.url)),
      with: { 'management-key': sandbox.managementKey, 'api-url': sandbox.url, ...useCase.with },
    };
    const main = await runStep(step);
    if (main.exitCode !== 0) throw new Error(`${useCase.name}: ${main.log}`);
    if (Object.keys(main.state).length > 0) await runPost(step, main);
    rows.push(row(useCase.name, String(sandbox.requests.length), useCase.least));
    await sandbox.close();
  }
  return [...rows, ...(await measureSealedKey()), ...(await measurePreview())];
}

/** The requests of the steps that have a sealed key, after the step that has sealed it. */
async function measureSealedKey(): Promise<Row[]> {
  const sandbox = await startSandbox(AT_ONCE);
  exists(0)(sandbox);
  const connection = { 'management-key': sandbox.managementKey, 'api-url': sandbox.url };
  const job = { folder: 'key', inputs: { workspace: NEW.slug } };
  const { evaluate } = await runEarlierJob(job, connection);
  const rows: Row[] = [];
  for (const { folder, least } of [
    { folder: 'unseal-key', least: 1 },
    { folder: 'end-key', least: 2 },
  ]) {
    sandbox.requests.splice(0);
    const action = fileURLToPath(new URL(`../${folder}`, import.meta.url));
    const inputs = evaluate(sceneOf(folder).inputs);
    const { exitCode, log } = await runStep({ action, with: { ...connection, ...inputs } });
    if (exitCode !== 0) throw new Error(`${folder}: ${log}`);
    rows.push(row(folder, String(sandbox.requests.length), least));
  }
  await sandbox.close();
  return rows;
}

/** The requests of a preview of an open pull request that finds its workspace and its comment in place. */
async function measurePreview(): Promise<Row[]> {
  const sandbox = await startSandbox();
  const gitHub = await startGitHub({ now: sandbox.account.now });
  const repository = addRepository(gitHub.github, { name: 'octo-org/shop' });
  const [opened] = openPull(gitHub.github, repository);
  const run = stepIn(gitHub, opened);
  const step = {
    action: fileURLToPath(new URL('../preview', import.meta.url)),
    ...run,
    with: { 'management-key': sandbox.managementKey, 'api-url': sandbox.url, ...run.with },
  };
  await runPost(step, await runStep(step));
  const count = ({ requests }: ApiServer) => String(requests.splice(0).length);
  const toRows = (name: string, least: { openRouter: number; gitHub: number }): Row[] => [
    row(`${name}, to OpenRouter`, count(sandbox), least.openRouter),
    row(`${name}, to GitHub`, count(gitHub), least.gitHub),
  ];
  for (const { requests } of [sandbox, gitHub]) requests.splice(0);
  const main = await runStep(step);
  const rows = toRows('Preview, everything in place', { openRouter: 2, gitHub: 1 });
  await runPost(step, main);
  rows.push(...toRows('Preview, its post step with the comment', { openRouter: 2, gitHub: 3 }));
  const [closed] = closePull(gitHub.github, repository, 1);
  const end = await runStep({ ...step, ...stepIn(gitHub, closed), with: step.with });
  if (end.exitCode !== 0) throw new Error(end.log);
  // The workspaces and the keys; the state and the comment.
  const least = { openRouter: 2, gitHub: 2 };
  rows.push(...toRows('Preview, closed, with two disabled keys', least));
  await sandbox.close();
  await gitHub.close();
  return [...rows, ...(await measureCleanUp())];
}

const PREVIEWS = 40;
const KEYS = 3;

/** The requests of a clean-up of previews with three keys each, which are counted. */
async function measureCleanUp(): Promise<Row[]> {
  const sandbox = await startSandbox();
  const gitHub = await startGitHub({ now: sandbox.account.now });
  const repository = addRepository(gitHub.github, { name: 'octo-org/shop' });
  for (let number = 1; number <= PREVIEWS; number += 1) {
    openPull(gitHub.github, repository, { number, branch: `branch-${number}` });
    closePull(gitHub.github, repository, number);
    const description = `Preview of https://github.com/octo-org/shop/pull/${number} (repository ${repository.id})`;
    const { id } = seedWorkspace(sandbox, { slug: `bench-${number}`, description, keys: KEYS });
    const keys = sandbox.account.keys.filter(({ workspace_id }) => workspace_id === id);
    for (const key of keys) Object.assign(key, { disabled: true, updated_at: key.created_at });
  }
  sandbox.letPass(COUNT_MS);
  const run = stepIn(gitHub, scheduleEvent(gitHub.github, repository));
  const main = await runStep({
    action: fileURLToPath(new URL('../preview', import.meta.url)),
    ...run,
    with: { 'management-key': sandbox.managementKey, 'api-url': sandbox.url, ...run.with },
  });
  if (main.exitCode !== 0) throw new Error(main.log);
  const count = sandbox.requests.length + gitHub.requests.length;
  await sandbox.close();
  await gitHub.close();
  const name = `Preview, a clean-up of ${PREVIEWS} with ${KEYS} keys each`;
  // A list of all; then a state, a list of keys, the keys, the workspace, and two requests for the comment.
  return [row(name, String(count), 1 + PREVIEWS * (2 + KEYS + 1 + 2))];
}

function row(name: string, requests: string, least: number): Row {
  return { Requests: name, 'These actions': requests, 'Least possible': String(least) };
}
