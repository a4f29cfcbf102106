import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../failure.ts';
import { type BudgetWrite, INTERVALS, listBudgets, writeBudget } from '../openrouter/budgets.ts';
import type { Client } from '../openrouter/client.ts';
import { OpenRouterError } from '../openrouter/error.ts';
import { findGuardrail, type GuardrailUpdate, patchGuardrail } from '../openrouter/guardrails.ts';
import { listMembers } from '../openrouter/members.ts';
import { findWorkspace, type Workspace } from '../openrouter/workspaces.ts';
import { type BudgetLimits, budgetsAfter, budgetWrites, disorderIn } from './budgets.ts';
import type { Change } from './drift.ts';
import { guardrailDrift, guardrailIdOf, guardrailOddities } from './guardrail.ts';
import { addAll, findMembers } from './members.ts';
import type { Surroundings } from './surroundings.ts';

/** What governs a workspace, in the API's terms; what is left out stays as it is. */
export interface Governance {
  guardrail?: GuardrailUpdate;
  budgets?: { limits: BudgetLimits; include_byok_in_budgets?: boolean | undefined };
  /** User ids or e-mail addresses of those who are to be in it. */
  members?: readonly string[];
}

/** One write to a workspace, or to what governs it. */
export interface Part {
  /** As the object of a sentence. */
  name: string;
  /** What the log says once it is written. */
  done: string;
  changes: readonly Change[];
  /** @throws {OpenRouterError} */
  write(workspace: Workspace): Promise<void>;
}

/**
 * What has to be written so that `workspace` is governed as `governance` says, in the order in which
 * it is to be written; of one that is not there yet, all. Writes nothing itself, so that what is
 * refused here leaves nothing behind.
 * @throws {Failure} when OpenRouter would refuse it.
 * @throws {OpenRouterError}
 */
export async function planGovernance(
  { guardrail, budgets, members }: Governance,
  workspace: Workspace | undefined,
  surroundings: Surroundings,
): Promise<Part[]> {
  return [
    ...(guardrail ? await planGuardrail(guardrail, workspace, surroundings) : []),
    ...(budgets ? await planBudgets(budgets, workspace, surroundings) : []),
    ...(members ? await planMembers(members, workspace, surroundings) : []),
  ];
}

/** What `parts` change. */
export function changesOf(parts: readonly Part[]): Change[] {
  return parts.flatMap(({ changes }) => changes);
}

async function planGuardrail(
  wanted: GuardrailUpdate,
  workspace: Workspace | undefined,
  { client }: Surroundings,
): Promise<Part[]> {
  const known = workspace && guardrailIdOf(workspace);
  if (workspace && known === undefined) throw guardrailUnknown(workspace);
  const guardrail = workspace && (await findGuardrail(client, { id: known ?? '', workspace }));
  const update = guardrailDrift(guardrail, wanted);
  const changes = differing(
    Object.entries(update).map(([field, to]) => ({
      field: `guardrail ${field}`,
      from: guardrail?.[field] ?? null,
      to,
    })),
  );
  if (changes.length === 0) return [];
  return [
    {
      name: 'the guardrail',
      done: 'Set the guardrail.',
      changes,
      async write(existing) {
        const id = known ?? (await guardrailIdAt(existing, client));
        const answered = await patchGuardrail(client, { id, workspace: existing }, update);
        const odd = guardrailOddities(answered, update);
        if (odd.length > 0) {
          throw notAsAsked(
            `The guardrail of the workspace ${existing.slug}`,
            odd.map((field) => `${field} is ${JSON.stringify(answered[field] ?? null)}`),
          );
        }
      },
    },
  ];
}

/** The id of the guardrail of a workspace that was just made; older answers lack it. */
async function guardrailIdAt(workspace: Workspace, client: Client): Promise<string> {
  const said = guardrailIdOf(workspace);
  if (said !== undefined) return said;
  const look = await findWorkspace(client, workspace.id);
  const found = look.workspace && guardrailIdOf(look.workspace);
  if (found === undefined) throw guardrailUnknown(workspace);
  return found;
}

function guardrailUnknown({ slug }: Workspace): Failure {
  return new Failure(`The guardrail of the workspace ${slug} cannot be found`, [
    'OpenRouter does not say which guardrail the workspace has.',
  ]);
}

function notAsAsked(what: string, facts: readonly string[]): Failure {
  return new Failure(`${what} is not what was asked for`, [
    `OpenRouter has taken it, and answered: ${facts.join(', ')}.`,
  ]);
}

