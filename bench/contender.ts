import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../sandbox/openrouter/server.ts';

/** A way to create a workspace, as a process. */
export interface Contender {
  name: string;
  /** The program and its arguments for a workspace with `slug` in `sandbox`. */
  command(slug: string, sandbox: Sandbox): string[];
}

/** What a process has left behind. */
export interface Ended {
  exitCode: number | null;
  stdout: string;
  /** What it wrote to GITHUB_OUTPUT. */
  output: string;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A program of Node.js, by its path from this folder. */
export function node(name: string, program: string): Contender {
  return { name, command: () => [process.execPath, here(program)] };
}

export const bareScript = node('bare script', 'bare.cjs');
export const thisAction = node('this action', '../dist/create.js');
export const officialSdk = node('official SDK', 'sdk.mjs');

export function curl(...options: string[]): Contender {
  return {
    name: 'curl',
    command: (slug, { url, managementKey }) => [
      ...['curl', '--silent', '--fail', ...options, `${url}/workspaces`],
      ...['--header', `authorization: Bearer ${managementKey}`],
      ...['--json', JSON.stringify({ name: 'Bench', slug })],
    ],
  };
}

interface Arena {
  run(candidate: Contender, slug: string, env?: Record<string, string>): Promise<Ended>;
  /** The path of a file of that name that is gone when the arena is closed. */
  file(name: string): string;
  close(): void;
}

/** A place for processes to run in against `sandbox`. */
export function openArena(sandbox: Sandbox): Arena {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const file = (name: string) => join(folder, name);
  return {
    file,
    close: () => rmSync(folder, { recursive: true }),
    async run(candidate, slug, env = {}) {
      writeFileSync(file('output'), '');
      writeFileSync(file('summary'), '');
      const [program = '', ...args] = candidate.command(slug, sandbox);
      const child = spawn(program, args, {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: {
          PATH: process.env['PATH'] ?? '',
          'INPUT_MANAGEMENT-KEY': sandbox.managementKey,
          'INPUT_API-URL': sandbox.url,
          INPUT_NAME: 'Bench',
          INPUT_SLUG: slug,
          GITHUB_OUTPUT: file('output'),
          GITHUB_STEP_SUMMARY: file('summary'),
          ...env,
        },
      });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      const [exitCode] = (await once(child, 'close')) as [number | null];
      return { exitCode, stdout, output: readFileSync(file('output'), 'utf8') };
    },
  };
}
