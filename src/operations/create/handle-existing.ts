import type { Log } from '../../lib/log.ts';
import { dashboardUrl, patchWorkspace } from '../../openrouter/resources/workspaces.ts';
import { type Governance, planGovernance } from '../governance/plan.ts';
import { bringIntoForce, changesOf, type Part } from '../governance/writes.ts';
import { type Change, driftOf, tellChange, warnOfDrift } from '../shared/diff.ts';
import { Failure } from '../shared/failure.ts';
import {
  type CreateRequest,
  type CreateResult,
  type CreateSurroundings,
  NOTHING_WRITTEN,
} from './request.ts';
import type { Posted } from './send.ts';

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

  async reuse(found, request, { events, log }) {
    const { workspace } = found;
    events.known(workspace, false);
    if (isGoverned(request.governance)) warnOfUnapplied(found, request, log);
    log.info(
      `It exists, and is taken as it is: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`,
    );
    if (request.dryRun) log.info(NOTHING_WRITTEN);
    return { outcome: 'unchanged', workspace, changes: [], governed: [] };
  },

  async update({ workspace }, { asked, governance, dryRun }, surroundings) {
    const { client, events, log } = surroundings;
    events.known(workspace, false);
    log.info(`It exists: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`);
    const changes = driftOf(workspace, asked);
    const parts = await planGovernance(governance, workspace, surroundings);
    const governed = changesOf(parts);
    if (changes.length === 0 && parts.length === 0) {
      log.info('It is as it was asked for: nothing to change.');
      if (dryRun) log.info(NOTHING_WRITTEN);
      return { outcome: 'unchanged', workspace, changes, governed };
    }
    for (const change of [...changes, ...governed]) log.info(`  ${tellChange(change)}`);
    if (dryRun) {
      log.info(NOTHING_WRITTEN);
      return { outcome: 'would-update', workspace, changes, governed };
    }
    let updated = workspace;
    const fields: Part = {
      name: changes.map(({ field }) => field).join(', '),
      done: `Updated ${changes.map(({ field }) => field).join(', ')}.`,
      changes,
      async write() {
        updated = await patchWorkspace(client, workspace, valuesOf(changes));
        events.known(updated, false);
      },
    };
    const remedy = ['Once that is put right, running this again completes it.'];
    const all = changes.length > 0 ? [fields, ...parts] : parts;
    await bringIntoForce(all, workspace, { ...surroundings, remedy });
    warnOfDrift(updated, asked, log);
    return { outcome: 'updated', workspace: updated, changes, governed };
  },
};

function whatUpdateWouldDo(changes: readonly Change[], governance: Governance): string[] {
  const names = changes.map(({ field }) => field).join(', ');
  const nothing = isGoverned(governance) ? 'none of its fields' : 'nothing';
  return [
    `With if-exists: update, it would change ${names || nothing}.`,
    ...(isGoverned(governance) ? ['It would also set what governs it, where that differs.'] : []),
  ];
}

function isGoverned(governance: Governance): boolean {
  return Object.keys(governance).length > 0;
}

/** Warns with `reuse`: a spending cap that was asked for must not be missing silently. */
function warnOfUnapplied(
  { workspace: { slug }, made }: Posted,
  { governanceInputs, dryRun }: CreateRequest,
  log: Log,
): void {
  log.warning(
    dryRun
      ? `Inputs would not be applied to the workspace ${slug}`
      : `Inputs were not applied to the workspace ${slug}`,
    [
      `${dryRun ? 'Would not be applied' : 'Not applied'}: ${governanceInputs.join(', ')}.`,
      'With if-exists: reuse, the step changes nothing in a workspace that exists.',
      ...(made === 'unknown' ? [MAY_BE_UNGOVERNED] : []),
      'To apply them, use if-exists: update.',
    ],
  );
}

const MAY_BE_UNGOVERNED =
  'The step cannot determine whether it created this workspace. If it did, the workspace has no guardrail, no budgets and no members yet.';

const UNKNOWN_MAKER =
  'It came into being while this step was making one, and whether it is that one, or was made by another, cannot be told.';

function valuesOf(changes: readonly Change[]): Record<string, unknown> {
  return Object.fromEntries(changes.map(({ field, to }) => [field, to]));
}
