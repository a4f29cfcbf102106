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

/** What is printed under `title`, without its indentation. */
function section(stdout: string, title: string): string {
  const [, text = ''] = stdout.split(`\n${title}\n\n`);
  const [own = ''] = text.split(/\n(?=\S)/);
  return own.replace(/^ {4}/gm, '');
}

/** The inputs of the step that is shown; its YAML has each of them once. */
function inputsOf(stdout: string): Record<string, string> {
  const [step] = parse(section(stdout, 'The step'));
  return step.with;
}

/** The body of the POST that creates the workspace. */
function posted(stdout: string): Record<string, unknown> {
  const [, body = ''] = /^POST \/workspaces (.*)$/m.exec(stdout.replace(/^ +/gm, '')) ?? [];
  return JSON.parse(body);
}

const EXAMPLE = {
  name: 'Preview of pull request 42',
  slug: 'preview-42',
  default_text_model: 'openai/gpt-5-mini',
};

test('without flags, npm start runs an example, and shows its step and its requests', async () => {
  const { exitCode, stdout, stderr } = await start();
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(inputsOf(stdout)).toMatchObject({
    'management-key': SECRET,
    slug: 'preview-42',
    'io-logging-sampling-rate': '0.1',
  });
  expect(posted(stdout)).toMatchObject(EXAMPLE);
  expect(section(stdout, 'What OpenRouter got')).toContain('(1 requests)');
});

describe('flags of npm start', () => {
  test('change single inputs of the example, and add others', async () => {
    const { exitCode, stdout } = await start('--name', 'Mine', '--default-image-model=a/b');
    expect(exitCode).toBe(0);
    const added = { name: 'Mine', default_image_model: 'a/b' };
    expect(posted(stdout)).toMatchObject({ ...EXAMPLE, ...added });
    expect(inputsOf(stdout)).toMatchObject({
      name: 'Mine',
      slug: 'preview-42',
      'default-image-model': 'a/b',
    });
  });

  test('remove an input of the example by an empty value', async () => {
    const { exitCode, stdout } = await start('--description', '', '--default-text-model=');
    expect(exitCode).toBe(0);
    for (const removed of ['description', 'default_text_model']) {
      expect(posted(stdout)).not.toHaveProperty(removed);
      expect(inputsOf(stdout)).not.toHaveProperty(removed.replaceAll('_', '-'));
    }
    expect(posted(stdout)['slug']).toBe('preview-42');
  });

  test('can remove a required input, which shows the real error', async () => {
    const { exitCode, stdout } = await start('--name', '');
    expect(exitCode).toBe(1);
    expect(section(stdout, 'Its log')).toContain('name is required');
  });

  test('that no action.yml has are refused, and all others are listed', async () => {
    const { exitCode, stdout, stderr } = await start('--nmae', 'Mine');
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain("Unknown option '--nmae'");
    expect(stderr).toContain('\n  --name\n');
    expect(stderr).not.toContain('--api-url');
  });
});

describe('--management-key', () => {
  test.each([
    ['a wrong one', `sk-or-v1-${'ab'.repeat(32)}`, 'the answer was 401: Invalid management key'],
    ['one that looks like no key', 'hunter2hunter2hunter2', 'Invalid management key'],
    ['one that is too short', 'hunter2', 'management-key is too short to be a key'],
    ['one with a blank', 'Bearer hunter2hunter2', 'management-key must be the key alone'],
  ])('is used and never printed: %s', async (_, key, error) => {
    const { exitCode, stdout, stderr } = await start('--management-key', key);
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(section(stdout, 'Its log')).toContain(error);
    expect(stdout).not.toContain(key);
    expect(stdout.split(SECRET)).toHaveLength(2);
    expect(inputsOf(stdout)).toMatchObject({ 'management-key': SECRET, slug: 'preview-42' });
  });

  test('can be empty, as a secret is that does not exist', async () => {
    const { exitCode, stdout } = await start('--management-key', '');
    expect(exitCode).toBe(1);
    expect(section(stdout, 'Its log')).toContain('management-key is required, and is empty');
    expect(inputsOf(stdout)['management-key']).toBe(SECRET);
  });
});

test.each(['--api-url http://127.0.0.1:9/api/v1', '--api-url=', '--api-url'])(
  'npm start refuses %s, in one line',
  async (given) => {
    const flags = given.split(' ');
    expect(await start('--name', 'Mine', ...flags)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'npm start runs the action against a sandbox of its own and shows the requests to it, so --api-url cannot be given.\n',
    });
  },
);
