/** What the comment of a preview says in its first line, for the runs that come later. */
import * as z from 'zod/mini';
import { asciiJson, parseJson } from '../../lib/json.ts';
import { type Usd, usd } from '../../lib/usd.ts';
import { isUuid } from '../../openrouter/resources/workspaces.ts';
import type { SeenKey } from '../../openrouter/settlement.ts';

/**
 * What a comment says, as far as a later run needs it. Code of a job can forge a comment, so what this says decides
 * nothing but what is shown.
 */
export interface CommentData {
  /** The id of its workspace. */
  workspace: string;
  /** What the listed keys of the workspace have spent together. */
  spent: Usd;
  /** `so far` until the workspace is locked, and then the bill. */
  state: (typeof STATES)[number];
  /** Whether `spent` lacks something, or may: it is a lower bound from then on. */
  isAtLeast: boolean;
  /** What they may spend together, by the last run that had a cap. */
  cap: Usd | undefined;
}

const STATES = ['so far', 'bill'] as const;

/** What a comment is rendered from. */
export interface CommentContent {
  data: CommentData;
  /** The slug of the workspace until it is locked. */
  slug: string;
  keys: readonly SeenKey[];
}

const commentData = () =>
  z.object({
    workspace: z.string().check(z.refine(isUuid)),
    spent: usd,
    state: z.enum(STATES),
    isAtLeast: z.boolean(),
    cap: z.optional(usd),
  });

const START = '<!-- openrouter-preview:v1 ';
const END = ' -->';

/** Far more than the data of a comment have. */
const MAX_LENGTH = 1_000;

/** The first line of a comment. */
export function formatMarker({ workspace, spent, state, isAtLeast, cap }: CommentData): string {
  return START + asciiJson({ workspace, spent, state, isAtLeast, cap }) + END;
}

/** The data of a comment; undefined if `body` is not that of a comment of a preview. Anyone can write such a comment. */
export function readComment(body: string): CommentData | undefined {
  const end = body.indexOf(END);
  if (!body.startsWith(START) || end < 0 || end > MAX_LENGTH) return undefined;
  const { data } = z.safeParse(commentData(), parseJson(body.slice(START.length, end)));
  return data && { ...data, cap: data.cap };
}

export function isBill({ state }: CommentData): boolean {
  return state === 'bill';
}
