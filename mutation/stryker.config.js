import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';

/**
 * The folders or files of `__tests__/` whose tests look for mutants. By default, those that import the
 * changed file. Other tests, in the folders `steps`, are of whole steps: they take longer, and import the
 * sources only when they run.
 */
const { TESTS } = env;

const ROOMS = 'creation,github,governance,http,inputs,lib,openrouter,properties,shared,teardown';
const TEST_FILES = TESTS
  ? [`**/__tests__/${TESTS}/**/*.test.ts`, `**/__tests__/${TESTS}.test.ts`]
  : [`**/__tests__/{${ROOMS},actions/*}/*.test.ts`, '**/__tests__/openrouter/resources/*.test.ts'];

/** The configuration of StrykerJS, which runs in the folder of the repository: `npm run mutants`. */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  coverageAnalysis: 'perTest',
  // A mutant in code that only runs when a file is loaded would need all tests.
  ignoreStatic: true,
  jest: {
    configFile: 'jest.config.json',
    enableFindRelatedTests: TESTS === undefined,
    config: {
      setupFiles: ['<rootDir>/mutation/setup.ts'],
      testMatch: TEST_FILES,
    },
  },
  // Outside of this folder, where npm run build would delete it and jest find its tests.
  tempDirName: join(tmpdir(), 'openrouter-workspace-mutants'),
  cleanTempDir: 'always',
  // TypeScript 7 has no API, with which Stryker would rewrite tsconfig.json and find type errors. In
  // .tools, which .ci/lint makes, is a link to a folder, which Stryker cannot copy.
  ignorePatterns: ['.tools', 'build', 'tsconfig.json'],
  disableTypeChecks: false,
  // Most texts are words of messages, and most changes of a regular expression need a text that no
  // author would write.
  mutator: { excludedMutations: ['StringLiteral', 'Regex'] },
  // A mutant that takes longer counts as found. Few ever do: an endless loop ends sooner, and in
  // virtual time no test waits. So this is only for machines that are busy.
  timeoutMS: 60_000,
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { logTests: false },
};
