import { declareFailure, type FailureText } from './failure.ts';

export const workspaceNotFound = declareFailure<{
  /** The input: an id or a slug. */
  workspace: string;
}>('workspace-not-found', ({ workspace }) => ({
  title: `The workspace ${JSON.stringify(workspace)} does not exist`,
  lines: [
    'No workspace has that id or slug in the account of the management key.',
    'Check the id or slug for a typo. Otherwise, create the workspace in an earlier step, with the same management key. If it existed before, it may have been deleted.',
  ],
}));

/**
 * What a post step says about something that the step created, and that cannot be found any more.
 * @param id with its name: `id 0f1e…`, or `hash 0f1e…`
 */
export function describeVanished(what: string, id: string): FailureText {
  return {
    title: `The ${what} cannot be found`,
    lines: [],
    effect: [
      `This step created it, ${id}, and OpenRouter now reports that it does not exist.`,
      'Either something else has deleted it, or the management key of the post step belongs to another account and cannot see it. GitHub evaluates the inputs again for a post step.',
    ],
  };
}
