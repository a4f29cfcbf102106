import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** A folder in which scripts of examples run as on a runner, with stubs for the commands that they use. */
export function openShell() {
  const folder = mkdtempSync(join(tmpdir(), 'shell-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string, mode?: number) =>
    writeFileSync(join(folder, name), `${text}\n`, { mode });
  return {
    folder,
    write: (name: string, text: string) => write(name, text),
    read: (name: string) => readFileSync(join(folder, name), 'utf8'),
    stub: (command: string, text: string) => write(command, `#!/bin/sh\n${text}`, 0o755),
    remove: (name: string) => rmSync(join(folder, name)),
    /** The exit code is null if the script does not end. */
    run(script: string, input = '') {
      const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', script], {
        cwd: folder,
        encoding: 'utf8',
        // bash reads the settings of a user.
        env: { HOME: folder, PATH: `${folder}:${process.env['PATH']}` },
        input,
        timeout: 60_000,
      });
      return { status, output: stdout + stderr };
    },
  };
}
