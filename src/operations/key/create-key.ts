import { tellSeconds } from '../../lib/clock.ts';
import { OpenRouterError } from '../../openrouter/api-error.ts';
import {
  type CreateKeyRequest,
  type Key,
  listKeys,
  tellKey,
} from '../../openrouter/resources/keys.ts';
import { findWorkspace, type Look, type Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Surroundings } from '../shared/context.ts';
import { deleteEach } from '../shared/delete-keys.ts';
import { Failure, orFailWith, someOf } from '../shared/failure.ts';
import type { KeyRemains } from './cleanup.ts';
import { warnOfKeyDrift } from './key-diff.ts';
import { hashesToSpare, type KeyIntent } from './orphans.ts';
import { deleteLost, findLost, type Minted, mintOnce, unclear } from './send.ts';

export interface KeyRequest {
  /** The id or the slug of the workspace that it is for. */
  workspace: string;
  asked: Omit<CreateKeyRequest, 'workspace_id' | 'expires_at'>;
  /** Whether no other job asks for a key of that name. */
  nameIsRandom: boolean;
  /** In milliseconds from now; null for never. */
  expiresInMs: number | null;
  revokeAfterJob: boolean;
  /** Delete the keys of that name that were there before. */
  replace: boolean;
}

export interface KeyResult {
  workspace: Workspace;
  key: Key;
  secret: string;
  /** ISO 8601; null for never. */
  expiresAt: string | null;
}

/** Told as soon as they are known, so that a step which fails or is killed later has said them. */
interface KeyEvents {
  /** Secrets have come in, before anything else is done with the answer. */
  conceal(secrets: readonly string[]): void;
  /** What is left to the post step from now on. */
  leave(remains: KeyRemains | null): void;
  /** The key exists; once this returns, somebody has its secret. */
  minted(result: KeyResult): void;
}

interface KeySurroundings extends Surroundings {
  events: KeyEvents;
  /** At least 0 and below 1. */
  random(): number;
  /** In milliseconds since 1970, for a server that does not say what time it is. */
  timeOfDay(): number;
}

/**
 * Makes an API key in a workspace, for one job.
 * @throws {OpenRouterError} when a call failed for good.
 * @throws {Failure} when there is no such workspace, or it cannot be told whose a key is.
 */
export async function makeKey(
  request: KeyRequest,
  surroundings: KeySurroundings,
): Promise<KeyResult> {
  const { clock, log, events } = surroundings;
  const plan = await planKey(request, surroundings);
  const start = clock.now();
  const minted = await mintOnce(plan.intent, plan.isNew, {
    ...surroundings,
    conceal: events.conceal,
    posting: (intended) => events.leave({ intended, revoke: true }),
    withdrawn: () => events.leave(null),
  });
  const { key, lost } = minted;
  const leave: KeyEvents['leave'] = (remains) =>
    orFailWith(`The API key exists: ${tellKey(key)}, hash ${key.hash}.`, () =>
      events.leave(remains),
    );
  const result = handOver(minted, plan, { request, events: { ...events, leave } });
  const seconds = tellSeconds(clock.now() - start);
  const end = result.expiresAt === null ? 'never expires' : `expires at ${result.expiresAt}`;
  log.info(`Made it in ${seconds}: ${key.label}, hash ${key.hash}, ${end}.`);
  warnOfKeyDrift(key, plan.intent.asked, log);

  if (lost > 0) {
    const left = await settleLate(minted, plan, surroundings);
    if (left !== lost) leave(remainsOf({ ...minted, lost: left }, plan, request));
  }
  if (request.replace) await deleteReplaced(plan.before, key, surroundings);
  log.info(
    request.revokeAfterJob
      ? 'It will be revoked when the job ends.'
      : 'It will not be revoked after the job.',
  );
  return result;
}

/** What is known before the first POST. */
interface Plan {
  workspace: Workspace;
  intent: KeyIntent;
  /** The keys of that name that are there already. */
  before: readonly Key[];
  /** Whether a key of that name is none of those. */
  isNew(key: Key): boolean;
}

/** @throws {Failure} when there is no such workspace. */
async function planKey(request: KeyRequest, surroundings: KeySurroundings): Promise<Plan> {
  const { client, log } = surroundings;
  const { name } = request.asked;
  log.info(`Asked for the API key ${JSON.stringify(name)} in the workspace ${request.workspace}.`);
  const look = await findWorkspace(client, request.workspace);
  const { workspace } = look;
  if (!workspace) throw absent(request);
  const { id, slug } = workspace;
  const list = await listKeys(client, workspace);
  const before = list.keys.filter((key) => key.name === name);
  log.info(
    `The workspace is ${slug}, id ${id}. API keys in it: ${list.keys.length}, of that name: ${before.length}.`,
  );
  const asked = bodyOf(request, look, { id, ...surroundings });
  const hashes = new Set(before.map(({ hash }) => hash));
  return {
    workspace,
    intent: {
      workspace: { id, slug },
      asked,
      nameIsRandom: request.nameIsRandom,
      isUnique: request.nameIsRandom || asked.expires_at !== null,
      since: list.serverTime,
      before: hashesToSpare(list, asked),
      lost: 0,
    },
    before,
    isNew: ({ hash }) => !hashes.has(hash),
  };
}

