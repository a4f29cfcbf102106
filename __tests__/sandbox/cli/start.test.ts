import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters, styleText } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { UsageError } from '../../../sandbox/cli/arguments.ts';
import { readCall } from '../../../sandbox/cli/call.ts';
import { helpOf, START_OPTIONS } from '../../../sandbox/cli/help.ts';
import { run } from '../../../sandbox/cli/run.ts';
import { SCENES } from '../../../sandbox/cli/scenes.ts';
import { runPostInProcess, runStepInProcess } from '../../../sandbox/runner/in-process.ts';
import { readManifest } from '../../../sandbox/runner/runner.ts';
import { openHarness, ROOT } from '../../support/harness.ts';
import { CREATE } from '../../support/key-harness.ts';
import { onNth } from '../../support/on-nth.ts';
import { followSteps } from '../../support/step-time.ts';

const SECRET = `$\{{ secrets.OPENROUTER_MANAGEMENT_KEY }}`;

const NOON = new Date('2026-01-14T12:00:00Z');

/** Runs `npm start -- …flags` at noon in this process, whose steps run here, too. */
async function start(...flags: string[]) {
  const { now, close } = followSteps(NOON);
  const texts: string[] = [];
  try {
    const exitCode = await run(await readCall(flags, {}), {
      runStep: runStepInProcess,
      runPost: runPostInProcess,
      now,
      screen: { width: 80, print: (text) => texts.push(stripVTControlCharacters(text)) },
    });
    const elapsed = now().getTime() - NOON.getTime();
    return { exitCode, stdout: `${texts.join('\n')}\n`, elapsed };
  } finally {
    await close();
  }
}

/** Starts the program of `npm start`, in a process group of its own. */
function spawnStart(flags: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(ROOT, 'sandbox/cli/start.ts'), ...flags], {
    detached: true,
    // As in a shell: jest makes its workers use colors.
    env: { ...process.env, COLUMNS: '', FORCE_COLOR: undefined, ...env },
  });
  const output = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const result = output.then(([stdout, stderr, [exitCode]]) => ({ exitCode, stdout, stderr }));
  return { child, result };
}

/** The text of each run in what `npm start` shows. */
const runsOf = (stdout: string) => stdout.split(/\n(?=\d of \d: .+\n\n {4}Event )/).slice(1);

/** The text under `title`, without its indentation. */
function section(stdout: string, title: string): string {
  const [, text = ''] = stdout.split(`\n${title}\n\n`);
  const [own = ''] = text.split(/\n(?=\S)/);
  return own.replace(/^ {4}/gm, '');
}

/** The titles of the sections, in order. */
function titles(stdout: string): string[] {
  return [...stdout.matchAll(/^(?! ).+$/gm)].map(([title]) => title);
}

/** The inputs of the step that is shown; its YAML has each input once. */
function inputsOf(stdout: string): Record<string, string> {
  const [step] = parse(section(stdout, 'Step'));
  return step.with;
}

