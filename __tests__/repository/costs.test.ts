import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { readExamples } from '../../scripts/examples.ts';
import { openHarness, ROOT } from '../support/harness.ts';

interface Step {
  id?: string;
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Comment {
  id: number;
  user: { login: string };
  body: string;
}

const STEPS = new Map(
  readExamples(join(ROOT, 'docs/costs.md')).map(({ text }): [string, Step[]] => {
    const { name, jobs } = parse(text);
    return [name, Object.values<{ steps: Step[] }>(jobs).flatMap(({ steps }) => steps)];
  }),
);

/** A `gh` that has the comments and the secret in files, and knows only what the page uses. */
const GH = `import { readFileSync, writeFileSync } from 'node:fs';
const [command, ...args] = process.argv.slice(2);
if (command === 'secret') {
  if (process.env.GH_FAILS) process.exit(1);
  writeFileSync('secret', readFileSync(0));
  process.exit();
}
const comments = JSON.parse(readFileSync('comments', 'utf8'));
const option = (name) => args[args.indexOf(name) + 1];
const path = args.find((arg) => arg.startsWith('repos/'));
const comment = comments.find(({ id }) => path === 'repos/o/r/issues/comments/' + id);
const isList = path === 'repos/o/r/issues/7/comments';
if (args.includes('--method')) {
  const body = option('--raw-field').slice('body='.length);
  if (option('--method') === 'PATCH') comment.body = body;
  else comments.push({ id: comments.length + 1, user: { login: 'github-actions[bot]' }, body });
  writeFileSync('comments', JSON.stringify(comments));
} else if (isList) {
  const [, login, start] = /login == "(.*?)" and .*startswith\\("(.*?)"\\).* \\.id$/.exec(option('--jq'));
  for (const { id, user, body } of comments) {
    if (user.login === login && body.startsWith(start)) console.log(id);
  }
} else {
  console.log(comment.body);
}
`;

const folder = mkdtempSync(join(tmpdir(), 'costs-'));
writeFileSync(join(folder, 'gh.mjs'), GH);
const LAUNCHER = `#!/bin/sh\nexec '${process.execPath}' '${folder}/gh.mjs' "$@"\n`;
writeFileSync(join(folder, 'gh'), LAUNCHER, { mode: 0o755 });
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the script of a step as the runner does, and returns its exit code. */
function runScript({ run = '' }: Step, env: Record<string, string>): number | null {
  const { status } = spawnSync('bash', ['-eo', 'pipefail', '-c', run], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env['PATH']}`, GITHUB_REPOSITORY: 'o/r', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status;
}

describe('the bill in the pull request', () => {
  const MARK = '<!-- cost of the preview -->';
  const FOREIGN: Comment[] = [
    { id: 1, user: { login: 'mona' }, body: `${MARK}\n| [1.1](x) | 999 |` },
    { id: 2, user: { login: 'github-actions[bot]' }, body: 'Coverage: 80 %' },
  ];
  let runs: number;
  beforeEach(() => {
    runs = 0;
    write(FOREIGN);
  });
  const write = (comments: Comment[]) =>
    writeFileSync(join(folder, 'comments'), JSON.stringify(comments));
  const read = (): Comment[] => JSON.parse(readFileSync(join(folder, 'comments'), 'utf8'));
  const comment = (workflow: string, env: Record<string, string>) => {
    const step = STEPS.get(workflow)?.findLast(({ run }) => run?.includes(MARK));
    if (!step) throw new Error(`${workflow} has no step that comments`);
    expect(runScript(step, { NUMBER: '7', ...env })).toBe(0);
  };
  const preview = (cost: string) => {
    runs += 1;
    comment('Preview', {
      COST: cost,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_RUN_ID: '99',
      GITHUB_RUN_NUMBER: String(runs),
      GITHUB_RUN_ATTEMPT: '1',
    });
  };
  const close = () => comment('Delete preview', {});
  const bills = () => read().slice(FOREIGN.length);
  const sentence = () => bills()[0]?.body.split('\n')[1];

  test('One comment has a row for each run and their total, also after a reopen', () => {
    preview('0.0421');
    expect(sentence()).toBe('The tests have cost at least **0.0421 USD** so far.');
    preview('0.5');
    close();
    const total = 'The tests have cost at least **0.5421 USD** in total. The preview was deleted.';
    expect(sentence()).toBe(total);
    close();
    expect(sentence()).toBe(total);
    preview('0');
    // A cost that could not be read.
    preview('');
    expect(bills()).toHaveLength(1);
    expect(bills()[0]?.body.split('\n')).toEqual([
      MARK,
      'The tests have cost at least **0.5421 USD** so far.',
      '',
      '| Run | USD |',
      '| --- | --- |',
      '| [1.1](https://github.com/o/r/actions/runs/99/attempts/1) | 0.0421 |',
      '| [2.1](https://github.com/o/r/actions/runs/99/attempts/1) | 0.5 |',
      '| [3.1](https://github.com/o/r/actions/runs/99/attempts/1) | 0 |',
      '| [4.1](https://github.com/o/r/actions/runs/99/attempts/1) | unknown |',
    ]);
    expect(read().slice(0, 2)).toEqual(FOREIGN);
  });

  test('A pull request without a preview gets no comment when it is closed', () => {
    close();
    expect(read()).toEqual(FOREIGN);
  });

  test('Of two comments with the mark, the first is updated', () => {
    preview('1');
    write([...read(), { id: 4, user: { login: 'github-actions[bot]' }, body: MARK }]);
    preview('1');
    expect(sentence()).toBe('The tests have cost at least **2.0000 USD** so far.');
    expect(bills()[1]?.body).toBe(MARK);
  });
});

describe('the rotation of a key', () => {
  const harness = openHarness();
  const steps = STEPS.get('Rotate the API key') ?? [];
  const keys = () => harness.sandbox.account.keys;

  /** Runs the workflow up to the step `failing`, in which `gh` fails. */
  async function rotate({ failing }: { failing?: string } = {}): Promise<void> {
    const outputs: Record<string, Record<string, string>> = {};
    const ends: (() => Promise<unknown>)[] = [];
    for (const { id = '', name = '', with: inputs = {}, uses, env = {}, ...step } of steps) {
      if (uses) {
        const { 'management-key': _, ...own } = inputs;
        const texts = Object.fromEntries(Object.entries(own).map(([key, at]) => [key, String(at)]));
        const main = await harness.run('key', texts);
        expect(main.exitCode).toBe(0);
        outputs[id] = main.outputs;
        ends.unshift(() => harness.end('key', texts, main));
        continue;
      }
      const [, source = ''] = /steps\.(\w+)\.outputs\.key/.exec(String(env['KEY'])) ?? [];
      const KEY = outputs[source]?.['key'] ?? '';
      const GH_FAILS = name === failing ? 'true' : '';
      expect(runScript(step, { KEY, GH_FAILS })).toBe(failing === name ? 1 : 0);
      if (name === failing) break;
    }
    for (const end of ends) await end();
  }

  /** The name of the key that is stored, if OpenRouter accepts it. */
  async function storedKey(): Promise<string | undefined> {
    const secret = readFileSync(join(folder, 'secret'), 'utf8');
    const response = await fetch(`${harness.sandbox.url}/key`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    const { data } = Object(await response.json());
    return keys().find(({ label }) => label === data?.label)?.name;
  }

  test('The stored key exists after each failure, and one key remains after a success', async () => {
    seedWorkspace(harness.sandbox, { slug: 'production-web' });
    await rotate();
    expect(await storedKey()).toBe('Key of production');
    await rotate({ failing: 'Store the bridge' });
    expect(await storedKey()).toBe('Key of production');
    await rotate({ failing: 'Store the new key' });
    expect(await storedKey()).toBe('Bridge of production');
    await rotate();
    expect(await storedKey()).toBe('Key of production');
    expect(keys()).toHaveLength(1);
  });
});
