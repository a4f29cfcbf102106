/** The hyphens that an empty expression leaves: trailing, leading or doubled. */
const GAPS: readonly (readonly [RegExp, string])[] = [
  [/[-_]$/, 'at its end'],
  [/^[-_]/, 'at its beginning'],
  [/[-_]{2}/, 'in its middle'],
];

/** Where the payload of an event about a pull request or an issue has the number. */
const NUMBERS: Readonly<Record<string, string>> = {
  pull_request_review: 'github.event.pull_request.number',
  pull_request_review_comment: 'github.event.pull_request.number',
  issue_comment: 'github.event.issue.number',
  issues: 'github.event.issue.number',
};

/**
 * Explains why `text` is not a slug, if it looks like `preview-${{ … }}` with an empty expression.
 * Such a text must not be corrected by removing the hyphen: every run of the workflow would then
 * share one workspace.
 */
export function emptyExpression(text: string, env: NodeJS.ProcessEnv): string | undefined {
  const [, position] = GAPS.find(([gap]) => gap.test(text)) ?? [];
  return (
    position && `the expression ${position} was probably empty${emptyOn(env['GITHUB_EVENT_NAME'])}`
  );
}

/**
 * Names the fields that slugs often use and that are empty on `event`
 * (https://docs.github.com/en/webhooks/webhook-events-and-payloads).
 */
function emptyOn(event = ''): string {
  if (['', 'pull_request', 'pull_request_target'].includes(event)) return '';
  const number = NUMBERS[event];
  const fields = [
    'github.event.number',
    'github.event.pull_request.number',
    'github.head_ref',
  ].filter((field) => field !== number);
  const empty = `${fields.slice(0, -1).join(', ')} and ${fields.at(-1)} are empty`;
  return `: on ${event}, ${empty}${number ? `; use ${number}` : ''}`;
}
