import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { CreateRequest } from '../../src/actions/create/request.ts';
import type { Governance } from '../../src/governance/governance.ts';
import { SLUG } from './governance-harness.ts';
import { JITTER, openPlainSimulation } from './plain-simulation.ts';
import { PLAIN_REQUEST, runCreate } from './simulation.ts';

export type GovernanceScene = ReturnType<typeof openGovernanceScene>;

/** A workspace in virtual time, and create steps without a process that set what governs it. */
export function openGovernanceScene(...schedule: InProcessFault[]) {
  const simulation = openPlainSimulation(schedule);
  const { account, managementKey, network } = simulation;
  const workspace = seedWorkspace(simulation, { slug: SLUG, name: 'Governed' });
  /** The call and the body of each request but those that read. */
  const writes: (readonly [call: string, body?: unknown])[] = [];
  network.onExchange = ({ method, path, body }) => {
    if (method === 'GET') return;
    const call = `${method} ${path.replace(/[0-9a-f-]{36}/, ':id')}`;
    writes.push(body ? [call, JSON.parse(body)] : [call]);
  };
  const run = (governance: Governance, request: Partial<CreateRequest>) =>
    runCreate(
      simulation,
      { ...REQUEST, governance, governanceInputs: Object.keys(governance), ...request },
      { timeout: TIMEOUT, jitter: JITTER },
    );
  return {
    simulation,
    workspace,
    update: (governance: Governance, request: Partial<CreateRequest> = {}) =>
      run(governance, { ifExists: 'update', ...request }),
    create(governance: Governance, request: Partial<CreateRequest> = {}) {
      account.workspaces.length = 1;
      return run(governance, request);
    },
    /** Sets budgets in USD as another job. */
    seedBudgets(limits: Readonly<Record<string, number>>) {
      for (const [interval, limit_usd] of Object.entries(limits)) {
        account.handle({
          method: 'PUT',
          path: `/workspaces/${workspace.id}/budgets/${interval}`,
          authorization: `Bearer ${managementKey}`,
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
  ...PLAIN_REQUEST,
  desired: { name: 'Governed', slug: SLUG },
  timeoutMs: TIMEOUT,
};
