import * as z from 'zod/mini';
import { keyTask } from '../key/task.ts';
import type { Subject } from './subject.ts';

/** Has a number or a name, as its kind requires. */
const subject = z
  .object({
    kind: z.enum(['pull', 'branch']),
    number: z.optional(z.number()),
    name: z.optional(z.string()),
  })
  .check(
    z.refine(({ kind, number, name }) => (kind === 'pull' ? number : name) !== undefined),
  ) as z.ZodMiniType<Subject>;

/** The schema of what a preview saves for its post step. */
export const previewTask = () =>
  z.object({
    subject,
    /** When the subject is known to have changed, in milliseconds since 1970. */
    since: z.optional(z.number()),
    /** What the runner may not tell. */
    repository: z.object({ id: z.number(), defaultBranch: z.string() }),
    identity: z.object({ slug: z.string(), name: z.string(), description: z.string() }),
    /** The workspace of this run; absent until it is known. */
    workspace: z.optional(z.object({ id: z.string(), slug: z.string() })),
    /** Whether a POST of this run may still create the workspace. */
    mayAppear: z.optional(z.boolean()),
    /**
     * The API key of this run; absent until it is about to be created. It is disabled when the job ends,
     * unless it has a list of keys that it replaces.
     */
    key: z.optional(keyTask()),
    /** What all keys may spend together, in USD as a decimal; absent without a cap. */
    cap: z.optional(z.string()),
    /** The limit of the key under a cap, likewise; absent until the key is given out. */
    limit: z.optional(z.string()),
    comment: z.boolean(),
    /** What the main step has reported, if it could not delete the preview. */
    undeleted: z.optional(
      z.object({
        /** How many API keys still work; absent if that is unknown. */
        working: z.optional(z.number()),
      }),
    ),
  });

export type PreviewTask = z.infer<ReturnType<typeof previewTask>>;
