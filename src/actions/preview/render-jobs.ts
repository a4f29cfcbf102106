/** The part of the comment of a preview that says what each job has cost. */
import { columnFormat } from '../../lib/format-usd.ts';
import type { Folded } from '../../lib/table.ts';
import { sumUsd } from '../../lib/usd.ts';
import type { Total } from './comment.ts';
import { type JobCost, sumJobCosts } from './comment-jobs.ts';

interface JobsOptions {
  /** What all keys have spent. */
  total: Total;
  /** Fewer jobs have no table. */
  minJobs: number;
  maxRows: number;
  formatLabel(label: string): string;
}

/**
 * What each job has cost, and what else the total has: keys made by hand, deleted, older, or of jobs that are not
 * remembered.
 */
export function jobsTable(
  costs: readonly JobCost[],
  { total, minJobs, maxRows, formatLabel }: JobsOptions,
): Folded | undefined {
  const jobs = sumJobCosts(costs).slice(0, maxRows);
  if (jobs.length < minJobs) return undefined;
  const others = total.amount - sumUsd(jobs.map(({ spent }) => spent));
  const rows = [
    ...jobs.map(({ label, ...job }) => ({ title: { code: formatLabel(label) }, ...job })),
    ...(others > 0n ? [{ title: 'other keys', spent: others, count: '' }] : []),
  ];
  const format = columnFormat(rows.map(({ spent }) => spent));
  const rounding = total.isComplete ? 'nearest' : 'down';
  const cost = total.isComplete ? 'Cost' : 'Cost, at least';
  return {
    title: 'By job',
    table: {
      header: ['Job', { numbers: cost }, { numbers: 'Keys' }],
      rows: rows.map(({ title, spent, count }) => [title, format(spent, rounding), `${count}`]),
    },
  };
}
