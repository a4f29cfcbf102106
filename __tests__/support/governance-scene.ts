import type { InProcessFault } from '../../sandbox/openrouter/in-process.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { CreateRequest } from '../../src/operations/create/request.ts';
import type { Governance } from '../../src/operations/governance/governance.ts';
import { SLUG } from './governance.ts';
import { JITTER, openPlainSimulation } from './plain-simulation.ts';
import { runCreate, type Simulation, type StepRun } from './simulation.ts';

/** A write as it was sent: its call, and its body. */
type Write = readonly [call: string, body?: unknown];

/** A workspace in virtual time, and create steps without a process that set what governs it. */
export interface GovernanceScene {
  simulation: Simulation;
  workspace: Workspace;
  /** Runs a step with `if-exists: update` for the workspace. */
  update(governance: Governance, request?: Partial<CreateRequest>): Promise<StepRun>;
  /** Runs a step that creates the workspace. */
  create(governance: Governance, request?: Partial<CreateRequest>): Promise<StepRun>;
  /** Sets budgets in USD as another job. */
  seedBudgets(limits: Readonly<Record<string, number>>): void;
  /** All requests but those that read. */
  writes: Write[];
  /** All calls that have arrived. */
  calls(): string[];
}

export function openGovernanceScene(...schedule: InProcessFault[]): GovernanceScene {
  const simulation = openPlainSimulation(schedule);
  const { account, managementKey, network } = simulation;
  const workspace = seedWorkspace(simulation, { slug: SLUG, name: 'Governed' });
  const writes: Write[] = [];
  const { proxy } = simulation;
  simulation.proxy = (direct) => {
    const next = proxy(direct);
    return (request, signal) => {
      const { method, url, body } = request;
      const path = new URL(url).pathname.replace('/api/v1', '').replace(/[0-9a-f-]{36}/, ':id');
      const call = `${method} ${path}`;
      if (method !== 'GET') writes.push(body ? [call, JSON.parse(body)] : [call]);
      return next(request, signal);
    };
  };
  const run = (governance: Governance, request: Partial<CreateRequest>) =>
    runCreate(
      simulation,
      { ...REQUEST, governance, ...request },
      { timeout: TIMEOUT, jitter: JITTER },
    );
  return {
    simulation,
    workspace,
    update: (governance, request) => run(governance, { ifExists: 'update', ...request }),
    create(governance, request) {
      account.workspaces.length = 1;
      return run(governance, { ...request });
    },
    seedBudgets(limits) {
      for (const [interval, limit_usd] of Object.entries(limits)) {
        const path = `/workspaces/${workspace.id}/budgets/${interval}`;
        const authorization = `Bearer ${managementKey}`;
        account.handle({
          method: 'PUT',
          path,
          authorization,
          body: JSON.stringify({ limit_usd }),
        });
      }
    },
    writes,
    calls: () => network.calls,
  };
}

const TIMEOUT = 60_000;

const REQUEST: CreateRequest = {
  desired: { name: 'Governed', slug: SLUG },
  governance: {},
  governanceInputs: [],
  ifExists: 'fail',
  dryRun: false,
  deleteAfterJob: false,
  deleteKeys: false,
  timeoutMs: TIMEOUT,
};
