import { Failure } from '../failure.ts';
import { dashboardUrl, patchWorkspace } from '../openrouter/workspaces.ts';
import { type Change, driftOf, tellChange, warnOfDrift } from './drift.ts';
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
  async fail({ workspace, made }, { asked }) {
    const { slug, name, id } = workspace;
    const changes = driftOf(workspace, asked);
    throw new Failure(`The slug ${slug} is taken`, [
      `It belongs to the workspace ${JSON.stringify(name)}, id ${id}, created at ${workspace['created_at'] ?? 'an unknown time'}: ${dashboardUrl(slug)}`,
      ...(made === 'unknown' ? [UNKNOWN_MAKER] : []),
      'With if-exists: reuse, the step would take it as it is.',
      changes.length > 0
        ? `With if-exists: update, it would change ${changes.map(({ field }) => field).join(', ')}.`
        : 'With if-exists: update, it would find nothing to change.',
    ]);
  },

  async reuse({ workspace }, _, { events, log }) {
    events.known(workspace, false);
    log.info(
      `It exists, and is taken as it is: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`,
    );
    return { outcome: 'unchanged', workspace, changes: [] };
  },

  async update({ workspace }, { asked, dryRun }, { client, events, log }) {
    events.known(workspace, false);
    log.info(`It exists: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`);
    const changes = driftOf(workspace, asked);
    if (changes.length === 0) {
      log.info('It is as it was asked for: nothing to change.');
      return { outcome: 'unchanged', workspace, changes };
    }
    for (const change of changes) log.info(`  ${tellChange(change)}`);
    if (dryRun) {
      log.info('This is a dry run: nothing was written.');
      return { outcome: 'updated', workspace, changes };
    }
    const updated = await patchWorkspace(client, workspace, valuesOf(changes));
    log.info(`Updated ${changes.map(({ field }) => field).join(', ')}.`);
    warnOfDrift(updated, asked, log);
    return { outcome: 'updated', workspace: updated, changes };
  },
};

const UNKNOWN_MAKER =
  'It is as it was asked for, but whether this step made it, or another that asked for the same, cannot be told.';

function valuesOf(changes: readonly Change[]): Record<string, unknown> {
  return Object.fromEntries(changes.map(({ field, to }) => [field, to]));
}
