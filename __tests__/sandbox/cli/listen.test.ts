import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { UsageError } from '../../../sandbox/cli/arguments.ts';
import { readListening } from '../../../sandbox/cli/listen-options.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../../sandbox/openrouter/resources/workspaces.ts';
import { runStep } from '../../../sandbox/runner/runner.ts';
import { ROOT } from '../../support/harness.ts';

const SCRIPT = join(ROOT, 'sandbox/cli/listen.ts');
const CONTENTS = '--workspaces 2 --existing production --stale 1 --keys 2 --spent 1.5'.split(' ');

const sandbox = spawn(process.execPath, [SCRIPT, '--port', '0', ...CONTENTS], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
let printed = '';

beforeAll(async () => {
  sandbox.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  while (!printed.includes('The requests:')) await once(sandbox.stdout, 'data');
});

afterAll(async () => {
  sandbox.kill();
  await once(sandbox, 'close');
});

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

/** The `data` of what the line for curl requests, with `path` instead of the workspaces. */
async function get<Data>(path: string): Promise<Data> {
  const [, name = '', value = '', url = ''] =
    /^ {2}curl -H "(.+): (.+)" (.+)\/workspaces$/m.exec(printed) ?? [];
  const response = await fetch(url + path, { headers: { [name]: value } });
  const { data } = (await response.json()) as { data: Data };
  return data;
}

test('npm run sandbox prints what it was filled with, and lines for curl, which list that', async () => {
  const slugs = (await get<Workspace[]>('/workspaces')).map(({ slug }) => slug);
  const filled = ['preview-1', 'preview-2', 'preview-stale-1', 'production'];
  expect(slugs.toSorted()).toEqual(['default', ...filled]);
  expect(printed).toContain(
    '\n  preview-stale-1, 30 days old\n    API key octo-org/app / CI / 1, ',
  );
  expect(printed).toContain('\n  production, 3 days old\n');
  const [, query = ''] = /^ {2}curl -H .+(\/keys\?.+)"$/m.exec(printed) ?? [];
  expect(await get<Key[]>(query)).toHaveLength(2);
});

test('npm run sandbox gives each workspace API keys that have spent something', async () => {
  const { id, created_at } = await get<Workspace>('/workspaces/preview-stale-1');
  expect(Date.now() - Date.parse(created_at)).toBeGreaterThan(30 * 86_400_000);
  expect(await get<Key[]>(`/keys?workspace_id=${id}`)).toMatchObject([
    { usage: 1.5 },
    { usage: 1.5 },
  ]);
});

test('npm run sandbox prints a step that runs against it, and then its requests', async () => {
  const [, yaml = ''] = /\n\n( {2}- uses: .*?)\n\n/s.exec(printed) ?? [];
  const [step] = parse(yaml);
  expect(step.uses).toBe('OWNER/openrouter-workspace@v1');
  const { exitCode, outputs } = await runStep({ action: ROOT, with: step.with });
  expect([exitCode, outputs['slug'], outputs['outcome']]).toEqual([0, 'preview-42', 'created']);
  while (!printed.includes('→ 201\n')) await once(sandbox.stdout, 'data');
  expect(printed).toMatch(/^POST \/workspaces \{.*\} → 201$/m);
});

test('npm run sandbox prints a command of npm start that runs an action against it', async () => {
  const [, args = ''] = /^ {2}npm start -- (.+)$/m.exec(printed) ?? [];
  const start = join(ROOT, 'sandbox/cli/start.ts');
  const { stdout } = run(start, ...args.split(' '), '--slug=preview-44');
  expect(stdout).toContain('outcome: created');
  expect(await get<Workspace>('/workspaces/preview-44')).toMatchObject({ slug: 'preview-44' });
});

test('npm run sandbox prints a request in one line, without control characters', async () => {
  const [, url = ''] = /^api-url: (.+)$/m.exec(printed) ?? [];
  await fetch(`${url}/workspaces`, { method: 'POST', body: '{\n\u001b[31m}' });
  while (!printed.includes('→ 401\n')) await once(sandbox.stdout, 'data');
  expect(printed).toContain('\nPOST /workspaces { } → 401\n');
});

test.each([
  ['--port 65536', '--port 65536 is not a port, from 0 to 65535.'],
  ['--port', '--port needs a value. To list all options: npm run sandbox -- --help'],
  ['--workspaces two', '--workspaces two is not a whole number from 0 to 200.'],
  [
    '--workspaces 1 --existing preview-1',
    '--existing preview-1 is once too many: that workspace exists without it.',
  ],
  ['--keys 2', '--keys needs a workspace: add --workspaces N or --stale N.'],
  ['--stale 1 --spent 2', '--spent needs API keys that have spent it: add --keys N.'],
])('npm run sandbox refuses %s', (args, problem) => {
  expect(() => readListening(args.split(' '))).toThrow(new UsageError(problem));
});

test('npm run sandbox prints in one line that its port is taken', () => {
  const [, port = ''] = /^api-url: http:\/\/127\.0\.0\.1:(\d+)\//m.exec(printed) ?? [];
  expect(run(SCRIPT, '--port', port)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: `Cannot listen on port ${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}. Use another --port.\n`,
  });
});
