import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Account } from '../openrouter.ts';
import { ApiError, drop, nullable, ok, page, parse, type Routes } from '../route.ts';
import { isExpired, type Key } from './keys.ts';

/** A workspace as the API answers it. */
export interface Workspace {
  id: string;
  slug: string;
  name: string;
  default_guardrail_id: string;
  include_byok_in_budgets: boolean;
  created_at: string;
  updated_at: string | null;
  [field: string]: unknown;
}

const characters = (min: number, max: number) =>
  z.string().refine((text) => [...text].length >= min && [...text].length <= max, {
    error: `Must contain ${min} to ${max} characters`,
  });

const updateRequest = z.object({
  name: characters(1, 100).optional(),
  slug: characters(1, 50)
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
    .optional(),
  description: nullable(characters(0, 500)),
  default_text_model: nullable(z.string()),
  default_image_model: nullable(z.string()),
  default_provider_sort: nullable(z.enum(['price', 'throughput', 'latency', 'exacto'])),
  io_logging_api_key_ids: nullable(z.array(z.int())),
  io_logging_sampling_rate: z.number().min(0.0001).max(1).optional(),
  is_data_discount_logging_enabled: z.boolean().optional(),
  is_observability_broadcast_enabled: z.boolean().optional(),
  is_observability_io_logging_enabled: z.boolean().optional(),
  disabled_server_tools: nullable(z.array(z.string())),
});

const createRequest = updateRequest.required({ name: true, slug: true });

/** What a workspace has for the fields that its creator left out. */
const DEFAULTS = {
  description: null,
  default_text_model: null,
  default_image_model: null,
  default_provider_sort: null,
  io_logging_api_key_ids: null,
  io_logging_sampling_rate: 1,
  is_data_discount_logging_enabled: false,
  is_observability_broadcast_enabled: false,
  is_observability_io_logging_enabled: false,
  disabled_server_tools: null,
};

/** The workspaces of `account`, which has its default one from then on. */
export function workspaceRoutes(account: Account): Routes {
  const { workspaces, keys, budgets, guardrails, memberships, now, takenSlugStatus } = account;
  const { expiredKeysBlockDeletion } = account;

  const make = (fields: z.infer<typeof createRequest>): Workspace => {
    const id = randomUUID();
    const workspace = {
      id,
      ...DEFAULTS,
      ...fields,
      default_guardrail_id: derivedUuid(id),
      include_byok_in_budgets: false,
      created_at: now().toISOString(),
      created_by: account.owner,
      updated_at: null,
    };
    workspaces.push(workspace);
    return workspace;
  };
  const find = (idOrSlug: string | undefined) => findWorkspace(workspaces, idOrSlug);
  const claim = (slug: string | undefined, self?: Workspace) => {
    if (workspaces.some((workspace) => workspace.slug === slug && workspace !== self)) {
      throw new ApiError(takenSlugStatus, 'A workspace with this slug already exists');
    }
  };

  make({ name: 'Default', slug: 'default' });
  return {
    'POST /workspaces': ({ body }) => {
      const fields = parse(createRequest, body);
      claim(fields.slug);
      return { status: 201, body: { data: make(fields) } };
    },
    'GET /workspaces': ({ query }) =>
      ok({ data: page(workspaces, query, 50), total_count: workspaces.length }),
    'GET /workspaces/:id': (_, [id]) => ok({ data: find(id) }),
    'PATCH /workspaces/:id': ({ body }, [id]) => {
      const workspace = find(id);
      const fields = parse(updateRequest, body);
      claim(fields.slug, workspace);
      Object.assign(workspace, fields, { updated_at: now().toISOString() });
      return ok({ data: workspace });
    },
    'DELETE /workspaces/:id': (_, [id]) => {
      const workspace = find(id);
      if (workspace.slug === 'default') {
        throw new ApiError(400, 'Deleting the default workspace must be confirmed');
      }
      const blocks = (key: Key) => expiredKeysBlockDeletion || !isExpired(key, now());
      if (keys.some((key) => key.workspace_id === workspace.id && blocks(key))) {
        throw new ApiError(400, 'Workspaces with API keys cannot be deleted');
      }
      workspaces.splice(workspaces.indexOf(workspace), 1);
      const held: { workspace_id: string }[][] = [budgets, guardrails, memberships, keys];
      for (const items of held) drop(items, ({ workspace_id }) => workspace_id === workspace.id);
      return ok({ deleted: true });
    },
  };
}

/** @throws {ApiError} when there is none with that id or slug. */
export function findWorkspace(workspaces: Workspace[], idOrSlug: string | undefined): Workspace {
  const found = workspaces.find(({ id, slug }) => id === idOrSlug || slug === idOrSlug);
  if (!found) throw new ApiError(404, 'Workspace not found');
  return found;
}

/** A UUID that follows from `seed`, as a default guardrail's does from its workspace's. */
export function derivedUuid(seed: string): string {
  const hex = createHash('sha1').update(seed).digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-5$3-a$4-$5');
}
