import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../__tests__/support/root.ts';

const COPIED = ['src', 'sandbox', 'scripts', '__tests__', 'package.json', 'jest.config.json'];
/** Coverage makes a test several times as slow. */
const COVERAGE = [
  '--coverage',
  '--coverageProvider=v8',
  '--coverageReporters=json',
  '--testTimeout=60000',
];

/** How much longer than usual tests may take together, in milliseconds. */
const TIMEOUT_MS = 15_000;

export interface TestFile {
  path: string;
  /** How long it takes on its own, in milliseconds. */
  duration: number;
  /** The lines that it runs, by source file. */
  lines: ReadonlyMap<string, ReadonlySet<number>>;
}

/** A copy of the project in which one file at a time is changed. */
export interface Workdir {
  /** Runs one test file. @throws if it fails. */
  measure(path: string): Promise<TestFile>;
  /**
   * Runs `tests` with `code` instead of the source `file`, until one fails. Returns its path, or
   * undefined if none fails. A test that does not end fails.
   */
  findFailure(file: string, code: string, tests: readonly TestFile[]): Promise<string | undefined>;
  restore(file: string, source: string): void;
  remove(): void;
}

/** @param runs How many cases a property is tested with. */
export function openWorkdir(runs: string): Workdir {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const config = join(folder, 'jest.config.json');
  writeFileSync(config, JSON.stringify(jestConfig(folder, config)));

  const jest = (paths: readonly string[], args: readonly string[], timeout = 0) => {
    const files = paths.map((path) => join(folder, path));
    const env = { ...process.env, PROPERTY_RUNS: runs, TEST_FILES: files.join('\n') };
    return runJest(['--runTestsByPath', ...files, ...args], { cwd: folder, env, timeout });
  };

  return {
    async measure(path) {
      const start = performance.now();
      const { failed, output } = await jest([path], COVERAGE);
      if (failed) throw new Error(`The tests must pass without a change:\n${output}`);
      const duration = performance.now() - start;
      const coverage = JSON.parse(
        readFileSync(join(folder, 'coverage/coverage-final.json'), 'utf8'),
      );
      return { path, duration, lines: linesIn(coverage, folder) };
    },
    async findFailure(file, code, tests) {
      writeFileSync(join(folder, file), code);
      const usual = tests.reduce((sum, { duration }) => sum + duration, 0);
      const paths = tests.map(({ path }) => path);
      const { failed, output } = await jest(paths, ['--bail'], Math.round(usual) + TIMEOUT_MS);
      if (!failed) return undefined;
      return /^FAIL (\S+)/m.exec(output)?.[1] ?? paths[0];
    },
    restore: (file, source) => writeFileSync(join(folder, file), source),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function jestConfig(folder: string, config: string) {
  return {
    ...JSON.parse(readFileSync(config, 'utf8')),
    setupFiles: ['<rootDir>/scripts/mutants/setup.ts'],
    testSequencer: '<rootDir>/scripts/mutants/sequencer.ts',
    cacheDirectory: join(folder, '.cache'),
    testTimeout: 5_000,
  };
}

interface JestRun {
  failed: boolean;
  output: string;
}

function runJest(
  args: readonly string[],
  options: Parameters<typeof execFile>[2],
): Promise<JestRun> {
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const command = ['--experimental-vm-modules', '--no-warnings', jest, '--runInBand', ...args];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      command,
      { ...options, killSignal: 'SIGKILL', encoding: 'utf8', maxBuffer: 2 ** 28 },
      (error, _, stderr) => resolve({ failed: error !== null, output: stderr }),
    );
  });
}

/** A report of jest: how often each statement ran, by file. */
type Coverage = Record<
  string,
  { statementMap: Record<string, { start: { line: number } }>; s: Record<string, number> }
>;

function linesIn(coverage: Coverage, folder: string): TestFile['lines'] {
  return new Map(
    Object.entries(coverage).map(([path, { statementMap, s }]) => {
      const run = Object.entries(statementMap).filter(([id]) => (s[id] ?? 0) > 0);
      return [path.slice(folder.length + 1), new Set(run.map(([, { start }]) => start.line))];
    }),
  );
}

/** Runs each test file on its own, to know how long it takes and what it reaches. */
export async function measureTests(
  paths: readonly string[],
  workdirs: readonly Workdir[],
): Promise<TestFile[]> {
  const queue = [...paths];
  const measured = await Promise.all(
    workdirs.map(async (workdir) => {
      const results = [];
      for (let path = queue.shift(); path; path = queue.shift()) {
        results.push(await workdir.measure(path));
      }
      return results;
    }),
  );
  return measured.flat();
}

/** The tests that reach a line of a source file. */
export function reachedBy(tests: readonly TestFile[], file: string, line: number): TestFile[] {
  return tests.filter(({ lines }) => lines.get(file)?.has(line));
}
