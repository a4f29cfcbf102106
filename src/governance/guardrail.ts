import type { Client } from '../http/client.ts';
import {
  findGuardrail,
  type GuardrailUpdate,
  guardrailFields,
  patchGuardrail,
} from '../openrouter/resources/guardrails.ts';
import { findWorkspace, type Workspace } from '../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { guardrailNotFound, limitsDiffer, unknownGuardrailFields } from './failures.ts';
import { onlyChanges, type PlannedWrite } from './governance.ts';
import { diffGuardrail, guardrailIdOf, unexpectedGuardrailFields } from './guardrail-diff.ts';

/** Plans the write to the guardrail; see `planGovernance`. */
export async function planGuardrail(
  desired: GuardrailUpdate,
  workspace: Workspace | undefined,
  { client, warn }: Context,
): Promise<PlannedWrite[]> {
  const fields = Object.keys(desired).filter((field) => !Object.hasOwn(guardrailFields, field));
  if (fields.length > 0) warn(unknownGuardrailFields, { fields });
  const ref = workspace && { id: requireGuardrailId(workspace), workspace };
  const guardrail = ref && (await findGuardrail(client, ref));
  const update = diffGuardrail(guardrail, desired);
  const changes = onlyChanges(
    Object.entries(update).map(([field, to]) => ({
      kind: 'guardrail',
      field,
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
        const id = ref?.id ?? (await findGuardrailId(existing, client));
        const returned = await patchGuardrail(client, { id, workspace: existing }, update);
        const unexpected = unexpectedGuardrailFields(returned, update);
        if (unexpected.length > 0) {
          throw new Failure(limitsDiffer, {
            what: 'guardrail',
            workspace: existing,
            values: Object.fromEntries(unexpected.map((field) => [field, returned[field] ?? null])),
          });
        }
        // OpenRouter returns models by other names than those that were written.
        const stored = onlyChanges(
          changes.map((change) => ({ ...change, to: returned[change.field] ?? null })),
        );
        const fields = new Set(stored.map(({ field }) => field));
        return { changes: changes.filter(({ field }) => fields.has(field)) };
      },
    },
  ];
}

/** @throws {Failure} `guardrail-not-found` */
function requireGuardrailId(workspace: Workspace): string {
  const id = guardrailIdOf(workspace);
  if (id === undefined) throw new Failure(guardrailNotFound, { workspace });
  return id;
}

/** Finds the guardrail of a new workspace. The response that created it may lack the id. */
async function findGuardrailId(workspace: Workspace, client: Client): Promise<string> {
  const id = guardrailIdOf(workspace);
  if (id !== undefined) return id;
  const lookup = await findWorkspace(client, workspace.slug);
  return requireGuardrailId(lookup.workspace ?? workspace);
}
