import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { marked, type Token, type Tokens } from 'marked';
import { parse } from 'yaml';
import { readExamples } from '../../scripts/examples.ts';
import { ROOT } from '../support/root.ts';

// npm run e2e runs the workflows themselves.

const RELEASE = 'docs/recipes/release.md';
const STORED_KEY = 'docs/recipes/stored-key.md';

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

interface Workflow {
  on: { schedule: { cron: string }[] };
  concurrency: object;
  jobs: Record<string, { steps: { id?: string; with?: Record<string, unknown> }[] }>;
}

/** The first workflow of a page, and the inputs of its step `key`. */
function readWorkflow(page: string) {
  const workflow: Workflow = parse(readExamples(join(ROOT, page))[0]?.text ?? '');
  const [job] = Object.values(workflow.jobs);
  return { ...workflow, key: job?.steps.find(({ id }) => id === 'key')?.with ?? {} };
}

test.each([
  // One run of the schedule can fail.
  [RELEASE, 2, { 'revoke-after-job': false, replace: 'after-job' }],
  [STORED_KEY, 1, { 'revoke-after-job': false }],
])('%s has a monthly key that works for more than %i × 31 days', (page, months, inputs) => {
  const { on, concurrency, key } = readWorkflow(page);
  expect(on.schedule).toEqual([{ cron: expect.stringMatching(/^\d+ 0 1 \* \*$/) }]);
  expect(concurrency).toMatchObject({ 'cancel-in-progress': false });
  const { 'expires-in': expiresIn, ...others } = key;
  expect(others).toMatchObject({ ...inputs, 'limit-reset': 'monthly' });
  expect('replace' in others).toBe('replace' in inputs);
  expect(Number.parseInt(String(expiresIn), 10)).toBeGreaterThan(31 * months);
});

const DAY_MS = 86_400_000;

/** The cells of the table that the page of the stored key has about three months. */
function costRows(): string[][] {
  const isTable = (token: Token): token is Tokens.Table => token.type === 'table';
  const [table] = marked.lexer(read(STORED_KEY)).filter(isTable);
  return table?.rows.map((cells) => cells.map(({ text }) => text)) ?? [];
}

test('the page of the stored key computes which keys work, and what they can cost', () => {
  const { key } = readWorkflow(STORED_KEY);
  const lifeMs = Number.parseInt(String(key['expires-in']), 10) * DAY_MS;
  const stored = new Map<string, Date>();
  for (const [date = '', text = '', secret = '', older = '', most] of costRows()) {
    const today = new Date(`${date} 2027 UTC`);
    const month = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth()));
    const [, letter] = /stores key (\w)\./.exec(text) ?? [];
    if (letter !== undefined) stored.set(letter, today);
    const worksAfter = (from: Date) =>
      [...stored].filter(([, since]) => since.getTime() + lifeMs > from.getTime());
    const working = worksAfter(today).map(([each]) => each);
    expect([...(older === 'none' ? [] : older.split(', ')), secret]).toEqual(working);
    const inMonth = worksAfter(month).map(([each]) => each);
    expect(most).toBe(`${Number(key['limit-usd']) * inMonth.length} USD: ${inMonth.join(', ')}`);
  }
  expect(stored.size).toBeGreaterThan(3);
});

test('the command for a night without GitHub gives a key to the service, and does not show it', () => {
  const [command = ''] = /^ *bash -c '.*?'$/ms.exec(read(RELEASE)) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'roll-out-'));
  const script = join(folder, 'roll-out');
  writeFileSync(script, '#!/bin/sh\necho "$# [$1] $OPENROUTER_API_KEY $HOST_TOKEN" > rolled-out\n');
  chmodSync(script, 0o755);
  const options = { cwd: folder, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    ...options,
    input: 'the-key\nthe-token\n',
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(readFileSync(join(folder, 'rolled-out'), 'utf8')).toBe('1 [] the-key the-token\n');
  rmSync(folder, { recursive: true });
});

test('the commands for the environments of the stored key go on where a rule exists', () => {
  const [commands = ''] = /^ *environments=.*?^ *done$/ms.exec(read(STORED_KEY)) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'environments-'));
  // Has one rule for each environment, and fails like GitHub if it exists.
  const gh = `#!/bin/sh
rule="$RULES/$(echo "$2" | tr / -)"
case "$*" in
  *--method*) ;;
  *--jq*) test ! -e "$rule" || echo main ;;
  *) test ! -e "$rule" && echo "$2" && touch "$rule" ;;
esac
`;
  writeFileSync(join(folder, 'gh'), gh, { mode: 0o755 });
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, RULES: folder };
  const create = () => spawnSync('sh', ['-ec', commands], { env, encoding: 'utf8' });
  const ruleOf = (name: string) =>
    `repos/{owner}/{repo}/environments/${name}/deployment-branch-policies`;
  // Such as after the commands of a release, which has this environment, too.
  writeFileSync(join(folder, ruleOf('openrouter-rotation').replaceAll('/', '-')), '');
  expect(create()).toMatchObject({ status: 0, stdout: `${ruleOf('openrouter-jobs')}\n` });
  expect(create()).toMatchObject({ status: 0, stdout: '' });
  rmSync(folder, { recursive: true });
});