function differing(changes: Change[]): Change[] {
  return changes.filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
}

async function planBudgets(
  { limits, include_byok_in_budgets: flag }: NonNullable<Governance['budgets']>,
  workspace: Workspace | undefined,
  { client }: Surroundings,
): Promise<Part[]> {
  const state = workspace ? await listBudgets(client, workspace) : undefined;
  const { budgets = {}, include_byok_in_budgets: flagNow } = state ?? {};
  const wanted = budgetsAfter(budgets, limits);
  const disorder = disorderIn(wanted);
  if (disorder) {
    const [narrow, wide] = disorder;
    throw new Failure('The budgets would not be in order', [
      `The ${wide} budget would be ${wanted[wide]} USD, and must be more than the ${narrow} budget, which would be ${wanted[narrow]} USD. What no input gives stays as it is.`,
      'Nothing was changed at OpenRouter.',
    ]);
  }
  const isFlagged = flag !== undefined && flag !== flagNow;
  const writes = budgetWrites(budgets, wanted);
  return (isFlagged ? withFlag(writes, limits, flag) : writes).map((write) => ({
    name: `the ${write.interval} budget`,
    done: `${write.limit_usd === null ? 'Deleted' : 'Set'} the ${write.interval} budget.`,
    changes: differing([
      {
        field: `budget ${write.interval}`,
        from: budgets[write.interval] ?? null,
        to: write.limit_usd,
      },
      ...('include_byok_in_budgets' in write
        ? [{ field: 'include_byok_in_budgets', from: flagNow ?? null, to: flag }]
        : []),
    ]),
    async write(existing) {
      const answered = await writeBudget(client, existing, write);
      if (isDeepStrictEqual(answered, write)) return;
      throw notAsAsked(`The ${write.interval} budget of the workspace ${existing.slug}`, [
        `${answered.interval} ${answered.limit_usd} USD`,
        ...('include_byok_in_budgets' in answered
          ? [`include_byok_in_budgets is ${answered.include_byok_in_budgets}`]
          : []),
      ]);
    },
  }));
}

/** OpenRouter sets the flag only with a budget: with the first that is set, else with one again. */
function withFlag(writes: BudgetWrite[], limits: BudgetLimits, flag: boolean): BudgetWrite[] {
  const carrier = writes.find(({ limit_usd }) => limit_usd !== null);
  if (carrier) {
    return writes.map((write) =>
      write === carrier ? { ...write, include_byok_in_budgets: flag } : write,
    );
  }
  const again = INTERVALS.flatMap((interval) => {
    const limit_usd = limits[interval] ?? null;
    return limit_usd === null ? [] : [{ interval, limit_usd, include_byok_in_budgets: flag }];
  });
  return [...writes, ...again.slice(0, 1)];
}

async function planMembers(
  written: readonly string[],
  workspace: Workspace | undefined,
  surroundings: Surroundings,
): Promise<Part[]> {
  const { client } = surroundings;
  const members = await findMembers(written, surroundings);
  const present = new Set(workspace ? await listMembers(client, workspace) : []);
  const missing = members.filter(({ userId }) => !present.has(userId));
  if (missing.length === 0) return [];
  const userIds = missing.map(({ userId }) => userId);
  return [
    {
      name: 'the members',
      done: 'Added the members.',
      changes: [
        { field: 'members to add', from: null, to: missing.map((member) => member.written) },
      ],
      write: (existing) => addAll(existing, userIds, surroundings),
    },
  ];
}

/**
 * Writes `parts`, one after the other.
 * @param remedy what completes the work, or undoes it, if one of them fails.
 * @throws {OpenRouterError | Failure} that says which are in force by then, and which are not.
 */
export async function bringIntoForce(
  parts: readonly Part[],
  workspace: Workspace,
  { log, remedy }: Surroundings & { remedy: readonly string[] },
): Promise<void> {
  for (const [at, part] of parts.entries()) {
    try {
      await part.write(workspace);
    } catch (error) {
      const left = [
        ...namesOf('In force', parts.slice(0, at)),
        ...namesOf('Not in force, or not known to be', parts.slice(at)),
        ...remedy,
      ];
      if (error instanceof OpenRouterError) throw error.with({ left });
      if (error instanceof Failure) throw new Failure(error.title, [...error.lines, ...left]);
      throw error;
    }
    log.info(part.done);
  }
}

function namesOf(state: string, parts: readonly Part[]): string[] {
  return parts.length > 0 ? [`${state}: ${parts.map(({ name }) => name).join(', ')}.`] : [];
}
