import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Options, UsageError } from '../../../sandbox/cli/arguments.ts';
import { readCall } from '../../../sandbox/cli/call.ts';
import { helpOf, inputOptions, START_OPTIONS } from '../../../sandbox/cli/help.ts';
import { SCENES } from '../../../sandbox/cli/scenes.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { readManifest } from '../../../sandbox/runner/runner.ts';
import { openHarness, ROOT } from '../../support/harness.ts';
import { CREATE } from '../../support/key.ts';
import { onNth } from '../../support/on-nth.ts';

const SECRET = `$\{{ secrets.OPENROUTER_MANAGEMENT_KEY }}`;

const START = join(ROOT, 'sandbox/cli/start.ts');

const start = (...flags: string[]) => startWith({}, ...flags);

/** Runs `npm start -- …flags` without npm, with these variables. */
function startWith(env: Record<string, string>, ...flags: string[]) {
  return new Promise<{ exitCode: unknown; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { ...process.env, ...env } };
    execFile(process.execPath, [START, ...flags], options, (error, stdout, stderr) => {
      resolve({ exitCode: error?.code ?? 0, stdout, stderr });
    });
  });
}

const ACTIONS = `Actions: ${Object.keys(SCENES).join(', ')}.`;

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

/** The body of the POST that creates the workspace. */
function postedBody(stdout: string): Record<string, unknown> {
  const [, body = ''] = /^POST \/workspaces (.*)$/m.exec(stdout.replace(/^ +/gm, '')) ?? [];
  return JSON.parse(body);
}

