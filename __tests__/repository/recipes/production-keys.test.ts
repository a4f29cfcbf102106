import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readTable } from '../../../scripts/examples.ts';
import { openShell } from '../../support/example-shell.ts';
import { recipeOf } from '../../support/recipe-harness.ts';
import { ROOT } from '../../support/root.ts';
import { jobOf, type Workflow } from '../../support/workflow.ts';

// npm run e2e runs the workflows themselves.

const RELEASE = 'docs/recipes/release.md';
const STORED_KEY = 'docs/recipes/stored-key.md';

/** The inputs of the step that creates the key. */
const keyInputsOf = (workflow: Workflow) =>
  jobOf(workflow).steps.find(({ id }) => id === 'key')?.with ?? {};

test.each([
  // One run of the schedule can fail.
  ['Release', RELEASE, 2, { 'revoke-after-job': false, replace: 'after-job' }],
  ['Rotate the API key', STORED_KEY, 1, { 'revoke-after-job': false }],
])(
  '%s in %s has a monthly key that works for more than %i × 31 days',
  (name, page, months, inputs) => {
    const workflow = recipeOf(page, name);
    const { on, concurrency } = workflow;
    expect(on).toMatchObject({ schedule: [{ cron: expect.stringMatching(/^\d+ 0 1 \* \*$/) }] });
    expect(concurrency).toMatchObject({ 'cancel-in-progress': false });
    const { 'expires-in': expiresIn, ...others } = keyInputsOf(workflow);
    expect(others).toMatchObject({ ...inputs, 'limit-reset': 'monthly' });
    expect('replace' in others).toBe('replace' in inputs);
    expect(Number.parseInt(String(expiresIn), 10)).toBeGreaterThan(31 * months);
  },
);

const DAY_MS = 86_400_000;

test('the page of the stored key computes which keys work, and what they can cost', () => {
  const key = keyInputsOf(recipeOf(STORED_KEY, 'Rotate the API key'));
  const lifeMs = Number.parseInt(String(key['expires-in']), 10) * DAY_MS;
  const stored = new Map<string, Date>();
  for (const [date = '', text = '', after, most] of readTable(join(ROOT, STORED_KEY), 'Date')) {
    const today = new Date(`${date} 2027 UTC`);
    const month = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth()));
    const [, letter] = /stores key (\w)\./.exec(text) ?? [];
    if (letter !== undefined) stored.set(letter, today);
    const worksAfter = (from: Date) =>
      [...stored].filter(([, since]) => since.getTime() + lifeMs > from.getTime());
    const working = worksAfter(today).map(([each]) => each);
    // The newest is the last, and in the secret.
    expect(after).toBe(working.join(', '));
    const inMonth = worksAfter(month).map(([each]) => each);
    expect(most).toBe(`${Number(key['limit-usd']) * inMonth.length}: ${inMonth.join(', ')}`);
  }
  expect(stored.size).toBeGreaterThan(3);
});

const shell = openShell();

test('the command for a night without GitHub gives a key to the service, and does not show it', () => {
  const [command = ''] =
    /^ *bash -c '.*?'$/ms.exec(readFileSync(join(ROOT, RELEASE), 'utf8')) ?? [];
  shell.stub('roll-out', 'echo "$# [$1] $OPENROUTER_API_KEY $HOST_TOKEN" > rolled-out');
  expect(shell.run(command, 'the-key\nthe-token\n')).toEqual({ status: 0, output: '' });
  expect(shell.read('rolled-out')).toBe('1 [] the-key the-token\n');
});

test.each([
  { page: RELEASE, created: 'openrouter-production' },
  { page: STORED_KEY, created: 'openrouter-jobs' },
])('the commands for the environments of $page go on where a rule exists', ({ page, created }) => {
  const [commands = ''] =
    /^ *environments=.*?(?=^ *```)/ms.exec(readFileSync(join(ROOT, page), 'utf8')) ?? [];
  // Fails like GitHub if the rule exists.
  shell.stub(
    'gh',
    `rules="$(echo "$2" | tr / -)"
case "$*" in
  secret*|*--method*) ;;
  *--jq*) test ! -e "$rules" || cat "$rules" ;;
  *) ! grep -qsxF "\${4#name=}" "$rules" && echo "$2" && echo "\${4#name=}" >> "$rules" ;;
esac`,
  );
  const ruleOf = (name: string) =>
    `repos/{owner}/{repo}/environments/${name}/deployment-branch-policies`;
  // Both pages have this environment.
  shell.write(ruleOf('openrouter-rotation').replaceAll('/', '-'), 'main');
  expect(shell.run(commands)).toEqual({ status: 0, output: `${ruleOf(created)}\n` });
  expect(shell.run(commands)).toEqual({ status: 0, output: '' });
});
