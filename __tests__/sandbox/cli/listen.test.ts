import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readListening } from '../../../sandbox/cli/listen-options.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { COUNTER_DELAY } from '../../../sandbox/openrouter/resources/usage.ts';
import type { Workspace } from '../../../sandbox/openrouter/resources/workspaces.ts';
import { runStepInProcess } from '../../../sandbox/runner/in-process.ts';
import { ROOT } from '../../support/root.ts';

const CONTENTS = '--workspaces 2 --existing production --stale 1 --keys 2 --spent 1.5'.split(' ');

const LISTEN = join(ROOT, 'sandbox/cli/listen.ts');

const sandbox = spawn(process.execPath, [LISTEN, '--port', '0', ...CONTENTS]);
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

test('npm run sandbox prints what it was filled with, and lines for curl, which list that', async () => {
  expect(printed).toContain('\n  production, 3 days old\n');
  expect(printed).toContain(
    '\n  tests-web-stale-1, 30 days old\n    API key octo-org/app / CI / 1, ',
  );
  const [workspaces = [], keys] = await Promise.all(
    [...printed.matchAll(/^ {2}curl -H "(.+): (.+)" "?([^"\n]+)"?$/gm)].map(
      async ([, name = '', value = '', url = '']) => {
        const response = await fetch(url, { headers: { [name]: value } });
        const { data } = (await response.json()) as { data: Workspace[] };
        return data;
      },
    ),
  );
  const filled = ['preview-1', 'preview-2', 'production', 'tests-web-stale-1'];
  expect(workspaces.map(({ slug }) => slug).toSorted()).toEqual(['default', ...filled]);
  const stale = workspaces.find(({ slug }) => slug === 'tests-web-stale-1');
  expect(Date.now() - Date.parse(stale?.created_at ?? '')).toBeGreaterThan(30 * 86_400_000);
  expect(keys).toMatchObject([{ usage: 1.5 }, { usage: 1.5 }]);
});

test('npm run sandbox prints a step that runs against it, and each request in one line', async () => {
  const [, yaml = ''] = /\n\n( {2}- uses: .*?)\n\n/s.exec(printed) ?? [];
  const [step] = parse(yaml);
  expect(step.uses).toBe('OWNER/openrouter-workspace@v1');
  const { exitCode, outputs } = await runStepInProcess({ action: ROOT, with: step.with });
  expect([exitCode, outputs['slug'], outputs['outcome']]).toEqual([0, 'staging-web', 'created']);
  await fetch(`${step.with['api-url']}/workspaces`, { method: 'POST', body: '{\n\u001b[31m}' });
  while (!printed.includes('→ 401\n')) await once(sandbox.stdout, 'data');
  expect(printed).toMatch(/^POST \/workspaces \{.*\} → 201\nPOST \/workspaces \{ \} → 401\n/m);
});

test.each([
  ['40 s by default', [], COUNTER_DELAY],
  ['as the arguments say', ['--counter-delay', '100'], { from: 100_000, to: 125_000 }],
  ['not at all, if the arguments say so', ['--counter-delay=0'], { from: 0, to: 0 }],
])('the counters of npm run sandbox are late: %s', (_, args, counterDelay) => {
  expect(readListening(args)).toMatchObject({ counterDelay });
});

test('npm run sandbox shows late what a request has cost', async () => {
  const [, url = ''] = /^api-url: (.*)$/m.exec(printed) ?? [];
  const [, managementKey = ''] = /^management-key: (.*)$/m.exec(printed) ?? [];
  const send = async (path: string, key: string, body?: object) => {
    const headers = { authorization: `Bearer ${key}` };
    const post = body && { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(url + path, { headers, ...post });
    return (await response.json()) as { key: string; usage: { cost: number }; data: Key };
  };
  const { key } = await send('/keys', managementKey, { name: 'Key', limit: 1 });
  const messages = [{ role: 'user', content: 'Hello.' }];
  const { usage } = await send('/chat/completions', key, { model: 'openai/gpt-5-mini', messages });
  expect(usage.cost).toBeGreaterThan(0);
  const { data } = await send('/key', key);
  expect(data).toMatchObject({ usage: 0, limit_remaining: 1 });
});