test('npm start without flags runs an example and shows its step and its requests', async () => {
  const { exitCode, stdout, stderr } = await start();
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(inputsOf(stdout)).toMatchObject({
    'management-key': SECRET,
    slug: 'preview-42',
    'guardrail-limit-usd': '5',
    'enforce-zdr': 'true',
  });
  expect(postedBody(stdout)).toMatchObject({
    name: 'Preview of pull request 42',
    slug: 'preview-42',
    default_text_model: 'openai/gpt-5-mini',
  });
  expect(section(stdout, 'Requests of the step')).toMatch(
    /\nPATCH \/guardrails\/\S+ \{.*"limit_usd":5,.*\n\(2 in total\)\n$/,
  );
  expect(titles(stdout)).not.toContain('Requests of the post step');
});

describe('npm start shows', () => {
  test('what a user sees on GitHub, in its order, then the requests, and the page', async () => {
    const { exitCode, stdout, stderr } = await start('key', '--spent', '5', '--preview');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(titles(stdout)).toEqual([
      'Before the step, OpenRouter has',
      'Step',
      'Log of the step',
      'Log of the post step',
      'Annotations',
      'Outputs',
      'Job summary',
      'Requests of the step',
      'Requests of the post step',
      'Job summary as a page, for a browser',
    ]);
    expect(section(stdout, 'Log of the post step')).toContain('\nRevoked the API key ');
    expect(section(stdout, 'Annotations')).toMatch(
      /^warning {2}The limit of .* is used up\n {2}The limit of .* is used up\n {2}Spent in total: \$5\.00\./,
    );
    expect(section(stdout, 'Outputs')).toContain('\nkey: ***\n');
    expect(section(stdout, 'Requests of the post step')).toContain('DELETE /keys/');
    const page = await readFile(new URL(section(stdout, 'Job summary as a page, for a browser')));
    expect(page.toString()).toMatch(/<h3>✅ Created .*<h3>💵 Spent \$5\.00 of .*<\/article>/s);
  });

  test('the job summary as text, with its tables aligned', async () => {
    const { stdout } = await start('sweep', '--stale', '1');
    expect(section(stdout, 'Job summary')).toBe(
      `
✅ Deleted 1 workspace

Kept, although the slug matches slug-pattern: 2 workspaces.

Workspace         Age    Outcome                              Keys spent (total $0.6153)
preview-stale-1   30 d   deleted                              $0.6153
preview-42        3 d    kept: only 3 d old
preview-main      3 d    kept: matches preview-main in keep
`.trimStart(),
    );
  });

  test('an error with its title, as the page of a run does', async () => {
    const { exitCode, stdout } = await start('--existing', 'preview-42');
    expect(exitCode).toBe(1);
    expect(section(stdout, 'Before the step, OpenRouter has')).toBe('preview-42, 3 days old\n');
    expect(section(stdout, 'Log of the step')).toMatch(
      /\nError: .*\(failed with exit code 1\)\n$/s,
    );
    expect(section(stdout, 'Annotations')).toContain('error  The slug preview-42 is taken\n');
    // Of the version in the step that is shown.
    expect(stdout).toContain('/blob/v1/docs/troubleshooting.md#slug-taken');
  });
});

test('npm start -- usage can read the usage of an API key by the hash that it shows', async () => {
  const hash = '8b34f0edd659d6b40eb6dd6698aa0fc9b946bb02248d38a62d2ac1b075744318';
  const { exitCode, stdout } = await start('usage', '--key-hash', hash, '--warn-above-usd=0.6');
  expect(exitCode).toBe(0);
  expect(section(stdout, 'Before the step, OpenRouter has')).toContain(`hash ${hash}`);
  expect(section(stdout, 'Step')).toContain('- uses: OWNER/openrouter-workspace/usage@v1');
  const { from, to, ...outputs } = parse(section(stdout, 'Outputs'));
  expect(outputs).toMatchObject({ 'cost-usd': 0.6153, 'remaining-usd': 4.3847 });
  expect(Date.parse(to) - Date.parse(from)).toBeGreaterThan(3 * 86_400_000);
  expect(section(stdout, 'Log of the step')).toContain('and warn-above-usd is 0.6.');
});

describe('npm start -- preview', () => {
  test('plays the life of a pull request, with its comment after each event', async () => {
    const { exitCode, stdout, stderr } = await start('preview', '--spent', '0.25');
    expect([exitCode, stderr]).toEqual([0, '']);
    const runs = stdout.split(/\n(?=.+\n\n {4}Event )/).slice(1);
    const comments = runs.map((run) => section(run, 'Comment on the pull request'));
    expect(runs.map((run) => section(run, 'Outputs').match(/^(state|created): .*$/gm))).toEqual([
      ['created: true', 'state: open'],
      ['created: false', 'state: open'],
      ['state: closed'],
    ]);
    expect(comments.map((comment) => comment.match(/^(Total: .*|Deleted)$/gm))).toEqual([
      ['Total: $0.25'],
      ['Total: $0.50'],
      ['Total: $0.50', 'Deleted'],
    ]);
    for (const step of ['step', 'post step']) {
      const requests = section(runs[0] ?? '', `Requests of the ${step} to GitHub`);
      expect(requests).toContain('GET /repos/octo-org/app/pulls/42\n');
    }
  });

  test('--existing takes the slug of the preview for another workspace', async () => {
    const { exitCode, stdout } = await start('preview', '--existing', 'preview-app-42');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('#preview-not-ours');
    expect(titles(stdout)).not.toContain('Comment on the pull request');
  });
});

test('npm start --delete-after-job true shows that API keys of the job block the deletion', async () => {
  const { stdout } = await start('create', '--delete-after-job', 'true', '--keys', '2');
  expect(section(stdout, 'Log of the post step')).toContain(
    'Warning: The workspace preview-42 has 2 API keys, and delete-keys is false\n',
  );
});

test('npm start -- sweep --stale can show more stale previews than may be deleted', async () => {
  const { exitCode, stdout } = await start('sweep', '--stale', '51', '--keys', '0');
  expect(exitCode).toBe(1);
  expect(section(stdout, 'Before the step, OpenRouter has')).toContain('… and 33 more');
  expect(section(stdout, 'Annotations')).toContain(
    '\nerror  51 workspaces would be deleted, and max-deletions is 50\n',
  );
});

test.each(Object.entries(SCENES))(
  'the help of npm start -- %s is complete',
  async (name, scene) => {
    const manifest = await readManifest(join(ROOT, scene.folder));
    const help = helpOf({ name, scene, manifest }).replace(/\s+/g, ' ');
    const options: Options = { ...START_OPTIONS, ...inputOptions(manifest) };
    const inputs = Object.keys(manifest.inputs ?? {});
    // No option has the name of an input.
    expect(Object.keys(options)).toEqual([...Object.keys(START_OPTIONS), ...inputs]);
    for (const [option, { value, description }] of Object.entries(options)) {
      expect(help).toContain([`--${option}`, value, description].filter(Boolean).join(' '));
    }
    for (const { description } of Object.values(SCENES)) expect(help).toContain(description);
    const known = new Set(
      [...Object.keys(START_OPTIONS), ...inputs].map((option) => `--${option}`),
    );
    for (const variant of Object.keys(scene.variants)) {
      expect(help).toContain(variant);
      const used = variant.split(' ').filter((arg) => arg.startsWith('--'));
      expect(used.filter((option) => !known.has(option))).toEqual([]);
    }
  },
);

test('npm start -- key -h shows the help', async () => {
  const { exitCode, stdout, stderr } = await start('key', '-h');
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout.startsWith('npm start -- key [options]\n')).toBe(true);
  expect(stdout).toContain('\n  --expires-in VALUE\n');
});

