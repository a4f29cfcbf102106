import fc from 'fast-check';

/** Both are below `testTimeout`, so that a failure is printed with its seed and its scenario, also one that never ends. */
const MAX_MS_EACH = 20_000;
const MAX_MS = 45_000;

/** How many scenarios to run: `usual`, or fewer for each mutant of `npm run mutants`. */
export const runs = (usual: number) => ({
  numRuns: fc.readConfigureGlobal().numRuns ?? usual,
  timeout: MAX_MS_EACH,
  interruptAfterTimeLimit: MAX_MS,
  markInterruptAsFailure: true,
});
