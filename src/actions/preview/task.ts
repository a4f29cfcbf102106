import * as z from 'zod/mini';
import { usd } from '../../lib/usd.ts';
import { savedWorkspace } from '../../openrouter/resources/workspaces.ts';
import { keyTask } from '../key/task.ts';
import type { Subject } from './subject.ts';

/** The name of a branch. Restricted because it becomes part of a path. */
const branch = z
  .string()
  .check(z.refine((name) => name.split('/').every((part) => !['', '.', '..'].includes(part))));

/** Has a number or a name, as its kind requires. */
const subject = z
  .object({
    kind: z.enum(['pull', 'branch']),
    number: z.optional(z.int().check(z.positive())),
    name: z.optional(branch),
  })
  .check(
    z.refine(({ kind, number, name }) => (kind === 'pull' ? number : name) !== undefined),
  ) as z.ZodMiniType<Subject>;

/** The schema of what a preview saves for its post step. */
export const previewTask = () =>
  z.object({
    subject,
    /** When the pull request is known to have changed, in milliseconds since 1970. */
    since: z.optional(z.number()),
    /** What the runner may not tell. */
    repository: z.object({ id: z.number(), defaultBranch: branch }),
    workspace: savedWorkspace(),
    /** The API key of this run; absent until it is about to be created. */
    key: z.optional(keyTask()),
    comment: z.boolean(),
    /** What the comment shows as the cap. */
    cap: z.optional(usd),
  });

export type PreviewTask = z.infer<ReturnType<typeof previewTask>>;
