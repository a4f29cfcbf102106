import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import { openSimulation, type Simulation } from './simulation.ts';

/** Draws for the backoff: in the middle of what is possible. */
export const JITTER = [0.5];

/** How long a request takes to arrive, and its response too, in milliseconds. */
export const LATENCY = 10;

/** An account without surprises, on whose requests the faults of `schedule` act. */
export function openPlainSimulation(
  schedule: InProcessFault[] = [],
  { skew = 0 }: { skew?: number } = {},
): Simulation {
  return openSimulation({ takenSlugStatus: 400, skew, latency: LATENCY, schedule });
}

/** A fault of each kind that a retry overcomes, by what a test title says about it. */
export const TRANSIENT_FAULTS: readonly [string, InProcessFault][] = [
  ['HTTP 502', { kind: 'response', status: 502, body: '<h1>Bad gateway</h1>' }],
  ['HTTP 429', { kind: 'response', status: 429, headers: { 'retry-after': '0' } }],
  ['a reset before it is applied', { kind: 'reset' }],
  ['a reset after it is applied', { kind: 'reset', applied: true }],
  ['a response that is cut short', { kind: 'cut', applied: true }],
];
