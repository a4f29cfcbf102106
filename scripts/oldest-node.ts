/**
 * Runs the tests that run actions as processes, with the oldest Node.js that `package.json`
 * promises for the actions. The tests and the sandbox stay on the Node.js of the project.
 *
 *     npm run test:oldest-node [-- ARGUMENT…]      arguments are those of jest
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { platform, arch } = process;
const [name, file] = platform === 'win32' ? ['win', 'node.exe'] : [platform, 'node'];
const oldest = `${root}vendor/oldest-node/node_modules/node-${name}-${arch}/bin/${file}`;

const { engines } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const version = execFileSync(oldest, ['--version'], { encoding: 'utf8' }).trim();
if (engines.node !== `>=${version.slice(1)}`) {
  throw new Error(`package.json promises ${engines.node}, and ${oldest} is ${version}`);
}

console.log(`Running the actions with Node.js ${version}.`);
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    `${root}node_modules/jest/bin/jest.js`,
    '--findRelatedTests',
    `${root}sandbox/runner/runner.ts`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ACTION_NODE: oldest } },
);
process.exitCode = status ?? 1;