test.each([
  ['profit --help', `No action profit. ${ACTIONS}`],
  ['constructor', `No action constructor. ${ACTIONS}`],
  ['--api-url=', '--api-url needs a URL, such as npm run sandbox prints.'],
  ['key --api-url', '--api-url needs a value. To list all options: npm start -- key --help'],
  [
    '--api-url http://127.0.0.1:9/api/v1',
    '--api-url needs the management key of that server: --management-key, or the variable OPENROUTER_MANAGEMENT_KEY.',
  ],
  ...['existing a', 'stale 1', 'keys 1', 'spent 1'].map((option) => [
    `--api-url http://127.0.0.1:9/api/v1 --management-key x --${option}`,
    `--${option.split(' ')[0]} fills a sandbox of npm start, and --api-url names another server. To fill that: npm run sandbox -- --help`,
  ]),
  ['--nmae Mine', 'Unknown option --nmae. To list all options: npm start -- --help'],
  ['--toString', 'Unknown option --toString. To list all options: npm start -- --help'],
  ['usage --slug a', 'Unknown option --slug. To list all options: npm start -- usage --help'],
  [
    '--name --slug a',
    '--name needs a value. Write one that begins with a hyphen as --name=VALUE. To list all options: npm start -- --help',
  ],
  ['key usage', 'Unexpected argument usage. To list all options: npm start -- key --help'],
  ['--preview=x', '--preview takes no value. To list all options: npm start -- --help'],
  ['--existing My_Slug', '--existing My_Slug is not a slug, such as preview-42.'],
  ...['default', 'a --existing a'].map((slugs) => [
    `--existing ${slugs}`,
    `--existing ${slugs.split(' ')[0]} is once too many: that workspace exists without it.`,
  ]),
  ...['--keys 3', '--keys 3 --delete-after-job false'].map((args) => [
    args,
    '--keys needs a workspace: add --existing SLUG, --stale N or --delete-after-job true.',
  ]),
  ['--spent 5', '--spent needs API keys that have spent it: add --keys N.'],
  ['delete --keys 0 --spent 5', '--spent needs API keys that have spent it: add --keys N.'],
  ['sweep --stale 201', '--stale 201 is not a whole number from 0 to 200.'],
  ['usage --spent 1e3', '--spent 1e3 is not an amount in USD, such as 0.25, below 1000000.'],
])('npm start refuses %s', async (args, problem) => {
  await expect(readCall(args.split(' '), {})).rejects.toEqual(new UsageError(problem));
});

