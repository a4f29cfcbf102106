/** Where an empty expression leaves a hyphen with nothing behind it, before it, or between two. */
const GAPS: readonly (readonly [RegExp, string])[] = [
  [/[-_]$/, 'at its end'],
  [/^[-_]/, 'at its beginning'],
  [/[-_]{2}/, 'in its middle'],
];

/** Where the payload of an event that is about a pull request has its number. */
const NUMBERS: Readonly<Record<string, string>> = {
  pull_request_review: 'github.event.pull_request.number',
  pull_request_review_comment: 'github.event.pull_request.number',
  issue_comment: 'github.event.issue.number',
  issues: 'github.event.issue.number',
};

/**
 * Why `text` is not a slug, where it reads like `preview-${{ … }}` with an expression that is empty.
 * Without the hyphen it would be a slug, and every run of the workflow would share its workspace.
 */
export function emptyExpression(text: string, env: NodeJS.ProcessEnv): string | undefined {
  const [, where] = GAPS.find(([gap]) => gap.test(text)) ?? [];
  return where && `the expression ${where} was probably empty${emptyOn(env['GITHUB_EVENT_NAME'])}`;
}

/**
 * What is empty in the payload of `event`, of what slugs are made of.
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads
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