describe('npm start shows', () => {
  test('what a user sees on GitHub, first what people look at first, then the requests, and what to try next', async () => {
    const { exitCode, stdout } = await start('key', '--spent', '5', '--preview');
    expect(exitCode).toBe(0);
    expect(inputsOf(stdout)).toMatchObject({ 'management-key': SECRET, workspace: 'preview-42' });
    expect(titles(stdout)).toEqual([
      'npm start -- key',
      'Before the step, OpenRouter has',
      'Step',
      'Annotations',
      'Job summary',
      'Log of the step',
      'Log of the post step',
      'Outputs',
      'Requests of the step',
      'Requests of the post step',
      'Job summary as a page, for a browser',
      'Try next',
      'npm start -- unseal-key: A job that never has the management key opens what an',
    ]);
    expect(section(stdout, 'Log of the post step')).toContain('\nRevoked the API key ');
    expect(section(stdout, 'Annotations')).toMatch(
      /^warning {2}key, post step: key limit used up\n {2}Spent at least \$5\.00 of \$5\.00 at OpenRouter: the limit of the API key is\n {4}used up\n/,
    );
    expect(section(stdout, 'Outputs')).toContain('\nkey: ***\n');
    expect(section(stdout, 'Requests of the post step')).toMatch(/DELETE\s+\/keys\//);
    const page = await readFile(new URL(section(stdout, 'Job summary as a page, for a browser')));
    expect(page.toString()).toMatch(
      /<h3>✅ Created .*<h3>.*⚠️ Spent at least \$5\.00 of .*<\/article>/s,
    );
  });

  test('the first file of the README in two runs, and in the last line how to see a preview', async () => {
    const { exitCode, stdout } = await start();
    expect(exitCode).toBe(0);
    const runs = runsOf(stdout);
    const read = runs.map((run) => section(run, 'The next step of the job has'));
    expect(read[0]).toMatch(
      /^\$\{\{ steps\.workspace\.outputs\.id }}: [\da-f-]{36}\n\$\{\{ steps\.workspace\.outputs\.slug }}: staging-web\n$/,
    );
    expect(read).toEqual([read[0], read[0]]);
    expect(runs.map((run) => section(run, 'Outputs').match(/^(created|outcome): .*$/gm))).toEqual([
      ['created: true', 'outcome: created'],
      ['created: false', 'outcome: unchanged'],
    ]);
    expect(stdout).toMatch(/\nnpm start -- preview: The life of a preview, .*\n$/);
  });

  test('titles, what succeeds, what warns and what fails in colors of their own', async () => {
    const options = { FORCE_COLOR: '1' };
    const [spent, exceeded] = await Promise.all([
      spawnStart(['key', '--spent', '5'], options).result,
      spawnStart(['usage', '--fail-above-usd', '0.5'], options).result,
    ]);
    expect([spent.exitCode, spent.stderr]).toEqual([0, '']);
    expect([exceeded.exitCode, exceeded.stderr]).toEqual([1, '']);
    const spentAll = 'Spent at least $5.00 of $5.00 at OpenRouter: the limit of the API';
    const colored = (format: Parameters<typeof styleText>[0], text: string) =>
      styleText(format, text, { validateStream: false });
    const lines = `${spent.stdout}\n${exceeded.stdout}`.split('\n').map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining([
        colored(['bold', 'cyan'], 'Job summary'),
        colored('green', '✅ Created an OpenRouter API key with $5.00'),
        colored('green', '(succeeded)'),
        `${colored('yellow', 'warning')}  ${colored('bold', 'key, post step: key limit used up')}`,
        // A broken line has its color in each part.
        colored('yellow', `Warning: ${spentAll}`),
        colored('yellow', '  key is used up'),
        colored('red', '(failed with exit code 1)'),
      ]),
    );
  });

  test('an error as the page of a run does, and never the management key', async () => {
    const key = 'hunter2hunter2hunter2';
    const { exitCode, stdout } = await start('--management-key', key, '--name', `x ${key}`);
    expect(exitCode).toBe(1);
    expect(section(stdout, 'Log of the step')).toMatch(
      /HTTP 401 Unauthorized: Invalid.*\(failed with exit code 1\)\n$/s,
    );
    expect(section(stdout, 'Annotations')).toMatch(
      /^error {2}openrouter-workspace: unauthorized\n {2}Could not look up the workspace /,
    );
    // Of the version in the step that is shown. With a long account, the page wraps the link.
    expect(stdout.replace(/\n */g, '')).toContain('/blob/v1/docs/troubleshooting.md#unauthorized');
    expect(inputsOf(stdout)).toMatchObject({ 'management-key': SECRET, name: 'x ***' });
    expect(stdout).not.toContain(key);
  });

  test('the life of a pull request, with its comment after each event', async () => {
    const { exitCode, stdout } = await start('preview', '--spent', '0.25');
    expect(exitCode).toBe(0);
    const runs = runsOf(stdout);
    expect(runs.map((run) => run.split('\n')[0])).toEqual([
      '1 of 4: The pull request is opened',
      '2 of 4: A commit is pushed to it, 10 minutes later',
      '3 of 4: It is closed, 10 minutes later',
      '4 of 4: The nightly run starts, 360 minutes later',
    ]);
    const comments = runs.map((run) => section(run, 'Comment on the pull request'));
    expect(runs.map((run) => section(run, 'Outputs').match(/^(state|created): .*$/gm))).toEqual([
      ['state: open', 'created: true'],
      ['state: open', 'created: false'],
      ['state: closed'],
      null,
    ]);
    expect(comments.map((comment) => comment.split('\n')[0])).toEqual([
      'OpenRouter preview: $0.25 spent so far',
      'OpenRouter preview: $0.50 spent so far',
      'OpenRouter preview: $0.50 spent so far',
      'OpenRouter preview: $0.50 spent, closed',
    ]);
    const [first = '', second = ''] = runs.map((run) =>
      section(run, 'Outputs')
        .match(/^expires-at: .*$/m)?.[0]
        .slice('expires-at: '.length),
    );
    expect(Date.parse(second) - Date.parse(first)).toBeGreaterThan(600_000);
    expect(section(stdout, '1 of 4: Requests of the step to GitHub')).toContain(
      'GET /repos/octo-org/app/pulls/42\n',
    );
    // As it looks: without the targets of links, and without HTML in JSON.
    expect(comments[0]).toMatch(
      /\n\nOpenRouter can count .* late\.\n\npreview-app-42 · .*\n\nJob \(UTC\) {2,}Cost {2,}Of its limit\ntest, .*\d {2,}at least \$0\.25 {2,}of\u00a0\$1\.00\n\nIn the night after this pull request is closed, .*\s+What is this\?\n/,
    );
    expect(stdout).not.toMatch(/\\[n"]/);
  });

  test('a job that waits for what OpenRouter counts late, and all in one time', async () => {
    const flags = ['--spent', '0.25', '--preview-limit-usd', '1.5'];
    const { stdout, elapsed } = await start('preview-cap', ...flags);
    // Ten seconds here, and three minutes on GitHub.
    expect(elapsed).toBeLessThan(15_000);
    const last = runsOf(stdout).at(-1) ?? '';
    expect(section(last, 'Outputs')).toMatch(/^key-hash: /m);
    const comment = section(last, 'Comment on the pull request');
    const log = section(last, 'Log of the step').replace(/\n */g, ' ');
    const [created, end] = [
      /\ntest, .*(\d\d):(\d\d) .*\n\n/,
      /Waiting for up to .*?, until .*?(\d\d):(\d\d) UTC/,
    ].map((pattern, at) => {
      const [, hour, minute] = pattern.exec([comment, log][at] ?? '') ?? [];
      return `${hour}:${minute}`;
    });
    // The first job takes a minute, and its key settles three minutes later.
    expect([created, end]).toEqual(['12:00', '12:04']);
  });
});

test('npm start ends quietly if what reads its output has ended', async () => {
  const script = '"$0" sandbox/cli/start.ts key | head -n 2; echo "exit code $?"';
  const shell = spawn('bash', ['-o', 'pipefail', '-c', script, process.execPath], { cwd: ROOT });
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr)]);
  expect([stdout, stderr]).toEqual(['\nnpm start -- key\nexit code 0\n', '']);
});

