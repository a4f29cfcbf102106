import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { startSandbox } from '../sandbox/openrouter/server.ts';
import {
  bareScript,
  type Contender,
  curl,
  node,
  officialSdk,
  openArena,
  thisAction,
} from './contender.ts';
import type { Row } from './table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

type Inputs = Record<string, string>;

/** The other actions, and what each run of them is given. */
const COMPANIONS: [Contender, (slug: string) => Inputs][] = [
  [node('key', '../dist/key.js'), (slug) => ({ INPUT_NAME: '', INPUT_WORKSPACE: slug })],
  [node('delete', '../dist/delete.js'), (slug) => ({ INPUT_WORKSPACE: slug })],
  [
    node('sweep', '../dist/sweep.js'),
    () => ({ 'INPUT_SLUG-PATTERN': 'none-*', 'INPUT_OLDER-THAN': '14d' }),
  ],
];

/**
 * Time from start to finish, peak memory and download of each action, beside other ways to create a
 * workspace. Each is timed in turn with a bare script that creates one, so that a machine whose
 * speed drifts slows both, and the ratio holds.
 */
export async function measureTime(pairs: number): Promise<Row[]> {
  const sandbox = await startSandbox();
  const workdir = openArena(sandbox);
  let slugs = 0;

  const run = async (candidate: Contender, env: Inputs, inputs: (slug: string) => Inputs) => {
    slugs += 1;
    const slug = `bench-${slugs}`;
    if (candidate.name === 'key' || candidate.name === 'delete') seedWorkspace(sandbox, { slug });
    const start = performance.now();
    const { exitCode } = await workdir.run(candidate, slug, { ...env, ...inputs(slug) });
    if (exitCode !== 0) throw new Error(`${candidate.name} ended with ${exitCode}`);
    return performance.now() - start;
  };
  const measure = async (candidate: Contender, inputs: (slug: string) => Inputs = () => ({})) => {
    await run(candidate, {}, inputs);
    const ratios: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const own = await run(candidate, {}, inputs);
      ratios.push(own / (await run(bareScript, {}, () => ({}))));
    }
    return median(ratios).toFixed(2);
  };
  /** The largest of three runs. */
  const peakOf = async (candidate: Contender, inputs: (slug: string) => Inputs = () => ({})) => {
    const preload = fileURLToPath(new URL('peak.cjs', import.meta.url));
    const env = { NODE_OPTIONS: `--require ${preload}`, BENCH_PEAK: workdir.file('peak') };
    let largest = 0;
    for (let count = 0; count < 3; count += 1) {
      await run(candidate, env, inputs);
      largest = Math.max(largest, Number(readFileSync(workdir.file('peak'), 'utf8')));
    }
    return `${(largest / 1024).toFixed(1)} MiB`;
  };

  const rows: Row[] = [
    {
      measure: 'Create, start to finish ÷ bare script',
      ours: await measure(thisAction),
      bare: '1.00',
      sdk: await measure(officialSdk),
      curl: await measure(curl()),
    },
    {
      measure: 'Create, peak memory',
      ours: await peakOf(thisAction),
      bare: await peakOf(bareScript),
      sdk: await peakOf(officialSdk),
    },
  ];
  for (const [candidate, inputs] of COMPANIONS) {
    rows.push(
      {
        measure: `${titled(candidate.name)}, start to finish ÷ a create by the bare script`,
        ours: await measure(candidate, inputs),
      },
      { measure: `${titled(candidate.name)}, peak memory`, ours: await peakOf(candidate, inputs) },
    );
  }
  await sandbox.close();
  workdir.close();
  return [...rows, downloads()];
}

/** What a runner downloads: all actions together, beside the others as archives of their own. */
function downloads(): Row {
  const archive = execFileSync('git', ['archive', '--format=tar.gz', 'HEAD'], { cwd: ROOT });
  const sdk = execFileSync('tar', ['czh', 'node_modules/@openrouter/sdk', 'node_modules/zod'], {
    cwd: ROOT,
    maxBuffer: 2 ** 30,
  });
  const bare = gzipSync(readFileSync(fileURLToPath(new URL('bare.cjs', import.meta.url))));
  return {
    measure: 'Download, all four actions together',
    ours: size(archive),
    bare: size(bare),
    sdk: size(sdk),
    curl: 'on the runner',
  };
}

function size({ length }: Buffer): string {
  return `${(length / 1000).toFixed(1)} kB`;
}

function titled(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function median(figures: number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}
