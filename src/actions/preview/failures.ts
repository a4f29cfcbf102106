import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { rejectionAdvice } from '../../report/describe-api-error.ts';
import { declareFailure, declareWarning } from '../../shared/failure.ts';
import { failedRequests } from '../../teardown/failures.ts';

export const noSubject = declareFailure<{ event: string }>('no-subject', ({ event }) => ({
  title: 'Cannot tell which pull request or branch this preview is of',
  lines: [
    `The event ${event || '(unknown)'} names none.`,
    'Set the input pull-request to the number of a pull request.',
  ],
}));

export const previewNotOurs = declareFailure<{
  workspace: WorkspaceRef;
  /** What the description says, and what that of this preview says. */
  description: string;
  expected: string;
}>('preview-not-ours', ({ workspace, description, expected }) => ({
  title: `The workspace ${workspace.slug} is not this preview`,
  lines: [
    `Its description is ${JSON.stringify(description)}. That of this preview is ${JSON.stringify(expected)}.`,
    'Set slug-prefix to a text that no other repository uses, or delete that workspace.',
  ],
  effect: [`The workspace, id ${workspace.id}, was left alone.`],
}));

export const staleResponse = declareFailure<{
  /** The number of the pull request. */
  number: number;
}>('stale-response', ({ number }) => ({
  title: `GitHub does not yet show the current state of pull request #${number}`,
  lines: ['Its response is older than the event of this run. Run this again.'],
}));

export const previewReopened = declareFailure<{
  workspace: WorkspaceRef;
  /** Otherwise, API keys in it were disabled. */
  deleted: boolean;
}>('preview-reopened', ({ workspace: { slug, id }, deleted }) => ({
  title: `The workspace ${slug} was ${deleted ? 'deleted' : 'to be deleted'}, and its pull request or branch is open again`,
  lines: [
    `It was reopened during the deletion. Run the workflow of the pull request again, not this run: that creates a new ${deleted ? 'workspace' : 'API key'}.`,
  ],
  effect: [
    deleted
      ? `The workspace with the id ${id} was deleted, with its API keys.`
      : `API keys of the workspace with the id ${id} were disabled.`,
  ],
}));

export const previewDeleted = declareFailure<{ workspace: WorkspaceRef }>(
  'preview-deleted',
  ({ workspace }) => ({
    title: `The workspace ${workspace.slug} was deleted during this job`,
    lines: ['Its pull request or branch is open. Run this again.'],
    effect: [`The workspace with the id ${workspace.id} does not exist any more.`],
  }),
);

export const previewNotChecked = declareWarning<{
  /** The slug. */
  workspace: string;
  error: Error;
}>('preview-not-checked', ({ workspace, error }) => ({
  title: `Whether the preview ${workspace} is still needed could not be checked`,
  lines: [
    `${error.message}.`,
    ...rejectionAdvice(failedRequests(error)),
    'Nothing was deleted. The next clean-up checks it again.',
  ],
}));