test('npm start shows no amount that OpenRouter has not counted yet, by its option', async () => {
  const { stdout } = await start('key', '--counter-delay', '200');
  expect(section(stdout, 'Log of the post step')).toContain('\nRevoked the API key ');
  expect(stdout).not.toContain('$0.04');
});

test.each(Object.entries(SCENES))(
  'npm start -- %s fits 80 columns without a terminal, and shows the annotations that its scene declares, and no others',
  async (name, { annotations }) => {
    const { exitCode, stdout } = await start(name);
    const lines = stdout.split('\n').filter((line) => line.length > 80);
    // The YAML of a step is not broken. It names the account that publishes the actions.
    expect(lines.filter((line) => !/^ +- uses: /.test(line))).toEqual([]);
    const shown = stdout.matchAll(/^ {4}(error|warning|notice) {2}(\S.*)$/gm);
    expect([...shown].map(([, level, title]) => `${level} ${title}`)).toEqual(annotations);
    expect(exitCode).toBe(annotations.some((title) => title.startsWith('error ')) ? 1 : 0);
  },
);

test.each(Object.entries(SCENES))(
  'the help of npm start -- %s has each option and each input, once',
  async (name, scene) => {
    const manifest = await readManifest(join(ROOT, scene.folder));
    const help = helpOf({ name, scene, manifest });
    const listed = [...help.matchAll(/^ {2}--(\S+)/gm)].map(([, option]) => option);
    const expected = [...Object.keys(START_OPTIONS), ...Object.keys(manifest.inputs ?? {})];
    expect(listed).toEqual([...new Set(expected)]);
    const takesNull = Object.values(manifest.inputs ?? {}).some((input) =>
      input.description?.includes('"null"'),
    );
    expect(help.includes('write null without them')).toBe(takesNull);
    for (const variant of Object.keys(scene.variants)) {
      const used = [...variant.matchAll(/--([a-z-]+)/g)].map(([, option]) => option);
      expect(listed).toEqual(expect.arrayContaining(used));
    }
  },
);

