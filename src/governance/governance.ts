import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../http/request.ts';
import { catching } from '../lib/catching.ts';
import type { Change } from '../lib/format.ts';
import type { Usd } from '../lib/usd.ts';
import type { Interval } from '../openrouter/resources/budgets.ts';
import type { GuardrailUpdate } from '../openrouter/resources/guardrails.ts';
import type { Workspace } from '../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { partlyApplied, type Recovery } from './failures.ts';

/** The desired budgets. Null deletes a budget, and an absent one stays unchanged. */
export type BudgetLimits = Readonly<Partial<Record<Interval, Usd | null>>>;

/** The desired guardrail, budgets and members of a workspace. What is absent stays unchanged. */
export interface Governance {
  guardrail?: GuardrailUpdate;
  budgets?: { limits: BudgetLimits; include_byok_in_budgets?: boolean | undefined };
  /** The user ids or e-mail addresses of the members to add. */
  members?: readonly string[];
}

/** A setting of a workspace. */
export interface Setting<Field = string> {
  /** `field`: of the workspace itself, how many members it has, and `include_byok_in_budgets`. */
  kind: 'guardrail' | 'budget' | 'field';
  /** The name of the field, as OpenRouter has it. Of a budget, the interval. */
  field: Field;
}

/** A setting whose value differs from the desired one. */
export type SettingChange<Field = string> = Setting<Field> & Change<Field>;

/** A write to a workspace, or to its guardrail, budgets or members. */
export interface PlannedWrite {
  /** What it writes, as the object of a sentence: `the weekly budget`. */
  name: string;
  /** The log line after it succeeded. */
  done: string;
  changes: readonly SettingChange[];
  /**
   * Applies the write.
   * @throws {ApiError}
   * @throws {Failure} `limits-differ`, `members-not-added`, `guardrail-not-found`
   */
  write(workspace: Workspace): Promise<Written>;
}

/** What a write has done. */
export interface Written {
  /** The workspace after it, if its fields changed. */
  workspace?: Workspace;
  /** What it has changed, if that is less than planned: OpenRouter can have the values already, in another form. */
  changes?: readonly SettingChange[];
}

/** The changes of all `writes`. */
export function changesOf(writes: readonly PlannedWrite[]): SettingChange[] {
  return writes.flatMap(({ changes }) => changes);
}

/**
 * Applies `writes` in their order, until one fails. Returns the workspace after the last one, and what they changed.
 * @param recovery how the work is completed or undone if a write fails
 * @throws {Failure} `partly-applied`
 */
export async function applyWrites(
  writes: readonly PlannedWrite[],
  { workspace, recovery }: { workspace: Workspace; recovery: Recovery },
  { log }: Pick<Context, 'log'>,
): Promise<{ workspace: Workspace; changes: SettingChange[] }> {
  let current = workspace;
  const changes: SettingChange[] = [];
  for (const [index, write] of writes.entries()) {
    const { value, error } = await catching(write.write(current), ApiError, Failure);
    if (error) {
      throw new Failure(partlyApplied, {
        error,
        workspace,
        applied: writes.slice(0, index).map(({ name }) => name),
        notApplied: writes.slice(index).map(({ name }) => name),
        recovery,
      });
    }
    current = value.workspace ?? current;
    const changed = value.changes ?? write.changes;
    changes.push(...changed);
    log.info(
      changed.length > 0 ? write.done : `No change of ${write.name}: only written otherwise.`,
    );
  }
  return { workspace: current, changes };
}

/** Drops the changes whose values are equal. */
export function onlyChanges(changes: SettingChange[]): SettingChange[] {
  return changes.filter(({ from, to }) => !isDeepStrictEqual(from, to));
}
