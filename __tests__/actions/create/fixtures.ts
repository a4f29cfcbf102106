import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import type { CreateRequest } from '../../../src/actions/create/request.ts';
import type { ApiError } from '../../../src/http/request.ts';
import { beforeNth } from '../../support/on-nth.ts';
import { openSimulation, type Simulation, type StepRun } from '../../support/simulation.ts';

export const desired = {
  name: 'Preview',
  slug: 'preview-42',
  disabled_server_tools: ['openrouter:bash'],
};

export const REQUEST: CreateRequest = {
  desired,
  governance: {},
  governanceInputs: [],
  ifExists: 'fail',
  dryRun: false,
  deleteAfterJob: true,
  deleteKeys: false,
  timeoutMs: 60_000,
};

/** Without `delete-after-job`, a step sends its POST without a lookup before it. */
export const WITHOUT_LOOKUP: CreateRequest = { ...REQUEST, deleteAfterJob: false };

export const CONDITIONS = { timeout: 60_000, jitter: [0.5] };

export const POST = 'POST /workspaces';
export const GET = 'GET /workspaces/:id';

export function simulate(
  schedule: InProcessFault[] = [],
  { takenSlugStatus = 400 }: { takenSlugStatus?: 400 | 409 | 500 } = {},
): Simulation {
  return openSimulation({ takenSlugStatus, skew: 0, schedule, latency: 10 });
}

/** A POST that has `status` as its response, whether or not it was applied. */
export function respondWith(
  status: number,
  { applied = false, retryAfter }: { applied?: boolean; retryAfter?: string } = {},
): InProcessFault {
  const headers = retryAfter === undefined ? undefined : { 'retry-after': retryAfter };
  return { on: POST, kind: 'response', status, applied, ...(headers && { headers }) };
}

export const LOST: InProcessFault = { on: POST, kind: 'reset', applied: true };

export function failLookup(simulation: Simulation, n: number, status = 403): void {
  beforeNth(simulation, GET, n, () =>
    simulation.network.schedule.push({ on: GET, kind: 'response', status }),
  );
}

export function slugsOf({ account }: Simulation): string[] {
  return account.workspaces.map(({ slug }) => slug);
}

export function detailsOf({ error }: StepRun): ApiError['details'] {
  return (error as ApiError).details;
}
