import { stripVTControlCharacters, styleText } from 'node:util';
import type { Redact } from '../../src/report/text.ts';
import type { RecordedRequest } from '../http/exchange.ts';
import { mask } from '../runner/log.ts';
import type { Annotation, StepResult } from '../runner/runner.ts';
import type { Inputs } from './scenes.ts';
import { summaryText } from './summary.ts';

/** A part of a job that has ended. */
export interface Stage {
  name: 'step' | 'post step';
  result: StepResult;
  /** What OpenRouter received in it; undefined if that is another server, which shows it itself. */
  requests: readonly RecordedRequest[] | undefined;
  /** What GitHub received in it, if there is one. */
  gitHubRequests?: readonly RecordedRequest[];
}

/** Prints `lines` under a title. Those that are too long for a terminal are broken. */
export function show(title: string, lines: readonly string[]): void {
  print(title, lines.flatMap((text) => text.split('\n')).flatMap(breakLine));
}

function print(title: string, lines: readonly string[]): void {
  console.log(`\n${styleText('bold', title)}\n`);
  for (const line of lines) console.log(line === '' ? '' : INDENTATION + line);
}

const INDENTATION = '    ';
const MAX_WIDTH = 120 - INDENTATION.length;

/** Breaks a line between words, and between the parts of JSON and of URLs. */
function breakLine(line: string): string[] {
  if (stripVTControlCharacters(line).length <= MAX_WIDTH) return [line];
  const indentation = `${/^ */.exec(line)?.[0]}  `;
  const lines = [''];
  for (const part of line.split(BREAKS).flatMap((text) => text.match(FITTING) ?? [])) {
    const current = lines.at(-1) ?? '';
    const isFull = stripVTControlCharacters(current + part).trimEnd().length > MAX_WIDTH;
    if (isFull) lines.push(indentation + part);
    else lines[lines.length - 1] = current + part;
  }
  return lines.map((text) => text.trimEnd());
}

/** After a space, between the parameters of a URL, and between the fields of JSON. */
const BREAKS = /(?<=[ &]|,(?=["{]))/;

/** A part that has no break, but would not fit on a line. */
const FITTING = /.{1,100}/gsu;

const MAX_LINES = 20;

/** The first of the `lines` that describe an account. */
export function firstLines(lines: readonly string[]): string[] {
  const more = lines.length - MAX_LINES;
  return [
    ...(lines.length > 0 ? lines.slice(0, MAX_LINES) : ['no workspace but default']),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ];
}

/** The name and the version under which a workflow uses the actions. */
export const PUBLISHED = { repository: 'OWNER/openrouter-workspace', ref: 'v1' };

/** Prints the step as it is written in a workflow. */
export function showStep(folder: string, inputs: Inputs, redact: Redact): void {
  // Broken lines would be another YAML.
  print('Step', [
    `- uses: ${[PUBLISHED.repository, folder].filter(Boolean).join('/')}@${PUBLISHED.ref}`,
    '  with:',
    `    management-key: \${{ secrets.OPENROUTER_MANAGEMENT_KEY }}`,
    ...Object.entries(inputs).map(
      ([name, value]) => `    ${name}: ${JSON.stringify(redact(value))}`,
    ),
  ]);
}

/** Prints what an author sees on GitHub, in its order, and then the requests. */
export function showJob(all: readonly Stage[], redact: Redact): void {
  const stages = all.filter((stage) => stage.name === 'step' || didSomething(stage));
  for (const { name, result } of stages) show(`Log of the ${name}`, logLines(result));
  showUnlessEmpty(
    'Annotations',
    stages.flatMap(({ result }) => result.annotations.flatMap(annotationLines)),
  );
  showUnlessEmpty(
    'Outputs',
    stages.flatMap(({ result }) => outputLines(result)),
  );
  const summaries = stages.map(({ result }) => summaryText(result.summary)).filter(Boolean);
  showUnlessEmpty('Job summary', summaries.length > 0 ? [summaries.join('\n\n')] : []);
  for (const { name, requests, gitHubRequests } of stages) {
    showRequests(`Requests of the ${name}`, requests, redact);
    showRequests(`Requests of the ${name} to GitHub`, gitHubRequests, redact);
  }
}

function showRequests(
  title: string,
  requests: readonly RecordedRequest[] | undefined,
  redact: Redact,
): void {
  if (!requests) return;
  show(title, [
    ...requests.map(({ method, path, body }) =>
      redact(`${method} ${path} ${withoutLongTexts(body)}`.trimEnd()),
    ),
    `(${requests.length} in total)`,
  ]);
}

/** The body of a request without texts of several lines, such as a comment, which is shown as it looks. */
function withoutLongTexts(body: string): string {
  if (!body.includes('\\n')) return body;
  return JSON.stringify(JSON.parse(body), (_, value: unknown) =>
    typeof value === 'string' && value.includes('\n') ? '…' : value,
  );
}

/** Prints the comments of the only pull request as text. */
export function showComments(bodies: readonly string[]): void {
  showUnlessEmpty('Comment on the pull request', bodies.map(summaryText));
}

/** Whether a post step had anything to do. */
function didSomething({ result, requests }: Stage): boolean {
  return result.exitCode !== 0 || result.log !== '' || (requests?.length ?? 0) > 0;
}

/** Masked, as GitHub masks them wherever it shows them. */
function outputLines({ outputs, masks }: StepResult): string[] {
  return Object.entries(outputs).map(([name, value]) => `${name}: ${mask(value, masks)}`);
}

function showUnlessEmpty(title: string, lines: readonly string[]): void {
  if (lines.length > 0) show(title, lines);
}

function logLines({ log, exitCode }: StepResult): string[] {
  const end = exitCode === 0 ? '(succeeded)' : `(failed with exit code ${exitCode})`;
  return log === '' ? [end] : [log, end];
}

const COLORS = { error: 'red', warning: 'yellow', notice: 'blue' } as const;

/** As the page of a run shows it: the title, and under it the message. */
function annotationLines({ level, title, message }: Annotation): string[] {
  return [
    `${styleText(COLORS[level], level)}  ${styleText('bold', title ?? '')}`,
    ...message.split('\n').map((line) => `  ${line}`),
  ];
}
