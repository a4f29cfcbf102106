import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../sandbox/openrouter/server.ts';
import { runPost, runStep } from '../sandbox/runner/runner.ts';
import { runWorkflow } from './act.ts';

const PROGRAMS = ['create.js', 'create-post.js'];

/** Runs the same step under act and under our runner. What both pass to it must be equal. */
export async function compareRunners(sandbox: Sandbox): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const [actFile, ownFile] = [join(folder, 'act'), join(folder, 'own')];
  const run = await runWorkflow({
    workflow: 'delete-after-job.yml',
    sandbox,
    inputs: { ending: 'success' },
    env: probe(actFile),
  });
  const step = {
    action: fileURLToPath(new URL('..', import.meta.url)),
    with: {
      'management-key': sandbox.managementKey,
      'api-url': sandbox.url,
      name: 'Of the job',
      slug: 'of-the-job',
      'delete-after-job': 'true',
    },
    env: probe(ownFile),
  };
  const main = await runStep(step);
  const post = await runPost(step, main);
  const [expected, actual] = [readRecords(actFile), readRecords(ownFile)];
  rmSync(folder, { recursive: true });

  assert.equal(actual.length, PROGRAMS.length);
  assert.deepEqual(withoutIds(actual), withoutIds(expected));
  assert.deepEqual(withoutIds(main.outputs), withoutIds(run.outputs('workspace')));
  assert.deepEqual(
    [main, post].map(({ summary }) => withoutIds(summary.trim())),
    run.summaries.map((text) => text.trim()).map(withoutIds),
  );
}

/** The environment in which each program of an action appends a record to `file`. */
function probe(file: string): Record<string, string> {
  const preload = fileURLToPath(new URL('probe.cjs', import.meta.url));
  return { NODE_OPTIONS: `--require ${preload}`, E2E_PROBE: file };
}

/** The records of the programs of the action; act runs other programs too. */
function readRecords(file: string): { program: string }[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ program, ...rest }) => ({ program: basename(program), ...rest }))
    .filter(({ program }) => PROGRAMS.includes(program));
}

/** Two runs create two workspaces, at two times and in two processes. */
function withoutIds(value: unknown): unknown {
  const text = JSON.stringify(value)
    // Where a summary allows a line to break.
    .replaceAll('<wbr>', '')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\\"pid\\":\d+,\\"startTime\\":\\"\d+\\"/g, 'PROCESS');
  return JSON.parse(text);
}
