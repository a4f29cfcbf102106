import { countOf } from '../../lib/format.ts';
import type { SweepResult } from '../../teardown/sweep-result.ts';

/** The maximum number of workspaces that a notice names. */
const MAX_NAMED = 10;

/** What the notice says of a sweep that succeeded; undefined if nothing was stale. */
export function staleNotice(result: SweepResult): string | undefined {
  const { staleCount, deleted, alreadyDeleted, wouldDelete } = result;
  if (staleCount === 0) return undefined;
  const found = [...deleted, ...alreadyDeleted, ...wouldDelete];
  const named = found.slice(0, MAX_NAMED).map(({ slug }) => slug);
  const more = staleCount > named.length ? ` and ${staleCount - named.length} more` : '';
  const check = wouldDelete.length > 0 ? 'If no one needs them, check' : 'Check';
  return `Found ${countOf(staleCount, 'stale workspace')}: ${named.join(', ')}${more}. ${check} why the jobs that created them did not delete them.`;
}
