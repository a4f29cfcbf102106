/**
 * Mutation testing: changes the source in one place, runs the tests that reach it, and lists the
 * changes that no test noticed. Each is a missing test, or a change that makes no difference.
 *
 *     npm run mutants
 *     npm run mutants -- src/operations/key
 *     npm run mutants -- src/operations/key/orphans.ts --runs 1000
 *
 * Only tests that import the source can notice: a test that runs the bundle runs it without the change.
 * What they do not reach is counted, and may be tested with the bundle.
 */
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../../__tests__/support/root.ts';
import { type Mutation, mutate, mutationsOf, toJavaScript } from './mutations.ts';
import { measureTests, openWorkdir, reachedBy, type TestFile, type Workdir } from './workdir.ts';

process.chdir(ROOT);

const SOURCES = ['src/inputs', 'src/openrouter', 'src/operations'];

/** The tests that import the sources. */
const TESTS = [
  '__tests__/{inputs,openrouter,operations,properties}/**/*.test.ts',
  '__tests__/sandbox/openrouter/fields.test.ts',
];
/** Those of them that do not: they run the bundle as a process. */
const PROCESS_TESTS = [
  '__tests__/inputs/inputs.test.ts',
  '__tests__/openrouter/network.test.ts',
  '__tests__/openrouter/traps.test.ts',
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** How many cases a property is tested with. */
    runs: { type: 'string', default: '50' },
    /** How many mutants are tested at once. */
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

const workdirs = Array.from({ length: Number(values.workers) }, () => openWorkdir(values.runs));
process.on('exit', () => {
  for (const { remove } of workdirs) remove();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

const tests = await measureTests(globSync(TESTS, { exclude: PROCESS_TESTS }).sort(), workdirs);
const paths = positionals.length > 0 ? positionals : SOURCES;
const files = paths.flatMap((path) =>
  path.endsWith('.ts') ? relative(ROOT, path) : globSync(`${path}/**/*.ts`).sort(),
);
const rows = [];
for (const file of files) rows.push(await testFile(file));
console.table([...rows, total(rows)]);

/** Tests the mutants of a file, and prints those that survive. */
async function testFile(file: string) {
  const source = readFileSync(file, 'utf8');
  const code = toJavaScript(source);
  const queue = mutationsOf(code);
  const row = { file, mutants: queue.length, killed: 0, survived: 0, unreached: 0 };
  const kills = new Map<string, number>();

  async function testMutants(workdir: Workdir) {
    for (let mutation = queue.shift(); mutation; mutation = queue.shift()) {
      const line = lineOf(source, mutation.start);
      const reaching = byKills(reachedBy(tests, file, line), kills);
      if (reaching.length === 0) {
        row.unreached++;
        continue;
      }
      const killer = await workdir.findFailure(file, mutate(code, mutation), reaching);
      if (killer === undefined) {
        row.survived++;
        printSurvivor(file, source, mutation);
      } else {
        row.killed++;
        kills.set(killer, (kills.get(killer) ?? 0) + 1);
      }
    }
    workdir.restore(file, source);
  }

  await Promise.all(workdirs.map(testMutants));
  console.log(
    `${file}: ${row.killed} killed, ${row.survived} survived, ${row.unreached} unreached`,
  );
  return { ...row, score: score(row) };
}

/** First the tests that killed most mutants of the file, then the fastest. */
function byKills(tests: readonly TestFile[], kills: ReadonlyMap<string, number>): TestFile[] {
  const killsOf = ({ path }: TestFile) => kills.get(path) ?? 0;
  return tests.toSorted((a, b) => killsOf(b) - killsOf(a) || a.duration - b.duration);
}

function printSurvivor(file: string, source: string, { start, end, replacement }: Mutation): void {
  const column = start - source.lastIndexOf('\n', start - 1);
  console.log(`${file}:${lineOf(source, start)}:${column}`);
  console.log(`  - ${onOneLine(source.slice(start, end))}\n  + ${onOneLine(replacement)}`);
}

function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}

function onOneLine(code: string): string {
  const line = code.replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 70)} … ${line.slice(-29)}` : line;
}

function score({ killed, survived }: { killed: number; survived: number }): string {
  return killed + survived > 0 ? `${((100 * killed) / (killed + survived)).toFixed(1)} %` : '';
}

function total(rows: readonly Awaited<ReturnType<typeof testFile>>[]) {
  const sum = (key: 'mutants' | 'killed' | 'survived' | 'unreached') =>
    rows.reduce((all, row) => all + row[key], 0);
  const [killed, survived] = [sum('killed'), sum('survived')];
  const all = { file: 'all', mutants: sum('mutants'), killed, survived };
  return { ...all, unreached: sum('unreached'), score: score({ killed, survived }) };
}
