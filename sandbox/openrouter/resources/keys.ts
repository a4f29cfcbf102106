import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Account } from '../openrouter.ts';
import { ApiError, flag, nullable, ok, page, parse, type Routes } from '../route.ts';

/** An API key as the API answers it: never with its secret. */
export interface Key {
  hash: string;
  name: string;
  /** Its masked form. */
  label: string;
  disabled: boolean;
  workspace_id: string;
  created_at: string;
  expires_at: string | null;
  [field: string]: unknown;
}

const createRequest = z.object({
  name: z.string().min(1),
  workspace_id: z.uuid().optional(),
  limit: nullable(z.number().min(0)),
  limit_reset: nullable(z.enum(['daily', 'weekly', 'monthly'])),
  expires_at: nullable(z.iso.datetime()),
  include_byok_in_limit: z.boolean().optional(),
  creator_user_id: nullable(z.string().min(1)),
});

const UNUSED = {
  usage: 0,
  usage_daily: 0,
  usage_weekly: 0,
  usage_monthly: 0,
  byok_usage: 0,
  byok_usage_daily: 0,
  byok_usage_weekly: 0,
  byok_usage_monthly: 0,
};

/** Whether `key` has expired at the time `now`. */
export function isExpired({ expires_at }: Key, now: Date): boolean {
  return expires_at !== null && Date.parse(expires_at) <= now.getTime();
}

/** The API keys of `account`, newest first. */
export function keyRoutes({ workspaces, keys, now, owner }: Account): Routes {
  const workspaceOf = (id: string | undefined): string => {
    const found = workspaces.find((workspace) =>
      id === undefined ? workspace.slug === 'default' : workspace.id === id,
    );
    if (!found) throw new ApiError(400, 'Invalid request parameters: no such workspace_id');
    return found.id;
  };
  return {
    'POST /keys': ({ body }) => {
      const { workspace_id, limit = null, ...fields } = parse(createRequest, body);
      const secret = `sk-or-v1-${randomBytes(32).toString('hex')}`;
      const key: Key = {
        hash: createHash('sha256').update(secret).digest('hex'),
        label: `${secret.slice(0, 12)}...${secret.slice(-4)}`,
        disabled: false,
        limit,
        limit_remaining: limit,
        limit_reset: null,
        include_byok_in_limit: false,
        ...UNUSED,
        expires_at: null,
        creator_user_id: owner,
        external_user: null,
        ...fields,
        workspace_id: workspaceOf(workspace_id),
        created_at: now().toISOString(),
        updated_at: null,
      } as Key;
      keys.unshift(key);
      return { status: 201, body: { data: key, key: secret } };
    },
    'GET /keys': ({ query }) => {
      const workspace = workspaceOf(query.get('workspace_id') ?? undefined);
      const withDisabled = flag(query, 'include_disabled');
      const withExpired = flag(query, 'include_expired');
      const shown = keys.filter(
        (key) =>
          key.workspace_id === workspace &&
          (!key.disabled || withDisabled) &&
          (!isExpired(key, now()) || withExpired),
      );
      query.delete('limit');
      return ok({ data: page(shown, query, 100) });
    },
    'DELETE /keys/:hash': (_, [hash]) => {
      const at = keys.findIndex((key) => key.hash === hash);
      if (at < 0) throw new ApiError(404, 'API key not found');
      keys.splice(at, 1);
      return ok({ deleted: true });
    },
  };
}
