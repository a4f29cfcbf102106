import type { ApiError } from '../../http/request.ts';
import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { describeCause, describePart } from '../../report/describe-api-error.ts';
import { NOTHING_DELETED } from '../../report/description.ts';
import { declareFailure } from '../../shared/failure.ts';

export const defaultWorkspace = declareFailure<{ workspace: WorkspaceRef }>(
  'default-workspace',
  ({ workspace }) => ({
    title: 'The default workspace is never deleted',
    lines: [
      `The workspace "${workspace.slug}", id ${workspace.id}, is the default workspace of the account. Deleting it would permanently disable the account's keys.`,
    ],
    effect: [NOTHING_DELETED],
  }),
);

export const slugPrefixMismatch = declareFailure<{
  /** The input `workspace`: an id or a slug. */
  written: string;
  slug: string;
  prefix: string;
}>('slug-prefix-mismatch', ({ written, slug, prefix }) => ({
  title: `The slug "${slug}" does not begin with "${prefix}"`,
  lines: [
    `expect-slug-prefix is "${prefix}", but the workspace is "${written}"${written === slug ? '' : `, whose slug is "${slug}"`}.`,
    'Correct the workspace or, if it is right, expect-slug-prefix.',
  ],
  effect: [NOTHING_DELETED],
}));

export const deletionNotVerified = declareFailure<{ workspace: WorkspaceRef; error: ApiError }>(
  'deletion-not-verified',
  ({ workspace: { slug, id }, error }) => ({
    ...describePart(error),
    title: `Could not verify that the workspace "${slug}" was deleted: ${describeCause(error.details)}`,
    effect: [`OpenRouter reported that it deleted the workspace "${slug}", id ${id}.`],
  }),
);
