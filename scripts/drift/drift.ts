/**
 * Compares the newest descriptions of OpenRouter's API with what the actions know (`known.ts`).
 * Fails if a field of a workspace, an API key or a guardrail, a field of a body that an action sends, or a
 * parameter of a list, is new or in none of the descriptions, and if a description cannot be read.
 *
 *     npm run drift
 *     npm run drift -- openapi.json https://example.com/openapi.yaml      other descriptions
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { parseJson } from '../../src/lib/json.ts';
import { toLine } from '../../src/report/text.ts';
import { compareNames, type Difference, formatDifference } from './compare.ts';
import { type Names, readDescription } from './description.ts';
import { KNOWN } from './known.ts';

/**
 * OpenRouter's own description, as documented in https://openrouter.ai/docs/api/reference/overview,
 * and the one that its newest SDK is generated from. Each has been ahead of the other.
 */
const DESCRIPTIONS = [
  'https://openrouter.ai/openapi.json',
  'https://raw.githubusercontent.com/OpenRouterTeam/python-sdk/main/.speakeasy/out.openapi.yaml',
];

const TIMEOUT_MS = 60_000;

const args = process.argv.slice(2);
if (args.some((arg) => arg.startsWith('-'))) {
  print('Usage: npm run drift -- [openapi.json or https://example.com/openapi.yaml …]');
  process.exit(1);
}

const sources = args.length > 0 ? args : DESCRIPTIONS;
const results = await Promise.allSettled(sources.map(describe));

const unread = results.flatMap((result, index) =>
  result.status === 'rejected' ? [`${sources[index]}: ${firstLine(result.reason)}`] : [],
);
const different = differences().map(formatDifference);
for (const source of sources) print(`Description: ${source}`);
for (const problem of [...unread, ...different]) print(problem);
if (unread.length > 0) {
  print(
    'Not every description could be read. Try again, or name others: npm run drift -- openapi.json',
  );
}
if (different.length > 0) {
  print('Decide what to do about each difference, then change scripts/drift/known.ts.');
}
if (unread.length + different.length > 0) process.exitCode = 1;
else print('The descriptions have the names that the actions know, and no others.');

/** Prints one line, which may contain what others wrote. */
function print(text: string): void {
  console.log(toLine(text, (line) => line));
}

/**
 * The differences between what is known and the descriptions that could be read. One that could not
 * be read may have what the others lack.
 */
function differences(): Difference[] {
  const read = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const isComplete = read.length === sources.length;
  return compareNames(KNOWN, read).filter(({ kind }) => kind === 'new' || isComplete);
}

async function describe(source: string): Promise<Names> {
  const text = /^https?:/.test(source) ? await download(source) : await readFile(source, 'utf8');
  return readDescription(parseJson(text) ?? parse(text), KNOWN);
}

async function download(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`HTTP ${response.status} ${response.statusText}`);
  return response.text();
}

/** The first line of an error, and of its cause, which has the reason of a failed fetch. */
function firstLine(error: Error): string {
  const { message, cause } = error;
  const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return reason.split('\n')[0] ?? '';
}
