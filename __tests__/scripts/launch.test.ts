import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import manifest from '../../package.json' with { type: 'json' };
import { ROOT } from '../support/root.ts';

const LAUNCHER = 'scripts/launch.js';

test.each(Object.entries(manifest.scripts))(
  'npm run %s runs each program by the launcher, so that an older Node.js is enough',
  (_, script) => {
    const programs = script.split(' && ').filter((command) => command.startsWith('node '));
    expect(programs.filter((command) => !command.startsWith(`node ${LAUNCHER} `))).toEqual([]);
  },
);

describe('the launcher takes', () => {
  const root = mkdtempSync(join(tmpdir(), 'launch-'));
  cpSync(join(ROOT, LAUNCHER), join(root, LAUNCHER));
  const { platform, arch } = process;
  const packages = join(root, 'node_modules');
  const installed = join(packages, `node-${platform}-${arch}/bin/node`);
  const machine = join(root, 'machine/node');

  afterAll(() => rmSync(root, { recursive: true }));
  beforeEach(() => mkdirSync(packages));
  afterEach(() => rmSync(packages, { recursive: true, force: true }));

  /** A stand-in for a Node.js, which says that it has this version, or else what it runs. */
  function write(path: string, version: string): void {
    mkdirSync(dirname(path), { recursive: true });
    const answer = `if [ "$1" = --version ]; then echo ${version}; else echo "${version}: $*"; fi`;
    writeFileSync(path, `#!/bin/sh\n${answer}\n`);
    chmodSync(path, 0o755);
  }

  /** Launches a program on a machine with a Node.js of this version. */
  function launch(version: string) {
    write(machine, version);
    const preload = `data:text/javascript,process.execPath=${JSON.stringify(machine)}`;
    const args = ['--import', preload, join(root, LAUNCHER), 'a.ts', '--help'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  test.each(['v20.10.0', 'v22.12.0', 'v26.12.1'])(
    'the Node.js that npm ci has installed, on a machine with %s',
    (version) => {
      write(installed, 'v24.22.3');
      expect(launch(version)).toEqual({ status: 0, stdout: 'v24.22.3: a.ts --help\n', stderr: '' });
    },
  );

  test('that of the machine if npm ci has installed none', () => {
    expect(launch('v26.12.1').stdout).toBe('v26.12.1: a.ts --help\n');
  });

  test('that of the machine if the installed one is for another system', () => {
    write(installed, '');
    expect(launch('v24.0.0').stdout).toBe('v24.0.0: a.ts --help\n');
  });

  test('none that is too old, and says in one sentence what to install', () => {
    const stderr =
      'This needs Node.js 24 or newer, which npm ci installs on Linux and on Windows x64; elsewhere, install it from https://nodejs.org.\n';
    expect(launch('v22.23.2')).toEqual({ status: 1, stdout: '', stderr });
  });

  test('none if the installed one does not start, as without glibc, and says which', () => {
    write(installed, '');
    const stderr = `${installed} does not start on this machine. Install Node.js 24 or newer.\n`;
    expect(launch('v22.23.2')).toEqual({ status: 1, stdout: '', stderr });
  });

  test.each(['v22.23.2', 'v24.0.0'])('none before npm ci, on a machine with %s', (version) => {
    rmSync(packages, { recursive: true });
    expect(launch(version)).toEqual({ status: 1, stdout: '', stderr: 'Run npm ci first.\n' });
  });
});

describe('the launcher passes on', () => {
  const start = (program: string) =>
    spawn(process.execPath, [LAUNCHER, '-e', program], { cwd: ROOT });

  test('input, output and exit code', async () => {
    const child = start('process.stdin.pipe(process.stdout); process.exitCode = 7');
    const closed = once(child, 'close');
    child.stdin.end('input');
    expect(await text(child.stdout)).toBe('input');
    expect(await closed).toEqual([7, null]);
  });

  test.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)('%s', async (signal) => {
    const child = start(
      `process.on('${signal}', () => process.exit(3)); process.stdin.resume(); console.log('ready');`,
    );
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([3, null]);
  });

  test('as shells do that a signal has ended the program', async () => {
    const child = start(`process.kill(process.pid, 'SIGKILL')`);
    expect(await once(child, 'close')).toEqual([137, null]);
  });
});
