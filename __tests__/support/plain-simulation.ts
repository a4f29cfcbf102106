import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import { openSimulation, type Simulation, type SimulationOptions } from './simulation.ts';

/** Draws for the backoff: in the middle of what is possible. */
export const JITTER = [0.5];

/** How long a request takes to arrive, and its response too, in milliseconds. */
export const LATENCY = 10;

/** An account without surprises, on whose requests the faults of `schedule` act. */
export function openPlainSimulation(
  schedule: InProcessFault[] = [],
  { skew = 0, ...options }: Partial<Pick<SimulationOptions, 'skew' | 'start'>> = {},
): Simulation {
  return openSimulation({
    takenSlugStatus: 400,
    skew,
    latency: LATENCY,
    schedule,
    ...options,
  });
}
