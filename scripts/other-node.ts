/**
 * Runs the tests that run actions as processes, with the oldest or the newest Node.js that the
 * actions are promised to run on. npm installs that first, unless it is there: `npm ci` does without.
 * The tests and the sandbox stay on the Node.js of the project.
 *
 *     npm run test:oldest-node [-- ARGUMENT…]      arguments are those of jest
 *     npm run test:newest-node [-- ARGUMENT…]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { engines } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** By the first argument: whether a version is that one. */
const IS_PROMISED: Record<string, (version: string) => boolean> = {
  oldest: (version) => engines.node === `>=${version}`,
  // The promise has no upper bound: the newest release when it was pinned.
  newest: (version) => majorOf(version) > majorOf(process.versions.node),
};

const [which = '', ...jestArguments] = process.argv.slice(2);
const isPromised = IS_PROMISED[which];
if (!isPromised) throw new Error(`Usage: other-node.ts ${Object.keys(IS_PROMISED).join('|')}`);

const { platform, arch } = process;
const [name, file] = platform === 'win32' ? ['win', 'node.exe'] : [platform, 'node'];
const node = `${root}vendor/${which}-node/node_modules/node-${name}-${arch}/bin/${file}`;
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1);
if (!isPromised(version)) {
  throw new Error(
    `${node} is ${version}, not the ${which}: package.json promises ${engines.node}, and this is ${process.version}`,
  );
}

console.log(`Running the actions with Node.js ${version}.`);
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    `${root}node_modules/jest/bin/jest.js`,
    '--findRelatedTests',
    `${root}sandbox/runner/runner.ts`,
    ...jestArguments,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ACTION_NODE: node } },
);
process.exitCode = status ?? 1;

function majorOf(version: string): number {
  return Number(version.split('.')[0]);
}