function absent({ workspace }: KeyRequest): Failure {
  return new Failure(`There is no workspace ${workspace}`, [
    'No workspace of the account has that id or slug: a step that creates it must come before this one.',
    'Nothing was changed at OpenRouter.',
  ]);
}

/** The body of the POST; its expiry has random milliseconds, by which its key can be recognised. */
function bodyOf(
  { asked, expiresInMs }: KeyRequest,
  { serverTime }: Look,
  { id, random, timeOfDay }: Pick<KeySurroundings, 'random' | 'timeOfDay'> & { id: string },
): CreateKeyRequest {
  const second = Math.floor((serverTime ?? timeOfDay()) / 1000) * 1000;
  // Never 0, which is what others have who write their own.
  const ms = 1 + Math.floor(random() * 999);
  const expires_at =
    expiresInMs === null ? null : new Date(second + expiresInMs + ms).toISOString();
  return { ...asked, workspace_id: id, expires_at };
}

/** Until its secret was handed over nobody has it, and the key is revoked whatever was asked for. */
function handOver(
  minted: Minted,
  plan: Plan,
  { request, events }: { request: KeyRequest; events: KeyEvents },
): KeyResult {
  const { key, secret } = minted;
  const { workspace, intent } = plan;
  events.leave(remainsOf(minted, plan, { revokeAfterJob: true }));
  if (key.workspace_id !== workspace.id || key.name !== intent.asked.name || !plan.isNew(key)) {
    // Whose it is nobody knows, so it is not ours to revoke.
    events.leave(
      minted.lost > 0 ? { intended: { ...intent, lost: minted.lost }, revoke: false } : null,
    );
    throw new Failure('OpenRouter has answered with another API key', [
      `Asked for was a new one named ${JSON.stringify(intent.asked.name)} in the workspace ${workspace.id}; the answer was ${tellKey(key)}, hash ${key.hash}, in ${key.workspace_id}.`,
      'It is not handed out, and is left alone. Tell OpenRouter, and look for a key that nobody has.',
    ]);
  }
  const answered = key['expires_at'];
  const expiresAt = answered === undefined ? intent.asked.expires_at : timeIn(answered);
  const result = { workspace, key, secret, expiresAt };
  events.minted(result);
  if (!request.revokeAfterJob) events.leave(remainsOf(minted, plan, request));
  return result;
}

/** Null for what is no time, as for never. */
function timeIn(answered: unknown): string | null {
  return typeof answered === 'string' && !Number.isNaN(Date.parse(answered)) ? answered : null;
}

function remainsOf(
  { key: { hash, label }, lost }: Minted,
  { intent }: Plan,
  { revokeAfterJob: revoke }: Pick<KeyRequest, 'revokeAfterJob'>,
): KeyRemains | null {
  if (!revoke && lost === 0) return null;
  return { intended: { ...intent, lost }, minted: { hash, label }, revoke };
}

/**
 * Deletes what a lost POST has made after all, later than it was looked for. Returns how many may
 * still come; it is for the post step to find those, and whatever could not be found out now.
 */
async function settleLate(
  { key, lost }: Minted,
  { intent, isNew }: Plan,
  surroundings: Surroundings,
): Promise<number> {
  const { log } = surroundings;
  const late = { ...intent, lost };
  try {
    const isLate = (other: Key) => isNew(other) && other.hash !== key.hash;
    const found = await findLost(late, isLate, surroundings);
    if (found.keys.length === 0 || found.areOurs) {
      return lost - (await deleteLost(found, surroundings));
    }
    log.warning(...unclear(late, found));
    return 0;
  } catch (error) {
    if (!(error instanceof OpenRouterError)) throw error;
    log.info(`${error.message}. When the job ends, it is looked for again.`);
    return lost;
  }
}

/** @throws {OpenRouterError} that says what is left. */
async function deleteReplaced(
  before: readonly Key[],
  key: Key,
  { client, log }: Surroundings,
): Promise<void> {
  const replaced = before.filter(({ hash }) => hash !== key.hash);
  const left = await deleteEach(replaced, client, (old) =>
    log.info(`Deleted the API key ${tellKey(old)}, which the new one replaces.`),
  );
  const [first] = left;
  if (!first) return;
  throw first.error.with({
    doing: `delete ${left.length} of ${replaced.length} API keys that the new one replaces`,
    left: [
      `The new API key exists, and is in the outputs: ${tellKey(key)}.`,
      ...someOf(left.map(({ key: old }) => `Left of the old ones: ${tellKey(old)}.`)),
      'Running this again deletes them, and the new one too.',
    ],
  });
}
