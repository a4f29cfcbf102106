import * as z from 'zod/mini';
import { dashboardUrl } from '../openrouter/resources/workspaces.ts';
import { parseInput } from './parse-input.ts';

/**
 * What the author of a rejected text probably meant, by input or by type. Authors copy a suggestion without
 * thinking, so each must be harmless even if they meant something else.
 */
const SUGGESTERS: Readonly<Record<string, (text: string) => string | undefined>> = {
  enum: (text) => text.toLowerCase(),
  slug: hyphenate,
  api_url: (text) => withScheme(text) ?? text.replace(/^http:(?=\/\/[^/])/i, 'https:'),
  workspace: slugOfPage,
};

/** Suggests what the author of a rejected `text` probably meant, if `schema` accepts that. */
export function suggest(key: string, schema: z.core.$ZodType, text: string): string | undefined {
  const suggestion = (SUGGESTERS[key] ?? SUGGESTERS[typeOf(schema)])?.(text);
  if (suggestion === undefined) return undefined;
  if (!z.safeParse(schema, parseInput(schema, suggestion)).success) return undefined;
  // Unquoted, it would be YAML's null, which GitHub turns into an empty input.
  return suggestion === 'null' ? '"null"' : suggestion;
}

/** Adds the scheme to a text that begins with a host name. Nothing else: the key is sent there. */
function withScheme(text: string): string | undefined {
  return /^[\w-]+(?:\.[\w-]+)+(?:[:/]|$)/.test(text) ? `https://${text}` : undefined;
}

/**
 * Extracts the slug from the URL of a workspace's page. Any other text may name another workspace: the
 * last part of a path or a branch, or a name in lower case.
 */
function slugOfPage(text: string): string | undefined {
  const page = dashboardUrl('');
  return text.startsWith(page) ? text.slice(page.length) : undefined;
}

/** The type of value that `schema` expects, without optional, nullable and default. */
function typeOf(schema: z.core.$ZodType): string {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return 'innerType' in def ? typeOf(def.innerType) : def.type;
}

/**
 * Replaces each character that is not a letter or a digit by a hyphen. Nothing that distinguishes two
 * slugs is removed: a text that is too long, has other letters, or lacks a part gets no suggestion.
 */
function hyphenate(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]/gu, '-');
}

/** The separators that an empty expression leaves: trailing, leading or doubled. */
const STRAY_SEPARATORS: readonly (readonly [RegExp, string])[] = [
  [/[-_/#:]$/, 'at its end'],
  [/^[-_/]/, 'at its beginning'],
  [/[-_]{2}/, 'in its middle'],
];

/** What a person writes around an expression in a slug. Other text is what an expression gave. */
const WRITTEN = /^[\w./#:-]*$/;

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
  if (!WRITTEN.test(text)) return undefined;
  const [, position] = STRAY_SEPARATORS.find(([separator]) => separator.test(text)) ?? [];
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
