import { tellSeconds } from '../../lib/clock.ts';
import { type CallFacts, OpenRouterError } from '../../openrouter/api-error.ts';
import { dashboardUrl, findWorkspace, type Look } from '../../openrouter/resources/workspaces.ts';
import { planGovernance } from '../governance/plan.ts';
import { bringIntoForce, changesOf } from '../governance/writes.ts';
import { tellChange, warnOfDrift } from '../shared/diff.ts';
import { orFailWith, orWarn } from '../shared/failure.ts';
import type { Span } from '../shared/time-window.ts';
import { takeExisting } from './handle-existing.ts';
import {
  type CreateRequest,
  type CreateResult,
  type CreateSurroundings,
  type Intent,
  NOTHING_WRITTEN,
} from './request.ts';
import { type Posted, postOnce } from './send.ts';

/**
 * Sees to it that the workspace which is asked for exists: makes it, or does with the one that has
 * its slug what `ifExists` says.
 * @throws {OpenRouterError} when a call failed for good.
 * @throws {Failure} when the slug is taken and that is not wanted, or what is to govern it would be
 *   refused.
 */
export async function createWorkspace(
  request: CreateRequest,
  surroundings: CreateSurroundings,
): Promise<CreateResult> {
  const { asked, governance, ifExists, dryRun, deleteAfterJob } = request;
  const { client, log } = surroundings;
  log.info(`Asked for the workspace ${JSON.stringify(asked.name)} with the slug ${asked.slug}.`);

  const looksFirst = ifExists !== 'fail' || dryRun || deleteAfterJob;
  const look = looksFirst ? await findWorkspace(client, asked.slug) : undefined;
  if (look?.workspace) {
    return takeExisting({ workspace: look.workspace, made: false }, request, surroundings);
  }
  const parts = await planGovernance(governance, undefined, surroundings);
  const governed = changesOf(parts);
  if (dryRun) {
    log.info('It does not exist, and would be created.');
    for (const change of governed) log.info(`  ${tellChange(change)}`);
    log.info(NOTHING_WRITTEN);
    return { outcome: 'would-create', changes: [], governed };
  }
  const posted = await post(request, look, surroundings);
  if (posted.made !== true) return takeExisting(posted, request, surroundings);
  const { workspace } = posted;
  warnOfDrift(workspace, asked, log);
  const remedy = deleteAfterJob
    ? 'With delete-after-job, the workspace is deleted when the job ends.'
    : 'Once that is put right, running this again with if-exists: update completes it.';
  await bringIntoForce(parts, workspace, { ...surroundings, remedy: [remedy] });
  return { outcome: 'created', workspace, changes: [], governed };
}

/** How much later than its step a POST may be carried out, and still be taken for its own. */
const LATE_MS = 10_000;

/** Whether a create has left nothing. Of a throttled POST, that is only the server's word. */
function isSettled({ mayHaveLanded, pleaded }: CallFacts): boolean {
  return !mayHaveLanded && !pleaded;
}

function spanFrom(look: Look | undefined, ms: number): Span | undefined {
  const from = look?.serverTime;
  return from === undefined ? undefined : { from, to: from + ms };
}

/** How to run a create again that may have been applied; `reuse` would leave it ungoverned. */
function recoveryFor({ ifExists, governance }: CreateRequest): string {
  const [policy, does] =
    ifExists === 'update' || Object.keys(governance).length > 0
      ? ['update', 'updates']
      : ['reuse', 'reuses'];
  return `Running it again with if-exists: ${policy} is safe where only this workflow uses the slug: it ${does} the workspace that has the slug, or creates it.`;
}

/** Posts, and keeps those informed who clean up after the job. */
async function post(
  request: CreateRequest,
  look: Look | undefined,
  surroundings: CreateSurroundings,
): Promise<Posted> {
  const { asked, deleteAfterJob, timeoutMs } = request;
  const { clock, events, log } = surroundings;
  const start = clock.now();
  const since = look?.heardAt ?? start;
  const within = (ms: number): Intent => ({ asked, span: spanFrom(look, ms) });
  if (deleteAfterJob) {
    orFailWith('Nothing was changed at OpenRouter.', () => events.intended(within(timeoutMs)));
  }
  const posted = await postOnce(asked, look !== undefined, surroundings).catch((error: unknown) => {
    const isOver = error instanceof OpenRouterError && isSettled(error.facts);
    const end = () =>
      isOver ? events.withdrawn() : events.intended(within(clock.now() - since + LATE_MS));
    if (deleteAfterJob) orWarn(log, end);
    if (deleteAfterJob || !(error instanceof OpenRouterError)) throw error;
    throw error.with({ recovery: recoveryFor(request) });
  });
  const { workspace, made } = posted;
  const { slug, id } = workspace;
  const exists = `The workspace exists: ${slug}, id ${id}, ${dashboardUrl(slug)}`;
  if (made === true) {
    orFailWith(exists, () => events.known(workspace, true));
    const seconds = tellSeconds(clock.now() - start);
    log.info(`Created it in ${seconds}: id ${id}, ${dashboardUrl(slug)}`);
  } else if (deleteAfterJob) {
    orFailWith(exists, events.withdrawn);
    if (made === 'unknown') {
      log.warning(`The workspace ${slug} will not be deleted after the job`, [
        `Whether this step made it cannot be told: id ${id}, ${dashboardUrl(slug)}`,
      ]);
    }
  }
  return posted;
}
