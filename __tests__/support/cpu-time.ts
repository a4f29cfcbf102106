import { expect } from '@jest/globals';

/** The CPU time that `work` takes, in milliseconds. It does not depend on what else the machine does. */
function cpuTimeOf(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** The first run of some code also compiles it, and any run may collect the garbage of others. */
const MAX_RUNS = 3;

/** Expects that `work` takes less CPU time than `maxMs` milliseconds, in one of a few runs. */
export function expectCpuTimeBelow(maxMs: number, work: () => unknown): void {
  let time = cpuTimeOf(work);
  for (let run = 1; run < MAX_RUNS && time >= maxMs; run += 1) time = cpuTimeOf(work);
  expect(time).toBeLessThan(maxMs);
}
