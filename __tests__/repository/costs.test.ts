import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
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

const STEPS = new Map(
  readExamples(join(ROOT, 'docs/costs.md')).map(({ text }): [string, Step[]] => {
    const { name, jobs } = parse(text);
    return [name, Object.values<{ steps: Step[] }>(jobs).flatMap(({ steps }) => steps)];
  }),
);

/** A `gh` that has the secret in a file, and knows only what the page uses. */
const GH = `import { readFileSync, writeFileSync } from 'node:fs';
if (process.env.GH_FAILS) process.exit(1);
writeFileSync('secret', readFileSync(0));
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
