/** What the comment of a preview says in its first line, for the runs that come later. */
import * as z from 'zod/mini';
import { asciiJson, parseJson } from '../../lib/json.ts';
import { type Usd, usd } from '../../lib/usd.ts';
import { isUuid } from '../../openrouter/resources/workspaces.ts';
import type { SettlingKey } from '../../openrouter/settlement.ts';

/** `so far` while the workspace exists. The others are final bills: all was counted, or at least that much. */
const STATES = ['so far', 'exactly', 'at least'] as const;

/** What a comment says, as far as a later run needs it. */
export interface CommentData {
  /** The id of its workspace. */
  workspace: string;
  /** What the keys of the workspace have spent together. */
  spent: Usd;
  state: (typeof STATES)[number];
  /** What they may spend together, by the last run that had a cap. It is only shown. */
  cap: Usd | undefined;
}

/** What a comment is rendered from. */
export interface CommentContent {
  data: CommentData;
  /** The slug of the workspace while it is open. */
  slug: string;
  keys: readonly SettlingKey[];
}

const commentData = () =>
  z.object({
    workspace: z.string().check(z.refine(isUuid)),
    spent: usd,
    state: z.enum(STATES),
    cap: z.optional(usd),
  });

const START = '<!-- openrouter-preview:v1 ';
const END = ' -->';

/** Far more than the data of a comment have. */
const MAX_LENGTH = 1_000;

/** The first line of a comment. */
export function formatMarker({ workspace, spent, state, cap }: CommentData): string {
  return START + asciiJson({ workspace, spent, state, cap }) + END;
}

/** The data of a comment; undefined if `body` is not that of a comment of a preview. Anyone can write such a comment. */
export function readComment(body: string): CommentData | undefined {
  const end = body.indexOf(END);
  if (!body.startsWith(START) || end < 0 || end > MAX_LENGTH) return undefined;
  const { data } = z.safeParse(commentData(), parseJson(body.slice(START.length, end)));
  return data && { ...data, cap: data.cap };
}

/** Whether a comment is a final bill, which never changes. */
export function isBill({ state }: CommentData): boolean {
  return state !== 'so far';
}
