import { getState } from '@actions/core';
import * as z from 'zod/mini';
import { type Connection, connection } from '../inputs/connection.ts';
import { parseJson } from '../lib/json.ts';
import type { CleanupJournal } from '../operations/shared/context.ts';
import { Failure } from '../operations/shared/failure.ts';
import type { Report } from '../report/report.ts';

/**
 * What a step saves for its post step: a task, and how to reach OpenRouter. Inputs are evaluated
 * again for a post step and can have other values by then.
 */
export interface SavedCleanup<Task> extends Pick<Connection, 'apiUrl' | 'timeoutMs'> {
  task: Task;
}

/** The name of the state. */
const CLEANUP_STATE = 'cleanup';

/** The journal of a step that reaches OpenRouter by `connection`. */
export function openJournal<Task>(
  { apiUrl, timeoutMs }: Connection,
  report: Pick<Report, 'saveState' | 'warn'>,
): CleanupJournal<Task> {
  const write = (saved: SavedCleanup<Task> | null) => report.saveState(CLEANUP_STATE, saved);
  const tryToWrite = (saved: SavedCleanup<Task> | null) => {
    const reason = write(saved);
    if (reason !== undefined) report.warn('state-not-written', { reason });
  };
  return {
    save(task, exists) {
      const reason = write({ apiUrl, timeoutMs, task });
      if (reason !== undefined) throw new Failure('state-not-written', { reason, exists });
    },
    amend: (task) => tryToWrite({ apiUrl, timeoutMs, task }),
    clear: () => tryToWrite(null),
  };
}

/** The journal of a step that leaves nothing to clean up. */
export const noJournal: CleanupJournal<unknown> = {
  save: () => undefined,
  amend: () => undefined,
  clear: () => undefined,
};

/**
 * What the step saved: `cleared` if nothing is left to do, and `missing` if it has not begun to
 * create anything. State comes in an environment variable, so it is checked like an input: the key
 * must not go to a host without TLS.
 */
export function readJournal<Task>(
  taskSchema: z.ZodMiniType<Task>,
): SavedCleanup<Task> | Failure | 'cleared' | 'missing' {
  const text = getState(CLEANUP_STATE);
  if (text === '') return 'missing';
  if (text === 'null') return 'cleared';
  const schema = z.object({
    apiUrl: z.nonoptional(connection.api_url),
    timeoutMs: z.number(),
    task: taskSchema,
  });
  const { data } = z.safeParse(schema, parseJson(text));
  return data ?? new Failure('cleanup-state-invalid', { name: CLEANUP_STATE });
}
