import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createService, type Service } from '../../e2e/stand-ins/service.ts';
import { runJob } from '../support/workflow-jobs.ts';

const root = mkdtempSync(join(tmpdir(), 'report-'));
afterAll(() => rmSync(root, { recursive: true }));

const TITLE = "The comparison of OpenRouter's API fails";
const BOT = 'github-actions[bot]';

const issueOf = (number: number, login: string, title = TITLE): Service['issues'][number] => ({
  number,
  title,
  body: 'An older run',
  state: 'open',
  user: { login },
});

/** Reports the result of a job to a repository with these issues. */
function report(result: string, issues: Service['issues'], faults: Service['faults'] = {}) {
  const folder = mkdtempSync(join(root, 'github-'));
  const service = join(folder, 'service.json');
  const { read } = createService(service, { issues, faults, lastId: 10 });
  const contexts = { inputs: { title: TITLE, result } };
  const { failed } = runJob('report.yml', 'report', { service, folder, contexts });
  return { hasFailed: failed.length > 0, issues: read().issues };
}

const run = expect.stringContaining('https://github.com/acme/openrouter-workspace/actions/runs/42');
/** Issues that are not about the job, or not of the workflow. */
const others = [issueOf(1, 'somebody'), issueOf(2, BOT, `${TITLE}!`)];

test.each(['failure', 'cancelled'])(
  'a job with the result %s opens an issue that links to its run',
  (result) => {
    const { issues } = report(result, others);
    expect(issues).toEqual([...others, { ...issueOf(11, BOT), body: run }]);
  },
);

test('a job that fails again replaces the body of the issue', () => {
  const { issues } = report('failure', [...others, issueOf(3, BOT)]);
  expect(issues).toEqual([...others, { ...issueOf(3, BOT), body: run }]);
});

test('a job that succeeds closes the issue, and no other one', () => {
  const { issues } = report('success', [...others, issueOf(3, BOT)]);
  expect(issues).toEqual([...others, { ...issueOf(3, BOT), state: 'closed' }]);
});

test('a job that succeeds without an issue writes none', () => {
  expect(report('success', others)).toEqual({ hasFailed: false, issues: others });
});

test('a report fails and writes no issue if the issues cannot be read', () => {
  const faults = { 'GET /issues': 502 };
  expect(report('failure', others, faults)).toEqual({ hasFailed: true, issues: others });
});
