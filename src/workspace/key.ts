import { Failure } from '../failure.ts';
import { OpenRouterError } from '../openrouter/error.ts';
import { type CreateKeyRequest, type Key, listKeys, tellKey } from '../openrouter/keys.ts';
import { findWorkspace, type Look, type Workspace } from '../openrouter/workspaces.ts';
import { deleteEach } from './delete-keys.ts';
import { warnOfKeyDrift } from './key-drift.ts';
import { hashesToSpare, type KeyIntent } from './key-intent.ts';
import type { KeyRemains } from './key-remains.ts';
import { deleteLost, findLost, type Minted, mintOnce, unclear } from './mint-once.ts';
import type { Surroundings } from './post-once.ts';

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
export interface KeyEvents {
  /** Secrets have come in, before anything else is done with the answer. */
  conceal(secrets: readonly string[]): void;
  /** What is left to the post step from now on. */
  leave(remains: KeyRemains | null): void;
  /** The key exists; once this returns, somebody has its secret. */
  minted(result: KeyResult): void;
}

export interface KeySurroundings extends Surroundings {
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
  const { asked, replace } = request;
  const { client, clock, log, events } = surroundings;
  log.info(
    `Asked for the API key ${JSON.stringify(asked.name)} in the workspace ${request.workspace}.`,
  );
  const look = await findWorkspace(client, request.workspace);
  const { workspace } = look;
  if (!workspace) throw absent(request);
  const list = await listKeys(client, workspace);
  const before = list.keys.filter(({ name }) => name === asked.name);
  log.info(
    `The workspace is ${workspace.slug}, id ${workspace.id}. API keys in it: ${list.keys.length}, of that name: ${before.length}.`,
  );

  const body = bodyOf(request, workspace, { look, surroundings });
  const intent: KeyIntent = {
    workspace: { id: workspace.id, slug: workspace.slug },
    asked: body,
    isUnique: request.nameIsRandom || body.expires_at !== null,
    since: list.serverTime,
    before: hashesToSpare(list, body),
    lost: 0,
  };
  const start = clock.now();
  const hashes = new Set(before.map(({ hash }) => hash));
  const minted = await mintOnce(intent, ({ hash }) => !hashes.has(hash), {
    ...surroundings,
    conceal: events.conceal,
    posting: (intended) => events.leave({ intended, revoke: true }),
    withdrawn: () => events.leave(null),
  });
  const result = handOver(minted, intent, { request, workspace, surroundings });
  const seconds = ((clock.now() - start) / 1000).toFixed(1);
  log.info(
    `Made it in ${seconds} s: ${minted.key.label}, hash ${minted.key.hash}, ${result.expiresAt ? `expires at ${result.expiresAt}` : 'never expires'}.`,
  );
  warnOfKeyDrift(minted.key, body, log);
  if (minted.lost > 0) {
    const isNew = ({ hash }: Key) => !hashes.has(hash) && hash !== minted.key.hash;
    const late = { ...intent, lost: minted.lost };
    const lost = await settleLate(late, isNew, surroundings);
    if (lost !== minted.lost) events.leave(remainsOf({ ...minted, lost }, intent, request));
  }
  if (replace) await deleteReplaced(before, minted.key, surroundings);
  log.info(
    request.revokeAfterJob
      ? 'It will be revoked when the job ends.'
      : 'It will not be revoked after the job.',
  );
  return result;
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
  { id }: Workspace,
  { look, surroundings }: { look: Look; surroundings: KeySurroundings },
): CreateKeyRequest {
  const { random, timeOfDay } = surroundings;
  const second = Math.floor((look.serverTime ?? timeOfDay()) / 1000) * 1000;
  // Never 0, which is what others have who write their own.
  const ms = 1 + Math.floor(random() * 999);
  const expires_at =
    expiresInMs === null ? null : new Date(second + expiresInMs + ms).toISOString();
  return { ...asked, workspace_id: id, expires_at };
}

/** Until its secret was handed over nobody has it, and the key is revoked whatever was asked for. */
function handOver(
  minted: Minted,
  intent: KeyIntent,
  {
    request,
    workspace,
    surroundings: { events },
  }: { request: KeyRequest; workspace: Workspace; surroundings: KeySurroundings },
): KeyResult {
  const { key, secret } = minted;
  events.leave(remainsOf(minted, intent, { revokeAfterJob: true }));
  if (key.workspace_id !== workspace.id) {
    throw new Failure('The API key was made in another workspace', [
      `It was asked for in ${workspace.id}, and OpenRouter has answered with ${tellKey(key)} in ${key.workspace_id}.`,
      'It is not handed out, and will be revoked when the job ends.',
    ]);
  }
  const answered = key['expires_at'];
  const expiresAt = typeof answered === 'string' ? answered : intent.asked.expires_at;
  const result = { workspace, key, secret, expiresAt };
  events.minted(result);
  if (!request.revokeAfterJob) events.leave(remainsOf(minted, intent, request));
  return result;
}

function remainsOf(
  { key: { hash, label }, lost }: Minted,
  intent: KeyIntent,
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
  intent: KeyIntent,
  isNew: (key: Key) => boolean,
  surroundings: KeySurroundings,
): Promise<number> {
  const { log } = surroundings;
  try {
    const late = await findLost(intent, isNew, surroundings);
    if (late.keys.length === 0 || late.areOurs) {
      return intent.lost - (await deleteLost(late, surroundings));
    }
    log.warning(...unclear(intent, late));
    return 0;
  } catch (error) {
    if (!(error instanceof OpenRouterError)) throw error;
    log.info(`${error.message}. When the job ends, it is looked for again.`);
    return intent.lost;
  }
}

/** @throws {OpenRouterError} that says what is left. */
async function deleteReplaced(
  before: readonly Key[],
  key: Key,
  { client, log }: Surroundings,
): Promise<void> {
  const left = await deleteEach(before, client, (old) =>
    log.info(`Deleted the API key ${tellKey(old)}, which the new one replaces.`),
  );
  const [first] = left;
  if (!first) return;
  throw first.error.with({
    doing: `delete ${left.length} of ${before.length} API keys that the new one replaces`,
    left: [
      `The new API key exists, and is in the outputs: ${tellKey(key)}.`,
      `Left of the old ones: ${left.map(({ key: old }) => tellKey(old)).join(', ')}.`,
    ],
  });
}
