import { createHash } from 'node:crypto';
import { ApiError, type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import type { Account } from '../account.ts';
import { invalidRequest, pageOf, parseBody, readFlag } from '../request.ts';
import {
  createKeyRequest,
  isExpired,
  type Key,
  NO_USAGE,
  updateKeyRequest,
} from '../resources/keys.ts';
import { delayOf, usageFields } from '../resources/usage.ts';

export const keyRoutes: Routes<Account> = {
  'POST /keys': createKey,
  'GET /keys': listKeys,
  'GET /keys/:hash': getKey,
  'PATCH /keys/:hash': updateKey,
  'DELETE /keys/:hash': deleteKey,
};

function createKey(account: Account, { body }: Call): ApiResponse {
  const {
    workspace_id,
    limit = null,
    expires_at = null,
    ...fields
  } = parseBody(createKeyRequest, body);
  const secret = `sk-or-v1-${account.random(32).toString('hex')}`;
  const key: Key = {
    hash: hashOf(secret),
    label: `${secret.slice(0, 12)}...${secret.slice(-4)}`,
    disabled: false,
    limit,
    limit_remaining: limit,
    limit_reset: null,
    include_byok_in_limit: false,
    ...NO_USAGE,
    expires_at,
    creator_user_id: account.owner,
    external_user: null,
    ...fields,
    workspace_id: workspaceIdOf(account, workspace_id),
    created_at: creationTime(account),
    updated_at: null,
  };
  account.keys.unshift(key);
  return { status: 201, body: { data: key, key: secret } };
}

function creationTime({ now, keyLists: { hasMilliseconds } }: Account): string {
  const time = now().toISOString();
  return hasMilliseconds ? time : time.replace(/\.\d+Z$/, 'Z');
}

/** Records the keys after a write, if lists lag. */
export function recordKeys({ keys, keyLists: { lag, history }, now }: Account): void {
  if (lag === undefined) return;
  history.push({ at: now().getTime(), keys: keys.map((key) => ({ ...key })) });
}

/** The account as a list of keys shows it: all of one moment, which can be a while ago. */
function listedState(account: Account): Account {
  const { lag = 0, history } = account.keyLists;
  if (lag === 0) return account;
  const time = account.now().getTime() - lag;
  return {
    ...account,
    keys: [...(history.findLast(({ at }) => at <= time)?.keys ?? [])],
    spends: account.spends.filter(({ at }) => at <= time),
    now: () => new Date(time),
  };
}

/** Pages are of 100 keys: this list takes an `offset` and no `limit`. */
function listKeys(account: Account, { query }: Call): ApiResponse {
  const state = listedState(account);
  const workspaceId = workspaceIdOf(account, query.get('workspace_id') ?? undefined);
  const withDisabled = readFlag(query, 'include_disabled');
  const withExpired = readFlag(query, 'include_expired');
  const listed = state.keys.filter(
    (key) =>
      key.workspace_id === workspaceId &&
      (!key.disabled || withDisabled) &&
      (!isExpired(key, account.now()) || withExpired),
  );
  query.delete('limit');
  return ok({ data: pageOf(listed, query, 100).map((key) => withUsage(state, key)) });
}

function getKey(account: Account, { params: [hash] }: Call): ApiResponse {
  return ok({ data: withUsage(account, findKey(account, hash)) });
}

function updateKey(account: Account, { params: [hash], body }: Call): ApiResponse {
  const key = findKey(account, hash);
  const { workspace_id = key.workspace_id, ...fields } = parseBody(updateKeyRequest, body);
  Object.assign(key, fields, {
    workspace_id: workspaceIdOf(account, workspace_id),
    updated_at: account.now().toISOString(),
  });
  return ok({ data: withUsage(account, key) });
}

function findKey({ keys }: Account, hash: string | undefined): Key {
  const found = keys.find((key) => key.hash === hash);
  if (!found) throw new ApiError(404, 'API key not found');
  return found;
}

/** A key as the API returns it, with what its counters show by now, or showed a while ago. */
export function withUsage(account: Account, key: Key): Key {
  const { spends, counterDelay, replicaLags, now } = account;
  const time = now();
  const [behind = 0] = replicaLags;
  replicaLags.push(...replicaLags.splice(0, 1));
  const delay = delayOf(key, counterDelay) + behind;
  // Without a delay, it also shows what another server has recorded, whose clock is ahead.
  const counted = delay === 0 ? Number.POSITIVE_INFINITY : time.getTime() - delay;
  const own = spends.filter(({ key_hash, at }) => key_hash === key.hash && at <= counted);
  return { ...key, ...usageFields(key, own, time) };
}

/** The key whose secret is in an `Authorization` header. */
export function findBySecret({ keys }: Account, authorization: string): Key | undefined {
  const hash = hashOf(authorization.replace(/^Bearer /, ''));
  return keys.find((key) => key.hash === hash);
}

/** The key whose secret is in an `Authorization` header, as requests to models know it; undefined if they know none. */
export function findCached(
  { edge: { delay, keys }, now }: Account,
  authorization: string,
): Key | undefined {
  const cached = keys.get(hashOf(authorization.replace(/^Bearer /, '')));
  return cached && now().getTime() - cached.at < delay ? cached.key : undefined;
}

/** As requests to models know a key: they learn it anew once they have forgotten it. */
export function findForModels(account: Account, authorization: string): Key | undefined {
  const cached = findCached(account, authorization);
  if (cached) return cached;
  const key = findBySecret(account, authorization);
  if (key) account.edge.keys.set(key.hash, { key: { ...key }, at: account.now().getTime() });
  return key;
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function deleteKey(account: Account, { params: [hash] }: Call): ApiResponse {
  const { keys } = account;
  keys.splice(keys.indexOf(findKey(account, hash)), 1);
  return ok({ deleted: true });
}

/** The id of a workspace that a request names, which is the default one if it names none. */
function workspaceIdOf({ workspaces }: Account, id: string | undefined): string {
  const found = workspaces.find((workspace) =>
    id === undefined ? workspace.slug === 'default' : workspace.id === id,
  );
  if (!found) throw invalidRequest('no such workspace_id');
  return found.id;
}
