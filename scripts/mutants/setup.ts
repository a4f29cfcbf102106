/**
 * Set up for each test file that `npm run mutants` runs: the same cases for every mutant, few of
 * them, and no search for the smallest case that fails.
 */
import fc from 'fast-check';

fc.configureGlobal({
  numRuns: Number(process.env['PROPERTY_RUNS']),
  seed: 1,
  endOnFailure: true,
});
