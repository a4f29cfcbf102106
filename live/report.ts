import { type Redact, toLine } from '../src/report/text.ts';
import type { Assumption, Verdict } from './assumption.ts';
import type { Observation } from './run.ts';

/** What was observed, where and when. */
export interface Report {
  /** The host of the API. */
  host: string;
  date: Date;
  observations: readonly Observation[];
  /** What the sandbox does. */
  sandbox: readonly Observation[];
}

/** The observations that make the command fail. */
export function findProblems(observations: readonly Observation[]): Observation[] {
  return observations.filter(({ verdict }) => verdict === 'failed' || verdict === 'differs');
}

/** A report as Markdown, without the secrets that `redact` removes. */
export function formatReport(report: Report, redact: Redact): string {
  const { host, date, observations } = report;
  return [
    `# Observed at ${host}`,
    '',
    `${date.toISOString().slice(0, 10)}, by \`npm run live\`: ${countVerdicts(observations)}.`,
    '',
    formatTable(report, redact),
    '',
  ].join('\n');
}

/** Why nothing was observed, as Markdown, without the secrets that `redact` removes. */
export function formatFailure({ message }: Error, redact: Redact): string {
  return `# Nothing was observed\n\n${toCode(message, redact)}\n`;
}

/** `80 agree, 1 differs` */
export function countVerdicts(observations: readonly Observation[]): string {
  const verdicts: Verdict[] = ['agrees', 'differs', 'not observable', 'failed'];
  return verdicts
    .map((verdict) => ({
      verdict,
      count: observations.filter((observation) => observation.verdict === verdict).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${verdict}: ${count}`)
    .join(', ');
}

/** The table of all observations, as Markdown. */
export function formatTable({ host, observations, sandbox }: Report, redact: Redact): string {
  const inSandbox = observedById(sandbox);
  const rows = observations.map(({ assumption, verdict, observed }) => [
    `\`${assumption.id}\` ${assumption.sentence}`,
    assumption.documented ? `[yes](${assumption.documented})` : 'no',
    toCode(inSandbox.get(assumption.id) ?? '', redact),
    toCode(observed, redact),
    formatVerdict(verdict, assumption),
  ]);
  const header = ['Assumption', 'Documented', 'Sandbox', host, 'Verdict'];
  return [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** Lines about the assumptions that the service does not agree with. They may contain secrets. */
export function describeDifferences({ observations, sandbox }: Report): string[] {
  const inSandbox = observedById(sandbox);
  return observations.flatMap(({ assumption, verdict, observed }) => {
    const { id, sentence } = assumption;
    if (verdict === 'agrees') return [];
    if (verdict === 'not observable') return [`${id} is not observable: ${observed}`];
    return [
      `${id} ${verdict === 'failed' ? 'could not be observed' : 'differs'}: ${observed}`,
      `  Assumed: ${sentence}`,
      `  The sandbox: ${inSandbox.get(id) ?? ''}`,
      `  Relied on by ${codeOf(assumption)}`,
    ];
  });
}

function observedById(observations: readonly Observation[]): Map<string, string> {
  return new Map(observations.map(({ assumption, observed }) => [assumption.id, observed]));
}

function formatVerdict(verdict: Verdict, assumption: Assumption): string {
  if (verdict === 'agrees' || verdict === 'not observable') return verdict;
  return `**${verdict}**: ${codeOf(assumption)}`;
}

/** `src/openrouter/pages.ts (readPages)` */
function codeOf({ reliedOnBy: { file, name } }: Assumption): string {
  return `${file} (${name})`;
}

const MAX_LENGTH = 200;

/** Text of a server, as code: there GitHub finds no mentions, links or HTML. */
function toCode(text: string, redact: Redact): string {
  const line = toLine(text, redact);
  const shown = line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH).toWellFormed()}…` : line;
  return `\`${shown.replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}
