import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { type Sandbox, startSandbox } from '../sandbox/openrouter/server.ts';
import {
  bareScript,
  type Candidate,
  curl,
  node,
  officialSdk,
  openWorkdir,
  thisAction,
  type Workdir,
} from './candidate.ts';
import { formatSize, measureDownload } from './download.ts';
import type { Row } from './table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A candidate, and what each of its runs needs. */
interface Scene {
  candidate: Candidate;
  /** Whether the workspace exists before. */
  exists?: boolean;
  /** Its inputs besides those of a create step. */
  inputs?(slug: string): Record<string, string>;
}

const BARE_SCRIPT: Scene = { candidate: bareScript };
const SDK: Scene = { candidate: officialSdk };

const ACTIONS: Scene[] = [
  { candidate: thisAction },
  {
    candidate: node('Key', '../dist/key.js'),
    exists: true,
    inputs: (slug) => ({ INPUT_NAME: '', INPUT_WORKSPACE: slug, INPUT_SEAL: 'none' }),
  },
  {
    candidate: node('Delete', '../dist/delete.js'),
    exists: true,
    inputs: (slug) => ({ INPUT_WORKSPACE: slug }),
  },
  {
    candidate: node('Sweep', '../dist/sweep.js'),
    inputs: () => ({ 'INPUT_SLUG-PATTERN': 'none-*', 'INPUT_OLDER-THAN': '14d' }),
  },
];

const TIME = 'Time ÷ bare script';
const MEMORY = 'Peak memory';
const DOWNLOAD = 'Download';

/**
 * Time from start to finish, peak memory and download of each action and of other ways to create a
 * workspace.
 */
export async function measureTime(pairs: number): Promise<Row[]> {
  const sandbox = await startSandbox();
  const setup = { sandbox, workdir: openWorkdir(sandbox) };
  const rowOf = async (scene: Scene): Promise<Row> => ({
    Program: scene.candidate.name,
    [TIME]: scene === BARE_SCRIPT ? '1.00' : await ratioOf(scene, setup, pairs),
    [MEMORY]: await peakOf(scene, setup),
  });
  const actions: Row[] = [];
  for (const scene of ACTIONS) actions.push(await rowOf(scene));
  const downloads = measureDownloads();
  const rows: Row[] = [
    ...actions,
    { Program: 'All actions', [DOWNLOAD]: downloads.actions },
    { ...(await rowOf(BARE_SCRIPT)), [DOWNLOAD]: downloads.bareScript },
    { ...(await rowOf(SDK)), [DOWNLOAD]: downloads.sdk },
    {
      Program: 'curl',
      [TIME]: await ratioOf({ candidate: curl() }, setup, pairs),
      [DOWNLOAD]: 'on the runner',
    },
  ];
  await sandbox.close();
  setup.workdir.close();
  return rows;
}

interface Setup {
  sandbox: Sandbox;
  workdir: Workdir;
}

/** Runs a candidate once, with a slug of its own. Returns how long it took, in milliseconds. */
async function timeOf(
  { candidate, exists = false, inputs = () => ({}) }: Scene,
  { sandbox, workdir }: Setup,
  env: Record<string, string> = {},
): Promise<number> {
  const slug = `bench-${sandbox.account.workspaces.length}-${sandbox.requests.length}`;
  if (exists) seedWorkspace(sandbox, { slug });
  const start = performance.now();
  const { exitCode } = await workdir.run(candidate, slug, { ...env, ...inputs(slug) });
  if (exitCode !== 0) throw new Error(`${candidate.name} ended with ${exitCode}`);
  return performance.now() - start;
}

/**
 * How much longer a candidate takes than the bare script that creates a workspace. They run in
 * turn: a machine that slows down slows both, and their ratio stays.
 */
async function ratioOf(scene: Scene, setup: Setup, pairs: number): Promise<string> {
  await timeOf(scene, setup);
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const own = await timeOf(scene, setup);
    ratios.push(own / (await timeOf(BARE_SCRIPT, setup)));
  }
  return median(ratios).toFixed(2);
}

/** The largest peak of three runs. */
async function peakOf(scene: Scene, setup: Setup): Promise<string> {
  const preload = fileURLToPath(new URL('peak.cjs', import.meta.url));
  const file = setup.workdir.file('peak');
  const peaks: number[] = [];
  for (let count = 0; count < 3; count += 1) {
    await timeOf(scene, setup, { NODE_OPTIONS: `--require ${preload}`, BENCH_PEAK: file });
    peaks.push(Number(readFileSync(file, 'utf8')));
  }
  return `${(Math.max(...peaks) / 1024).toFixed(1)} MiB`;
}

/** The size of what a runner downloads for all actions, and of other programs as archives. */
function measureDownloads() {
  const sdk = execFileSync('tar', ['czh', 'node_modules/@openrouter/sdk', 'node_modules/zod'], {
    cwd: ROOT,
    maxBuffer: 2 ** 30,
  });
  const bareScript = gzipSync(readFileSync(fileURLToPath(new URL('bare.cjs', import.meta.url))));
  return {
    actions: measureDownload(),
    bareScript: formatSize(bareScript),
    sdk: formatSize(sdk),
  };
}

function median(figures: number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}
