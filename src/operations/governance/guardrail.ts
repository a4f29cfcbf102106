import type { Client } from '../../openrouter/client.ts';
import {
  findGuardrail,
  type GuardrailUpdate,
  patchGuardrail,
} from '../../openrouter/resources/guardrails.ts';
import { findWorkspace, type Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Surroundings } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { guardrailDrift, guardrailIdOf, guardrailOddities } from './guardrail-diff.ts';
import { differing, notAsAsked, type Part } from './writes.ts';

/** As `planGovernance`, of the guardrail. */
export async function planGuardrail(
  wanted: GuardrailUpdate,
  workspace: Workspace | undefined,
  { client }: Surroundings,
): Promise<Part[]> {
  const known = workspace && { id: knownIdOf(workspace), workspace };
  const guardrail = known && (await findGuardrail(client, known));
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
        const id = known?.id ?? (await guardrailIdAt(existing, client));
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

function knownIdOf(workspace: Workspace): string {
  const id = guardrailIdOf(workspace);
  if (id === undefined) throw guardrailUnknown(workspace);
  return id;
}

/** The id of the guardrail of a workspace that was just made; older answers lack it. */
async function guardrailIdAt(workspace: Workspace, client: Client): Promise<string> {
  const said = guardrailIdOf(workspace);
  if (said !== undefined) return said;
  const look = await findWorkspace(client, workspace.slug);
  return knownIdOf(look.workspace ?? workspace);
}

function guardrailUnknown({ slug }: Workspace): Failure {
  return new Failure(`The guardrail of the workspace ${slug} cannot be found`, [
    'OpenRouter does not say which guardrail the workspace has.',
  ]);
}