describe('npm start --api-url', () => {
  const harness = openHarness();
  const KEY = `sk-or-v1-${'ab'.repeat(32)}`;
  const OTHER = 'http://127.0.0.1:9/api/v1';

  test('runs the action and its post step against a server that keeps running', async () => {
    const { url, managementKey, account } = harness.sandbox;
    const env = { OPENROUTER_MANAGEMENT_KEY: managementKey };
    const flags = ['--api-url', url, '--delete-after-job', 'true'];
    const { exitCode, stdout } = await startWith(env, ...flags);
    expect(exitCode).toBe(0);
    expect(inputsOf(stdout)).toMatchObject({ 'management-key': SECRET, 'api-url': url });
    expect(titles(stdout)).toEqual([
      'Step',
      'Running the step',
      'Log of the step',
      'Log of the post step',
      'Outputs',
      'Job summary',
    ]);
    expect(section(stdout, 'Log of the step')).toContain('Created in ');
    expect(section(stdout, 'Log of the post step')).toContain('Deleted the workspace preview-42');
    expect(account.workspaces).toHaveLength(1);
    expect(stdout).not.toContain(managementKey);
  });

  /** Runs `npm start -- …args` against the sandbox, and signals its process group after `call`, as Ctrl+C does. */
  function startUntil(call: string, args: string[], env: Record<string, string> = {}) {
    const { url, managementKey } = harness.sandbox;
    const flags = [...args, '--api-url', url, '--management-key', managementKey];
    const options = { detached: true, env: { ...process.env, ...env } };
    const child = spawn(process.execPath, [START, ...flags], options);
    const press = () => process.kill(-Number(child.pid), 'SIGINT');
    onNth(harness.sandbox, call, 1, press);
    return { child, press };
  }

  test('runs the post step also after Ctrl+C, which a terminal sends to the whole group', async () => {
    const { sandbox } = harness;
    seedWorkspace(sandbox, { slug: 'preview-42' });
    sandbox.faults.push({ on: CREATE, kind: 'silence', applied: true });
    const { child } = startUntil(CREATE, ['key']);
    const [stdout, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(section(stdout, 'Log of the step')).toContain('the run was cancelled (SIGINT)');
    expect(section(stdout, 'Log of the post step')).toContain('Deleted the orphaned API key');
    expect(titles(stdout).at(-1)).toBe('Cancelled');
    expect(sandbox.account.keys).toEqual([]);
    expect(exitCode).toBe(130);
  });

  test('leaves no temporary folder if a second Ctrl+C ends the post step', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'start-'));
    const { sandbox } = harness;
    sandbox.faults.push({ on: 'POST /workspaces', kind: 'silence' });
    const args = ['create', '--slug', 'preview-43', '--delete-after-job', 'true'];
    const { child, press } = startUntil('POST /workspaces', args, { TMPDIR: folder });
    onNth(sandbox, 'POST /workspaces', 1, () => {
      sandbox.faults.push({ on: 'GET /workspaces/:id', kind: 'silence' });
      onNth(sandbox, 'GET /workspaces/:id', 1, press);
    });
    const [stdout, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    const left = await readdir(folder);
    await rm(folder, { recursive: true });
    expect([left, exitCode]).toEqual([[], 130]);
    expect(titles(stdout).at(-1)).toBe('Cancelled');
  });

  test('lets nothing else happen on GitHub after Ctrl+C', async () => {
    const { child } = startUntil('POST /workspaces', ['preview']);
    const stdout = await text(child.stdout);
    expect(titles(stdout)).toContain('The pull request is opened');
    expect(titles(stdout)).not.toContain('A commit is pushed to it');
  });

  test.each([
    ['http://127.0.0.1:8787/api/v1', 'preview-*'],
    ['http://localhost:8787/api/v1', 'preview-*'],
    ['not a URL', 'preview-*'],
    ['https://openrouter.ai/api/v1', undefined],
  ])('%s has the slug-pattern %s of the example of a sweep', async (url, pattern) => {
    const args = ['sweep', '--api-url', url, '--management-key', KEY];
    const { inputs } = await readCall(args, {});
    expect(inputs['slug-pattern']).toBe(pattern);
  });

  test.each([
    ['--management-key, if it is there', `--api-url ${OTHER} --management-key ${KEY}`, KEY],
    ['the key of the variable otherwise', `--api-url ${OTHER}`, 'of-the-variable'],
    ['no key of the variable for its own sandbox', '--name Mine', undefined],
    ['no key for the help', `--api-url ${OTHER} --help`, undefined],
  ])('uses %s', async (_, args, key) => {
    const env = { OPENROUTER_MANAGEMENT_KEY: 'of-the-variable' };
    expect((await readCall(args.split(' '), env)).managementKey).toBe(key);
  });
});

test('npm start prints what is wrong with its arguments in one line', async () => {
  expect(await start('--existing', 'a\n\u001b[31mb')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: '--existing a b is not a slug, such as preview-42.\n',
  });
});

test('npm start refuses a federation policy, because it has no id tokens', async () => {
  const flags = ['--federation-policy-id', '0f1e2d3c-4b5a-4968-8776-655443322110'];
  await expect(readCall(flags, {})).rejects.toThrow(/^--federation-policy-id needs id tokens/);
  expect((await readCall(['--federation-policy-id='], {})).inputs).toBeDefined();
});

test('a flag of npm start changes an input of the example, adds one, or removes one if empty', async () => {
  const { inputs: example } = await readCall([], {});
  const flags = ['--name', 'Mine', '--default-image-model=a/b', '--slug=', '--description', ''];
  const { slug: _, description: __, ...others } = example;
  const changed = { ...others, name: 'Mine', 'default-image-model': 'a/b' };
  expect((await readCall(flags, {})).inputs).toEqual(changed);
});

describe('npm start --management-key', () => {
  test('uses the key and never prints it, also if another input has it', async () => {
    const key = 'hunter2hunter2hunter2';
    const { exitCode, stdout, stderr } = await start('--management-key', key, '--name', `x ${key}`);
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(section(stdout, 'Log of the step')).toContain('HTTP 401 Unauthorized: Invalid');
    expect(inputsOf(stdout)).toMatchObject({ 'management-key': SECRET, name: 'x ***' });
    expect(postedBody(stdout)).toMatchObject({ name: 'x ***' });
    expect(stdout).not.toContain(key);
    expect(stdout.split(SECRET)).toHaveLength(2);
  });

  test('can be empty, like a secret that does not exist', async () => {
    const { exitCode, stdout } = await start('--management-key', '');
    expect(exitCode).toBe(1);
    expect(section(stdout, 'Log of the step')).toContain(
      'management-key is required, and is empty',
    );
    expect(inputsOf(stdout)['management-key']).toBe(SECRET);
  });
});
