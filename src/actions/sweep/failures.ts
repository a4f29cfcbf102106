import { countWorkspaces } from '../../lib/format.ts';
import { declareWarning } from '../../shared/failure.ts';
import type { SweepResult } from '../../teardown/sweep-result.ts';

/** The maximum number of workspaces that an annotation names. */
const MAX_NAMED = 10;

export const staleWorkspaces = declareWarning<{ result: SweepResult }>(
  'stale-workspaces',
  ({ result }) => {
    const { staleCount, deleted, alreadyDeleted, failed, wouldDelete, tooMany } = result;
    const found = [...failed, ...deleted, ...alreadyDeleted, ...wouldDelete, ...tooMany];
    const named = found.slice(0, MAX_NAMED).map(({ slug }) => slug);
    const more = staleCount > named.length ? ` and ${staleCount - named.length} more` : '';
    return {
      title: `Stale: ${countWorkspaces(staleCount)}`,
      lines: [
        `Slugs: ${named.join(', ')}${more}.`,
        `${deleted.length + alreadyDeleted.length > 0 ? 'Check' : 'If no one needs them, check'} why the jobs that created them did not delete them.`,
      ],
    };
  },
);
