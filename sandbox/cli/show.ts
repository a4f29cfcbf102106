import { styleText } from 'node:util';
import type { Redact } from '../../src/report/text.ts';
import type { RecordedRequest } from '../http/exchange.ts';
import { foldGroups, mask } from '../runner/log.ts';
import type { Annotation, StepResult } from '../runner/runner.ts';
import type { Call } from './call.ts';
import type { Scene } from './scenes.ts';
import { summaryText } from './summary.ts';
import { breakLine, type Screen } from './terminal.ts';

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
export function show(screen: Screen, title: string, lines: readonly string[]): void {
  const width = contentWidth(screen);
  const shown = lines.flatMap((text) => text.split('\n'));
  print(
    screen,
    title,
    shown.flatMap((line) => breakLine(line, width).map((part) => colored(part, line))),
  );
}

function print(screen: Screen, title: string, lines: readonly string[]): void {
  showTitle(screen, title);
  screen.print('');
  for (const line of lines) screen.print(line === '' ? '' : INDENTATION + line);
}

/** Prints a title, with nothing under it. */
export function showTitle({ width, print }: Screen, title: string): void {
  const lines = breakLine(title, width);
  print(['', ...lines.map((line) => styleText(['bold', 'cyan'], line))].join('\n'));
}

const COLORS = { error: 'red', warning: 'yellow', notice: 'blue' } as const;

/** The color of a line by its beginning: in a log as on GitHub, in a summary as its symbol. */
const LINE_COLORS = {
  '(succeeded)': 'green',
  '✅': 'green',
  '⚠️': 'yellow',
  'Warning: ': 'yellow',
  '❌': 'red',
  'Error: ': 'red',
  '(failed': 'red',
} as const;

/** `part` in the color of the line that it belongs to. */
function colored(part: string, line: string): string {
  const [, color] = Object.entries(LINE_COLORS).find(([start]) => line.startsWith(start)) ?? [];
  return color ? styleText(color, part) : part;
}

const INDENTATION = '    ';

/** The width of what is indented. */
function contentWidth({ width }: Screen): number {
  return width - INDENTATION.length;
}

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
export function showStep(
  screen: Screen,
  { scene: { folder, next }, manifest, inputs }: Pick<Call, 'scene' | 'manifest' | 'inputs'>,
  redact: Redact,
): void {
  // Broken lines would be another YAML.
  print(screen, 'Step', [
    `- uses: ${[PUBLISHED.repository, folder].filter(Boolean).join('/')}@${PUBLISHED.ref}`,
    ...(next ? [`  id: ${next.id}`] : []),
    '  with:',
    ...(manifest.inputs?.['management-key']
      ? [`    management-key: \${{ secrets.OPENROUTER_MANAGEMENT_KEY }}`]
      : []),
    ...Object.entries(inputs).map(
      ([name, value]) => `    ${name}: ${JSON.stringify(redact(value))}`,
    ),
  ]);
}

/**
 * Prints what a person sees on GitHub, in the order in which people look at it.
 * @param comments the bodies of those on pull requests
 * @param next what the next step of the job reads
 */
export function showJob(
  screen: Screen,
  all: readonly Stage[],
  { comments, next }: { comments: readonly string[]; next: Scene['next'] | undefined },
): void {
  const textOf = (html: string) => summaryText(html, contentWidth(screen));
  const stages = all.filter((stage) => stage.name === 'step' || didSomething(stage));
  showUnlessEmpty(
    screen,
    'Annotations',
    stages.flatMap(({ result }) => result.annotations.flatMap(annotationLines)),
  );
  showUnlessEmpty(screen, 'Comment on the pull request', [comments.map(textOf).join('\n\n')]);
  const summaries = stages.map(({ result }) => textOf(result.summary)).filter(Boolean);
  showUnlessEmpty(screen, 'Job summary', [summaries.join('\n\n')]);
  for (const { name, result } of stages) {
    show(screen, `Log of the ${name}`, logLines(result));
    if (name === 'step' && next) showNextStep(screen, next, shownOutputs(result));
  }
  showUnlessEmpty(
    screen,
    'Outputs',
    stages
      .flatMap(({ result }) => shownOutputs(result))
      .map(([name, value]) => `${name}: ${value}`),
  );
}

function showNextStep(
  screen: Screen,
  next: NonNullable<Scene['next']>,
  outputs: [string, string][],
): void {
  const read = outputs.filter(([name]) => next.outputs.includes(name));
  showUnlessEmpty(
    screen,
    'The next step of the job has',
    read.map(([name, value]) => `\${{ steps.${next.id}.outputs.${name} }}: ${value}`),
  );
}

/**
 * Prints the requests of a job.
 * @param of what each title begins with, if there are several jobs
 */
export function showAllRequests(
  screen: Screen,
  stages: readonly Stage[],
  { redact, of }: { redact: Redact; of: string },
): void {
  const redacted = (requests: readonly RecordedRequest[] = []) =>
    requests.map(({ method, path, body }) =>
      redact(`${method} ${path} ${withoutLongTexts(body)}`.trimEnd()),
    );
  for (const { name, requests, gitHubRequests } of stages) {
    showRequests(screen, `${of}Requests of the ${name}`, redacted(requests));
    showRequests(screen, `${of}Requests of the ${name} to GitHub`, redacted(gitHubRequests));
  }
}

function showRequests(screen: Screen, title: string, requests: readonly string[]): void {
  if (requests.length === 0) return;
  show(screen, title, [...requests, `(${requests.length} in total)`]);
}

/** The body of a request without texts of several lines, such as a comment, which is shown as it looks. */
function withoutLongTexts(body: string): string {
  if (!body.includes('\\n')) return body;
  return JSON.stringify(JSON.parse(body), (_, value: unknown) =>
    typeof value === 'string' && value.includes('\n') ? '…' : value,
  );
}

/** Whether a post step had anything to do. */
function didSomething({ result, requests }: Stage): boolean {
  return result.exitCode !== 0 || result.log !== '' || (requests?.length ?? 0) > 0;
}

/** Masked, as GitHub masks them wherever it shows them. */
function shownOutputs({ outputs, masks }: StepResult): [string, string][] {
  return Object.entries(outputs).map(([name, value]) => [name, mask(value, masks)]);
}

function showUnlessEmpty(screen: Screen, title: string, lines: readonly string[]): void {
  if (lines.some(Boolean)) show(screen, title, lines);
}

/** The lines of a log as GitHub shows it, and how the step has ended. */
export function logLines({ log, exitCode }: StepResult): string[] {
  const end = exitCode === 0 ? '(succeeded)' : `(failed with exit code ${exitCode})`;
  return log === '' ? [end] : [...foldGroups(log.split('\n')), end];
}

/** As the page of a run shows it: the title, and under it the message. */
function annotationLines({ level, title, message }: Annotation): string[] {
  return [
    `${styleText(COLORS[level], level)}  ${styleText('bold', title ?? '')}`,
    ...message.split('\n').map((line) => `  ${line}`),
  ];
}
