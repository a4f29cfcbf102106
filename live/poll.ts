import { formatSeconds } from '../src/lib/format.ts';
import { type Finding, finding } from './assumption.ts';
import type { Scene } from './scene.ts';

/** How long to wait between two checks, in milliseconds. */
const SHORTLY = [250, 500, 1_000, 2_000, 4_000];

/** Checks until `isTrue`, and returns how long that took in milliseconds; undefined if it never was. */
export async function pollUntil(
  { now, wait }: Scene,
  isTrue: () => Promise<boolean>,
  delays = SHORTLY,
): Promise<number | undefined> {
  const start = now();
  for (const delay of [0, ...delays]) {
    if (delay > 0) await wait(delay);
    const before = now();
    if (await isTrue()) return delay === 0 ? 0 : before - start;
  }
  return undefined;
}

/** The finding of a probe that assumes that something is true at once. */
export async function findDelay(scene: Scene, isTrue: () => Promise<boolean>): Promise<Finding> {
  const delay = await pollUntil(scene, isTrue);
  return finding(describeDelay(delay), { agrees: delay === 0 });
}

/** Describes a delay that `pollUntil` has found. */
export function describeDelay(delay: number | undefined): string {
  if (delay === undefined) return 'not in the time of this probe';
  return delay === 0 ? 'at once' : `after ${formatSeconds(delay)}`;
}
