import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../sandbox/openrouter/server.ts';

/** A program that is measured: an action, or another way to create a workspace. */
export interface Candidate {
  name: string;
  /** The program and its arguments for a workspace with `slug` in `sandbox`. */
  command(slug: string, sandbox: Sandbox): string[];
}

/** The result of a process that has ended. */
export interface ProcessResult {
  exitCode: number | null;
  stdout: string;
  /** The content of the file `GITHUB_OUTPUT`. */
  output: string;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A program of Node.js, by its path from this folder. */
export function node(name: string, program: string): Candidate {
  return { name, command: () => [process.execPath, here(program)] };
}

export const bareScript = node('Bare script', 'bare.cjs');
export const thisAction = node('Create', '../dist/create.js');
export const officialSdk = node('Official SDK', 'sdk.mjs');

export function curl(...options: string[]): Candidate {
  return {
    name: 'curl',
    command: (slug, { url, managementKey }) => [
      ...['curl', '--silent', '--fail', ...options, `${url}/workspaces`],
      ...['--header', `authorization: Bearer ${managementKey}`],
      ...['--json', JSON.stringify({ name: 'Bench', slug })],
    ],
  };
}

/** A folder that candidates run in, with the files of a step. */
export interface Workdir {
  run(candidate: Candidate, slug: string, env?: Record<string, string>): Promise<ProcessResult>;
  /** The path of a file in the folder. */
  file(name: string): string;
  /** Removes the folder. */
  close(): void;
}

/** Opens a folder in which candidates run against `sandbox`. */
export function openWorkdir(sandbox: Sandbox): Workdir {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const file = (name: string) => join(folder, name);
  return {
    file,
    close: () => rmSync(folder, { recursive: true }),
    async run(candidate, slug, env = {}) {
      const files = { GITHUB_OUTPUT: file('output'), GITHUB_STEP_SUMMARY: file('summary') };
      for (const path of Object.values(files)) writeFileSync(path, '');
      const [program = '', ...args] = candidate.command(slug, sandbox);
      const inputs = {
        'INPUT_MANAGEMENT-KEY': sandbox.managementKey,
        'INPUT_API-URL': sandbox.url,
        INPUT_NAME: 'Bench',
        INPUT_SLUG: slug,
      };
      const child = spawn(program, args, {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { PATH: process.env['PATH'] ?? '', ...inputs, ...files, ...env },
      });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      const [exitCode] = (await once(child, 'close')) as [number | null];
      return { exitCode, stdout, output: readFileSync(files.GITHUB_OUTPUT, 'utf8') };
    },
  };
}
