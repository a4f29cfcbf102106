import { countOf } from '../../lib/format.ts';
import { type SweepResult, type SweepWords, withOutcome } from '../../teardown/outcome.ts';

export const SWEEP: SweepWords = {
  heading: 'Workspace',
  thing: 'OpenRouter workspace',
  stale: 'stale',
  action: 'delete',
  run: 'sweep',
};

/** The maximum number of workspaces that a notice names. */
const MAX_NAMED = 10;

/** What the notice says of a sweep that succeeded; undefined if nothing was stale. */
export function staleNotice(result: SweepResult): string | undefined {
  const found = withOutcome(result, 'deleted', 'already-deleted', 'would-delete');
  const [first] = found;
  if (!first) return undefined;
  const named = found.slice(0, MAX_NAMED).map(({ slug }) => slug);
  const more = found.length > named.length ? ` and ${found.length - named.length} more` : '';
  const check = first.outcome === 'would-delete' ? 'If no one needs them, check' : 'Check';
  return `Found ${countOf(found.length, 'stale workspace')}: ${named.join(', ')}${more}. ${check} why the jobs that created them did not delete them.`;
}
