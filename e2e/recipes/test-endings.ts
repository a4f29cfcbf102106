import assert from 'node:assert/strict';
import type { Run } from '../act.ts';
import type { Reader, ReaderRun } from '../reader.ts';

/** How the tests of a reader end: with a success, with a failure, and with a cancellation of the run. */
export const TEST_ENDINGS: ReaderRun[] = [{}, { fails: 'npm test' }, { hangs: 'npm test' }];

/**
 * The same where another job ends the key. act runs no step of a job that begins after a cancellation, as GitHub does:
 * the tests of the README play that.
 */
export const TEST_ENDINGS_BEFORE_END: ReaderRun[] = TEST_ENDINGS.filter(({ hangs }) => !hangs);

/** Runs a workflow whose tests need an API key. Expects that they got one, and that they end as `options` say. */
export async function runTests(reader: Reader, name: string, options: ReaderRun): Promise<Run> {
  const run = await reader.run(name, options);
  const succeeds = options.fails === undefined && options.hangs === undefined;
  assert.equal(run.exitCode === 0, succeeds, run.log);
  const tests = reader.calls().find(({ call }) => call === 'npm test');
  assert.match(tests?.key ?? '', /^sk-or-v1-\w{64}$/, run.log);
  return run;
}
