/**
 * The tests that see the account that publishes the actions: folders and files of `__tests__/`. Those of
 * `__tests__/scripts/publisher.test.ts` prove that there are no others.
 */
export const ACCOUNT_TESTS = [
  'report/',
  'repository/',
  'sandbox/cli/',
  'scripts/',
  'workflows/',
  'actions/create/steps/create.test.ts',
  'live/catalogue.test.ts',
  'runtime/windows.test.ts',
  'sandbox/runner/runner.test.ts',
];
