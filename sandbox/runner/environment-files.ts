import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The files that a step writes to, by the variable with the path of each
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#environment-files).
 */
const FILES = {
  GITHUB_OUTPUT: 'output',
  GITHUB_STATE: 'state',
  GITHUB_STEP_SUMMARY: 'summary',
  GITHUB_ENV: 'env',
  GITHUB_PATH: 'path',
};

/** Creates the files of a step in `folder`. Returns the variables with their paths. */
export async function createFiles(folder: string): Promise<Record<string, string>> {
  const paths = Object.entries(FILES).map(([variable, name]) => [variable, join(folder, name)]);
  await Promise.all(paths.map(([, path = '']) => writeFile(path, '')));
  return Object.fromEntries(paths);
}

/** Writes the event of a run in `folder`. Returns the variable with the path of its file. */
export async function writeEvent(folder: string, event: object): Promise<Record<string, string>> {
  const path = join(folder, 'event.json');
  await writeFile(path, JSON.stringify(event));
  return { GITHUB_EVENT_PATH: path };
}

export async function removeFiles(folder: string): Promise<void> {
  await Promise.all(Object.values(FILES).map((name) => rm(join(folder, name))));
}

/** What a runner reads from the files of a step. */
export interface FileContents {
  outputs: Record<string, string>;
  state: Record<string, string>;
  summary: string;
  /** Lines of the log about files that are invalid, in the runner's words. */
  errors: string[];
  /** Whether an invalid file fails the step. */
  isInvalid: boolean;
}

/** Reads the files in `folder` as the runner of a system does; `os` is its `RUNNER_OS`. */
export async function readFiles(folder: string, os: string): Promise<FileContents> {
  const output = parseKeyValues(await readIfPresent(join(folder, FILES.GITHUB_OUTPUT)), os);
  const state = parseKeyValues(await readIfPresent(join(folder, FILES.GITHUB_STATE)), os);
  const summary = checkSummary(await readIfPresent(join(folder, FILES.GITHUB_STEP_SUMMARY)));
  const problems = Object.entries({ output, state }).flatMap(([name, { problem }]) =>
    problem === undefined
      ? []
      : [`Unable to process file command '${name}' successfully.`, problem],
  );
  return {
    outputs: output.values,
    state: state.values,
    summary: summary.text,
    errors: [...summary.errors, ...problems],
    isInvalid: problems.length > 0,
  };
}

/** A missing file is as good as an empty one. */
async function readIfPresent(path: string): Promise<string> {
  return existsSync(path) ? readFile(path, 'utf8') : '';
}

/** The longest summary, in bytes; a longer one is not shown at all. */
const MAX_SUMMARY = 1024 * 1024;

function checkSummary(text: string): { text: string; errors: string[] } {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_SUMMARY) return { text, errors: [] };
  const kib = Math.floor(bytes / 1024);
  const error = `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${kib}k.`;
  return { text: '', errors: [error] };
}

interface KeyValues {
  /** The values before the first problem. */
  values: Record<string, string>;
  /** What is invalid, in the runner's words. */
  problem?: string;
}

/**
 * The content of `GITHUB_OUTPUT` or `GITHUB_STATE`, as GitHub's runner reads it
 * (`FileCommandManager.cs` of actions/runner): `name=value`, or `name<<END`, lines and `END`. Only
 * the one for Windows reads CRLF as a line break.
 */
export function parseKeyValues(content: string, os = 'Linux'): KeyValues {
  const values: Record<string, string> = {};
  const lines = content.replace(/^\ufeff/, '').split(os === 'Windows' ? /\r?\n/ : '\n');
  const isComplete = lines.at(-1) === '';
  if (isComplete) lines.pop();
  for (let at = 0; at < lines.length; at += 1) {
    if (lines[at] === '') continue;
    const entry = parseEntry(lines, at, { isComplete });
    if ('problem' in entry) return { values, problem: entry.problem };
    values[entry.name] = entry.value;
    at = entry.end;
  }
  return { values };
}

/** `end`: the index of the last line of the entry. */
type Entry = { name: string; value: string; end: number } | { problem: string };

const NO_NAME = 'Name must not be empty';

/** The entry that begins at the line `at`. `isComplete`: whether the last line has a line break. */
function parseEntry(
  lines: readonly string[],
  at: number,
  { isComplete }: { isComplete: boolean },
): Entry {
  const line = lines[at] ?? '';
  const [, name = '', separator, rest = ''] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? [];
  if (separator === undefined) return { problem: `Invalid format '${line}'` };
  if (separator === '=') {
    return name === ''
      ? { problem: `Invalid format '${line}'. ${NO_NAME}` }
      : { name, value: rest, end: at };
  }
  if (name === '' || rest === '') {
    return { problem: `Invalid format '${line}'. ${NO_NAME} and delimiter must not be empty` };
  }
  const end = lines.indexOf(rest, at + 1);
  if (end >= 0) return { name, value: lines.slice(at + 1, end).join('\n'), end };
  const isCut = !isComplete && at + 1 < lines.length;
  const why = isCut ? 'EOF marker missing new line.' : `Matching delimiter not found '${rest}'`;
  return { problem: `Invalid value. ${why}` };
}
