import { tellAge } from '../lib/format.ts';
import { Failure, someOf } from '../operations/shared/failure.ts';
import type { Fate, SweepRequest, SweepResult } from '../operations/teardown/sweep.ts';
import type { Outputs } from './create.ts';
import { fitting, type Summary } from './summary.ts';
import type { Table } from './table.ts';

/**
 * Of each list, in bytes. Linux takes no more than 128 KiB in a variable (execve(2)), and GitHub no
 * more than 1 MB in all outputs of a job (its documentation of `jobs.<job_id>.outputs`).
 */
const MAX_LIST = 100_000;

/** The outputs that say what was done; of long lists, the beginning. */
export function outputsOfSweep(result: SweepResult): Outputs {
  const { deleted, wouldDelete, spared, kept, failed } = result;
  return {
    deleted: list(deleted),
    'would-delete': list(wouldDelete),
    kept: list([...spared, ...kept]),
    failed: list(failed),
    count: String(deleted.length),
  };
}

function list(fates: readonly Fate[]): string {
  const entries = fates.map(({ id, slug, created_at, reason }) =>
    JSON.stringify({ id, slug, created_at, reason }),
  );
  return `[${fitting(entries, MAX_LIST).join(',')}]`;
}

/** Of workspaces, in an annotation. */
const MAX_NAMED = 10;

/** What a sweep finds is a leak: the title and lines of a warning of it, where there is one. */
export function leakOf(result: SweepResult): [string, string[]] | undefined {
  const { stale, deleted, failed, wouldDelete, spared } = result;
  if (stale === 0) return undefined;
  const found = [...failed, ...deleted, ...wouldDelete, ...spared];
  const named = found.slice(0, MAX_NAMED).map(({ slug }) => slug);
  const more = stale > named.length ? ` and ${stale - named.length} more` : '';
  return [
    `${countOf(stale)} left behind by a teardown`,
    [
      `Found: ${named.join(', ')}${more}.`,
      'Each should have been deleted by the workflow that made it: see why it was not.',
    ],
  ];
}

/** Why the step is red, where it is. */
export function failureOf(result: SweepResult, request: SweepRequest): Failure | undefined {
  const { stale, failed } = result;
  const { maxDeletions } = request;
  if (stale > maxDeletions) {
    return new Failure(
      `Stale: ${countOf(stale)}, and max-deletions is ${maxDeletions}`,
      [
        'Is slug-pattern, older-than or keep not what was meant? If it is, raise max-deletions.',
        'Nothing was deleted.',
      ],
      tableOf(result),
    );
  }
  if (failed.length === 0) return undefined;
  return new Failure(
    `${failed.length} of ${countOf(stale)} could not be deleted`,
    [
      ...someOf(
        failed.map(({ slug, reason }) => `${slug}: ${reason}`),
        MAX_NAMED,
      ),
      'Running this again tries them again.',
    ],
    tableOf(result),
  );
}

/** The summary of a step that ended well. */
export function summaryOfSweep(result: SweepResult, { dryRun }: SweepRequest): Summary {
  const { deleted, stale, notStale } = result;
  return {
    title: dryRun
      ? `🔎 Dry run: would delete ${countOf(stale)}`
      : `✅ Deleted ${countOf(deleted.length)}`,
    paragraphs: [`${countOf(notStale)} with a slug of the pattern stayed.`],
    table: tableOf(result),
  };
}

function tableOf(result: SweepResult): Table {
  const { failed, deleted, wouldDelete, spared, kept, stale, notStale } = result;
  const rows = (fates: readonly Fate[], done: (reason: string) => string) =>
    fates.map(({ slug, age, reason }) => [
      { code: slug },
      age === undefined ? 'unknown' : tellAge(age),
      done(reason),
    ]);
  const stayed = (reason: string) => `kept: ${reason}`;
  const shown = [
    ...rows(failed, (reason) => `❌ could not be deleted: ${reason}`),
    ...rows(deleted, () => 'deleted'),
    ...rows(wouldDelete, () => 'would be deleted'),
    ...rows(spared, stayed),
    ...rows(kept, stayed),
  ];
  return {
    header: ['Workspace', 'Age', 'What was done'],
    rows: shown,
    more: stale + notStale - shown.length,
  };
}

function countOf(workspaces: number): string {
  return workspaces === 1 ? '1 workspace' : `${workspaces} workspaces`;
}
