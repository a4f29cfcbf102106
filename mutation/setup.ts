/**
 * Set up for each test file that Stryker runs: the same few cases of a property for every mutant, and
 * no search for the smallest case that fails.
 */
import fc from 'fast-check';

fc.configureGlobal({ numRuns: 50, seed: 1, endOnFailure: true });
