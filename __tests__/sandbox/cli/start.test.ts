import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from '../../support/harness.ts';

const SECRET = `$\{{ secrets.OPENROUTER_MANAGEMENT_KEY }}`;

/** Runs `npm start -- …flags` without npm. */
function start(...flags: string[]) {
  return new Promise<{ exitCode: unknown; stdout: string; stderr: string }>((resolve) => {
    const script = join(ROOT, 'sandbox/cli/start.ts');
    execFile(process.execPath, [script, ...flags], (error, stdout, stderr) => {
      resolve({ exitCode: error?.code ?? 0, stdout, stderr });
    });
  });
}

/** The text under `title`, without its indentation. */
function section(stdout: string, title: string): string {
  const [, text = ''] = stdout.split(`\n${title}\n\n`);
  const [own = ''] = text.split(/\n(?=\S)/);
  return own.replace(/^ {4}/gm, '');
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

const EXAMPLE = {
  name: 'Preview of pull request 42',
  slug: 'preview-42',
  default_text_model: 'openai/gpt-5-mini',
};

test('npm start without flags runs an example and shows its step and its requests', async () => {
  const { exitCode, stdout, stderr } = await start();
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(inputsOf(stdout)).toMatchObject({
    'management-key': SECRET,
    slug: 'preview-42',
    'io-logging-sampling-rate': '0.1',
  });
  expect(postedBody(stdout)).toMatchObject(EXAMPLE);
  expect(section(stdout, 'Requests that OpenRouter received')).toContain('(1 in total)');
});

describe('npm start -- usage', () => {
  test('runs the usage action for a preview that has cost something', async () => {
    const { exitCode, stdout, stderr } = await start('usage');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(section(stdout, 'Step')).toContain('- uses: OWNER/openrouter-workspace/usage@v1');
    expect(section(stdout, 'Log')).toContain('The workspace preview-42 has spent $1.1953.');
    expect(section(stdout, 'Log')).toContain('Warning: ');
    expect(section(stdout, 'Outputs')).toContain('cost-usd: 1.1953');
    expect(section(stdout, 'Requests that OpenRouter received')).toContain('(3 in total)');
  });

  test('has flags for its inputs', async () => {
    const { exitCode, stdout } = await start('usage', '--fail-above-usd', '1', '--warn-above-usd=');
    expect(exitCode).toBe(1);
    expect(section(stdout, 'Log')).toContain('and fail-above-usd is 1.');
  });
});

test('npm start refuses an action of which there is no example', async () => {
  const { exitCode, stdout, stderr } = await start('profit');
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toContain('There is no example of profit.');
  expect(stderr).toContain('npm start -- usage');
});

describe('a flag of npm start', () => {
  test('changes an input of the example or adds one', async () => {
    const { exitCode, stdout } = await start('--name', 'Mine', '--default-image-model=a/b');
    expect(exitCode).toBe(0);
    const added = { name: 'Mine', default_image_model: 'a/b' };
    expect(postedBody(stdout)).toMatchObject({ ...EXAMPLE, ...added });
    expect(inputsOf(stdout)).toMatchObject({
      name: 'Mine',
      slug: 'preview-42',
      'default-image-model': 'a/b',
    });
  });

  test('with an empty value removes an input of the example', async () => {
    const { exitCode, stdout } = await start('--description', '', '--default-text-model=');
    expect(exitCode).toBe(0);
    for (const removed of ['description', 'default_text_model']) {
      expect(postedBody(stdout)).not.toHaveProperty(removed);
      expect(inputsOf(stdout)).not.toHaveProperty(removed.replaceAll('_', '-'));
    }
    expect(postedBody(stdout)['slug']).toBe('preview-42');
  });

  test('can remove a required input, which shows the error of the action', async () => {
    const { exitCode, stdout } = await start('--name', '');
    expect(exitCode).toBe(1);
    expect(section(stdout, 'Log')).toContain('name is required');
  });

  test('that is not an input of the action is refused, with a list of those that are', async () => {
    const { exitCode, stdout, stderr } = await start('--nmae', 'Mine');
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain("Unknown option '--nmae'");
    expect(stderr).toContain('\n  --name\n');
    expect(stderr).not.toContain('--api-url');
  });
});

describe('npm start --management-key', () => {
  test.each([
    ['a wrong key', `sk-or-v1-${'ab'.repeat(32)}`, 'HTTP 401 Unauthorized: Invalid management key'],
    ['a text that does not look like a key', 'hunter2hunter2hunter2', 'Invalid management key'],
    ['a text that is too short', 'hunter2', 'management-key is too short to be a key'],
    ['a text with a space', 'Bearer hunter2hunter2', 'management-key must be the key alone'],
  ])('uses the key and never prints it: %s', async (_, key, error) => {
    const { exitCode, stdout, stderr } = await start('--management-key', key);
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(section(stdout, 'Log')).toContain(error);
    expect(stdout).not.toContain(key);
    expect(stdout.split(SECRET)).toHaveLength(2);
    expect(inputsOf(stdout)).toMatchObject({ 'management-key': SECRET, slug: 'preview-42' });
  });

  test('can be empty, like a secret that does not exist', async () => {
    const { exitCode, stdout } = await start('--management-key', '');
    expect(exitCode).toBe(1);
    expect(section(stdout, 'Log')).toContain('management-key is required, and is empty');
    expect(inputsOf(stdout)['management-key']).toBe(SECRET);
  });
});

test.each(['--api-url http://127.0.0.1:9/api/v1', '--api-url=', '--api-url'])(
  'npm start refuses %s in one line',
  async (provided) => {
    const flags = provided.split(' ');
    expect(await start('--name', 'Mine', ...flags)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: '--api-url cannot be set: npm start runs the action against a sandbox of its own.\n',
    });
  },
);
