import pLimit from 'p-limit';
import { tellSeconds } from '../../lib/clock.ts';
import { tellAge } from '../../lib/format.ts';
import { linesOf, OpenRouterError } from '../../openrouter/api-error.ts';
import {
  createdAt,
  listWorkspaces,
  type Workspace,
} from '../../openrouter/resources/workspaces.ts';
import { AT_ONCE } from '../../openrouter/throttle.ts';
import type { Abortable, Surroundings } from '../shared/context.ts';
import type { Failure } from '../shared/failure.ts';
import { matches } from './glob.ts';
import { tearDown } from './teardown.ts';

export interface SweepRequest {
  /** A glob that the slug must match. */
  slugPattern: string;
  /** How old a workspace must be, in milliseconds. */
  olderThanMs: number;
  /** Globs of slugs that are left alone. */
  keep: readonly string[];
  deleteKeys: boolean;
  /** If more are stale, none is deleted. */
  maxDeletions: number;
  /** Do everything but delete. */
  dryRun: boolean;
  /** How long the step may take, in milliseconds. */
  timeoutMs: number;
}

/** What became of a workspace, and why. */
export interface Fate extends Pick<Workspace, 'id' | 'slug'> {
  /** ISO 8601, as OpenRouter answers it; null where it does not. */
  created_at: string | null;
  /** In milliseconds, by the server's clock; undefined where that cannot be told. */
  age: number | undefined;
  reason: string;
}

export interface SweepResult {
  deleted: readonly Fate[];
  failed: readonly Fate[];
  /** What a run would delete, in a dry run; empty otherwise. */
  wouldDelete: readonly Fate[];
  /** Stale, and not deleted because they are more than may be; the first thousand. */
  spared: readonly Fate[];
  /** Not stale, though they match the pattern; the first thousand. */
  kept: readonly Fate[];
  /** How many were stale. */
  stale: number;
  /** How many match the pattern and are not stale. */
  notStale: number;
}

/** Of what stays: more is for nobody to read. */
const MAX_REMEMBERED = 1_000;

/** Of the time for the step, for one workspace: so that one which fails for long does not take all. */
const SHARE = 1 / 5;

/**
 * Deletes the workspaces that are stale: they match the pattern, are old enough, and are not to be
 * kept. One that cannot be deleted does not stop the others.
 * @throws {OpenRouterError} when they could not be listed; then none was deleted.
 */
export async function sweep(request: SweepRequest, surroundings: Abortable): Promise<SweepResult> {
  const { log, clock } = surroundings;
  const start = clock.now();
  const found = await findStale(request, surroundings);
  const { stale, kept, notStale } = found;
  log.info(`Found ${found.count} that are stale, and ${notStale} more that stay.`);
  const nothing = { deleted: [], failed: [], wouldDelete: [], spared: [] };
  const result = { ...nothing, kept, stale: found.count, notStale };

  if (found.count > request.maxDeletions) {
    for (const { slug, reason } of stale) log.info(`  ${slug}, ${reason}: ${TOO_MANY}.`);
    return { ...result, spared: stale.map((fate) => ({ ...fate, reason: TOO_MANY })) };
  }
  if (request.dryRun) {
    for (const { slug, reason } of stale) log.info(`  ${slug}, ${reason}: would be deleted.`);
    log.info('This is a dry run: nothing was deleted.');
    return { ...result, wouldDelete: stale };
  }
  const deleted: Fate[] = [];
  const failed: Fate[] = [];
  await pLimit(AT_ONCE).map(stale, async (fate) => {
    const failure = await deleteStale(fate, request, surroundings);
    if (failure === undefined) deleted.push(fate);
    else failed.push({ ...fate, reason: failure });
  });
  const seconds = tellSeconds(clock.now() - start);
  log.info(`Deleted ${deleted.length} of ${found.count}, in ${seconds}.`);
  return { ...result, deleted, failed };
}

/** Why nothing is deleted, though it is stale. */
const TOO_MANY = 'stale, but there are more than max-deletions allows';

interface Found {
  /** Those that are stale: all, unless they are more than may be deleted. */
  stale: Fate[];
  /** How many there are. */
  count: number;
  kept: Fate[];
  notStale: number;
}

async function findStale(request: SweepRequest, { client, log }: Surroundings): Promise<Found> {
  log.info(
    `Looking for workspaces with a slug like ${request.slugPattern} that are older than ${tellAge(request.olderThanMs)}.`,
  );
  const found: Found = { stale: [], count: 0, kept: [], notStale: 0 };
  for await (const { items, serverTime } of listWorkspaces(client)) {
    for (const workspace of items.filter(({ slug }) => matches(request.slugPattern, slug))) {
      const age = ageOf(workspace, serverTime);
      const reason = reasonToKeep(workspace, age, request);
      if (reason === undefined) {
        found.count += 1;
        const fate = fateOf(workspace, age, `${tellAge(age ?? 0)} old`);
        if (found.stale.length < Math.max(request.maxDeletions, MAX_REMEMBERED)) {
          found.stale.push(fate);
        }
      } else {
        found.notStale += 1;
        if (found.kept.length < MAX_REMEMBERED) found.kept.push(fateOf(workspace, age, reason));
      }
    }
  }
  return found;
}

/** Without all else that is known of it: there can be many. */
function fateOf(
  { id, slug, created_at }: Workspace,
  age: number | undefined,
  reason: string,
): Fate {
  return { id, slug, created_at: typeof created_at === 'string' ? created_at : null, age, reason };
}

function ageOf(workspace: Workspace, serverTime: number | undefined): number | undefined {
  const made = createdAt(workspace);
  return serverTime === undefined || made === undefined ? undefined : serverTime - made;
}

/** Why a workspace that matches is not stale. */
function reasonToKeep(
  { slug }: Workspace,
  age: number | undefined,
  { keep, olderThanMs }: SweepRequest,
): string | undefined {
  if (slug === 'default') return 'the default workspace';
  const keeper = keep.find((glob) => matches(glob, slug));
  if (keeper !== undefined) return `in keep, as ${keeper}`;
  if (age === undefined) return 'of an age that cannot be told';
  return age > olderThanMs ? undefined : `only ${tellAge(age)} old`;
}

/** Returns why it could not be deleted, if so. */
async function deleteStale(
  workspace: Fate,
  { deleteKeys, timeoutMs }: SweepRequest,
  surroundings: Abortable,
): Promise<string | undefined> {
  const { log, signal } = surroundings;
  const client = surroundings.client.within(timeoutMs * SHARE);
  if (signal.aborted) return `was not begun: ${signal.reason.message}`;
  const options = { deleteKeys, looksAgain: false };
  const { deletedKeys, failure } = await tearDown(workspace, options, { ...surroundings, client });
  if (!failure) {
    log.info(
      `Deleted ${workspace.slug}, id ${workspace.id}, ${workspace.reason}. API keys deleted: ${deletedKeys.length}.`,
    );
    return undefined;
  }
  const done = deletedKeys.length > 0 ? [`API keys deleted: ${deletedKeys.length}`] : [];
  const why = [...shortly(failure), ...done].join('; ');
  log.info(`Could not delete ${workspace.slug}, id ${workspace.id}: ${why}`);
  return why;
}

function shortly(failure: OpenRouterError | Failure): string[] {
  if (failure instanceof OpenRouterError) return linesOf(failure.facts);
  return [`${failure.title}: ${failure.lines[0]}`];
}
