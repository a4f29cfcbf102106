import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openEmptiedHarness } from './emptied-harness.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Responses have the time to the second, so what is exactly a day old may seem younger. */
const MARGIN = 30_000;

/** A sandbox, emptied before each test, and sweep steps for `preview-*` in it. */
export function openSweepHarness() {
  const { harness, calls } = openEmptiedHarness();

  const seed = (slug: string, age = 0, keys = 0) =>
    seedWorkspace(harness.sandbox, { slug, age: age && age + MARGIN, keys });
  return {
    harness,
    seed,
    /** Two stale workspaces, a young one, and two that the pattern does not match. */
    seedSome: () => ({
      old: seed('preview-old', 3 * DAY, 1),
      older: seed('preview-older', 10 * DAY),
      young: seed('preview-young', 5 * HOUR),
      others: [seed('production', 99 * DAY), seed('my-preview-old', 99 * DAY)],
    }),
    runSweep: (inputs: Record<string, string> = {}) =>
      harness.run('sweep', { 'slug-pattern': 'preview-*', 'older-than': '2d', ...inputs }),
    slugs: () => harness.sandbox.account.workspaces.map(({ slug }) => slug),
    calls,
  };
}

/** The slugs in an output, sorted. */
export const slugsIn = (output: string | undefined) =>
  (JSON.parse(output ?? '') as { slug: string }[]).map(({ slug }) => slug).sort();
