import { Failure } from '../failure.ts';
import { dashboardUrl, patchWorkspace, type Workspace } from '../openrouter/workspaces.ts';
import { type Change, driftOf, tellChange, warnOfDrift } from './drift.ts';
import { bringIntoForce, changesOf, type Governance, planGovernance } from './governance.ts';
import type { Posted } from './post-once.ts';
import type { CreateRequest, CreateResult, CreateSurroundings } from './request.ts';

type Policy = (
  found: Posted,
  request: CreateRequest,
  surroundings: CreateSurroundings,
) => Promise<CreateResult>;

/**
 * Does with the workspace that has the slug what `ifExists` says.
 * @throws {Failure} for `fail`.
 * @throws {OpenRouterError} when an update failed for good.
 */
export const takeExisting: Policy = (found, request, surroundings) =>
  POLICIES[request.ifExists](found, request, surroundings);

const POLICIES: Readonly<Record<CreateRequest['ifExists'], Policy>> = {
  async fail({ workspace, made }, { asked, governance }) {
    const { slug, name, id } = workspace;
    const changes = driftOf(workspace, asked);
    throw new Failure(`The slug ${slug} is taken`, [
      `It belongs to the workspace ${JSON.stringify(name)}, id ${id}, created at ${workspace['created_at'] ?? 'an unknown time'}: ${dashboardUrl(slug)}`,
      ...(made === 'unknown' ? [UNKNOWN_MAKER] : []),
      'With if-exists: reuse, the step would take it as it is.',
      ...whatUpdateWouldDo(changes, governance),
    ]);
  },

  async reuse({ workspace }, _, { events, log }) {
    events.known(workspace, false);
    log.info(
      `It exists, and is taken as it is: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`,
    );
    return { outcome: 'unchanged', workspace, changes: [], governed: [] };
  },

  async update({ workspace }, { asked, governance, dryRun }, surroundings) {
    const { events, log } = surroundings;
    events.known(workspace, false);
    log.info(`It exists: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`);
    const changes = driftOf(workspace, asked);
    const parts = await planGovernance(governance, workspace, surroundings);
    const governed = changesOf(parts);
    if (changes.length === 0 && parts.length === 0) {
      log.info('It is as it was asked for: nothing to change.');
      return { outcome: 'unchanged', workspace, changes, governed };
    }
    for (const change of [...changes, ...governed]) log.info(`  ${tellChange(change)}`);
    if (dryRun) {
      log.info('This is a dry run: nothing was written.');
      return { outcome: 'updated', workspace, changes, governed };
    }
    const updated = await updateFields(workspace, changes, surroundings);
    warnOfDrift(updated, asked, log);
    const remedy = ['Running this again completes it.'];
    await bringIntoForce(parts, updated, { ...surroundings, remedy });
    return { outcome: 'updated', workspace: updated, changes, governed };
  },
};

function whatUpdateWouldDo(changes: readonly Change[], governance: Governance): string[] {
  const names = changes.map(({ field }) => field).join(', ');
  const isGoverned = Object.keys(governance).length > 0;
  const nothing = isGoverned ? 'none of its fields' : 'nothing';
  return [
    `With if-exists: update, it would change ${names || nothing}.`,
    ...(isGoverned ? ['It would also set what governs it, where that differs.'] : []),
  ];
}

const UNKNOWN_MAKER =
  'It is as it was asked for, but whether this step made it, or another that asked for the same, cannot be told.';

async function updateFields(
  workspace: Workspace,
  changes: readonly Change[],
  { client, log }: CreateSurroundings,
): Promise<Workspace> {
  if (changes.length === 0) return workspace;
  const updated = await patchWorkspace(client, workspace, valuesOf(changes));
  log.info(`Updated ${changes.map(({ field }) => field).join(', ')}.`);
  return updated;
}

function valuesOf(changes: readonly Change[]): Record<string, unknown> {
  return Object.fromEntries(changes.map(({ field, to }) => [field, to]));
}