const OTHER = 'http://127.0.0.1:9/api/v1';

test.each([
  ['constructor', `No example constructor. Examples: ${Object.keys(SCENES).join(', ')}.`],
  [
    `--api-url ${OTHER}`,
    '--api-url needs the management key of that server: --management-key, or the variable OPENROUTER_MANAGEMENT_KEY.',
  ],
  [
    `--api-url ${OTHER} --management-key x --counter-delay 0`,
    '--counter-delay changes a sandbox of npm start, and --api-url names another server. To change that: npm run sandbox -- --help',
  ],
  ['--counter-delay 1s', '--counter-delay 1s is not a whole number from 0 to 200.'],
  ['--toString', 'Unknown option --toString. To list all options: npm start -- --help'],
])('npm start refuses %s', async (args, problem) => {
  await expect(readCall(args.split(' '), {})).rejects.toEqual(new UsageError(problem));
});

test('a flag of npm start changes an input of the example, adds one, or removes one if empty', async () => {
  const { inputs: example } = await readCall([], {});
  const flags = ['--name', 'Mine', '--default-image-model=a/b', '--slug=', '--description', ''];
  const { slug: _, description: __, ...others } = example;
  const changed = { ...others, name: 'Mine', 'default-image-model': 'a/b' };
  expect((await readCall(flags, {})).inputs).toEqual(changed);
});

const harness = openHarness();

describe('npm start --api-url', () => {
  test('runs the action and its post step against a server that keeps running', async () => {
    const { url, managementKey, account } = harness.sandbox;
    account.workspaces.length = 1;
    const flags = ['--api-url', url, '--delete-after-job', 'true'];
    const { exitCode, stdout } = await start(...flags, '--management-key', managementKey);
    expect(exitCode).toBe(0);
    expect(inputsOf(stdout)).toMatchObject({ 'management-key': SECRET, 'api-url': url });
    const job = [
      'Running the step',
      'Job summary',
      'Log of the step',
      'The next step of the job has',
      'Log of the post step',
      'Outputs',
    ];
    expect(titles(stdout)).toEqual([
      ...['npm start', 'Step', '1 of 2: The workflow is started by hand', ...job],
      ...['2 of 2: It is started again', ...job],
    ]);
    expect(section(stdout, 'Log of the post step')).toContain('Deleted the workspace staging-web');
    expect(account.workspaces).toHaveLength(1);
    expect(stdout).not.toContain(managementKey);
  });

  test('runs the post step also after Ctrl+C, and lets nothing else happen on GitHub', async () => {
    const { url, managementKey, account, faults } = harness.sandbox;
    account.keys.length = 0;
    faults.push({ on: CREATE, kind: 'reset', applied: true });
    const env = { OPENROUTER_MANAGEMENT_KEY: managementKey };
    const { child, result } = spawnStart(['preview', '--api-url', url], env);
    // A terminal signals the whole process group.
    onNth(harness.sandbox, CREATE, 1, () => process.kill(-Number(child.pid), 'SIGINT'));
    const { exitCode, stdout } = await result;
    expect(section(stdout, 'Log of the step')).toContain('the run was cancelled (SIGINT)');
    expect(section(stdout, 'Log of the post step')).toContain('Deleted the orphaned API key');
    expect(titles(stdout)).toContain('1 of 4: The pull request is opened');
    expect(titles(stdout)).not.toContain('2 of 4: A commit is pushed to it, 10 minutes later');
    expect(titles(stdout).at(-1)).toBe('Cancelled');
    expect(account.keys).toEqual([]);
    expect(exitCode).toBe(130);
  });

  test.each([
    ['--management-key, if it is there', `--api-url ${OTHER} --management-key x`, 'x'],
    ['the key of the variable otherwise', `--api-url ${OTHER}`, 'of-the-variable'],
    ['no key of the variable for its own sandbox', '--name Mine', undefined],
  ])('uses %s', async (_, args, key) => {
    const env = { OPENROUTER_MANAGEMENT_KEY: 'of-the-variable' };
    expect((await readCall(args.split(' '), env)).managementKey).toBe(key);
  });
});
