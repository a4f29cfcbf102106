/**
 * Runs a program with a Node.js that can: the one that `npm ci` has installed, or else that of the
 * machine. npm 10 installs it without making it the `node` of scripts.
 *
 *     node scripts/launch.js PROGRAM [ARGUMENT…]
 *
 * In plain JavaScript, because an older Node.js starts it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

/** The first major version with which all programs and tests of the project succeed. */
const REQUIRED = 24;

const { platform, arch } = process;
const [system, file] = platform === 'win32' ? ['win', 'node.exe'] : [platform, 'node'];
const packages = fileURLToPath(new URL('../node_modules', import.meta.url));
const installed = join(packages, `node-${system}-${arch}/bin`, file);
const node = [installed, process.execPath].find((path) => majorOf(path) >= REQUIRED);
if (!existsSync(packages)) fail('Run npm ci first.');
else if (node) run(node);
else if (existsSync(installed)) {
  fail(`${installed} does not start on this machine. Install Node.js ${REQUIRED} or newer.`);
} else {
  fail(
    `This needs Node.js ${REQUIRED} or newer, which npm ci installs on Linux and on Windows x64; elsewhere, install it from https://nodejs.org.`,
  );
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

/** The major version of a Node.js. It is NaN if the file does not exist, or is for another system. */
function majorOf(path) {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return Number.parseInt(stdout?.slice(1), 10);
}

function run(path) {
  const child = spawn(path, process.argv.slice(2), { stdio: 'inherit' });
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      // A terminal sends these two to the program itself, for which the second one can mean: at once.
      const isSent = isatty(0) && signal !== 'SIGTERM';
      if (!isSent) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}
