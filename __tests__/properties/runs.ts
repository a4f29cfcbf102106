import fc from 'fast-check';

/** How many scenarios to run: `usual`, or fewer for each mutant of `npm run mutants`. */
export const runs = (usual: number) => ({ numRuns: fc.readConfigureGlobal().numRuns ?? usual });
