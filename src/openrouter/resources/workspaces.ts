import * as z from 'zod/mini';
import type { RequestFacts } from '../api-error.ts';
import type { ApiResponse, Outcome } from '../api-request.ts';
import type { Client } from '../client.ts';
import { deletion, envelope } from '../envelope.ts';
import { listPages, PAGE_SIZE, type Page } from '../pages.ts';

/**
 * Text of `min` to `max` characters. The API's bounds count characters as people do: code points,
 * where `String.length` counts an emoji twice.
 */
function text(min: number, max: number) {
  const accepted = min > 0 ? `${min} to ${max} characters` : `at most ${max} characters`;
  const length = (value: string) => [...value].length;
  return z.string(`must be ${accepted}`).check(
    z.refine((value) => length(value) >= min && length(value) <= max, {
      error: ({ input }) => `must be ${accepted}, and has ${length(String(input))}`,
    }),
  );
}

const flag = z.optional(z.boolean('must be true or false'));

const MODEL = 'must be a model, as author/model';

/** What OpenRouter calls a model by; one schema for all that name models. */
export const modelSlug = z.string(MODEL).check(z.regex(/^[^\s/]+\/[^\s/]+$/, MODEL));

const model = z.optional(z.nullable(modelSlug));

const SLUG_MAX_LENGTH = 50;

const anySlug = text(1, SLUG_MAX_LENGTH).check(
  z.regex(
    /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
    'must be lower-case letters and digits, in groups joined by single hyphens',
  ),
);

const slug = anySlug.check(
  z.refine((value) => value !== 'default', 'must not be default, which every account has already'),
  z.refine(
    (value) => !isUuid(value),
    'must not look like a UUID, because the API takes "id or slug" in one place',
  ),
);

const uuid = z.guid();

/** Whether `text` is a UUID, of any version. */
export function isUuid(text: string): boolean {
  return z.safeParse(uuid, text).success;
}

/** Whether a workspace can have `text` as its id or as its slug. */
export function isIdOrSlug(text: string): boolean {
  return isUuid(text) || z.safeParse(anySlug, text).success;
}

const TOOL_MESSAGE = 'must be the name of a tool, without blanks or quotes';

const PROVIDER_SORTS = ['price', 'throughput', 'latency', 'exacto'] as const;

/**
 * The body of `POST /workspaces`, and the one list of the fields of a workspace. Each message
 * completes a sentence that begins with the name of the field.
 *
 * Bounds: https://openrouter.ai/docs/api/api-reference/workspaces/create-workspace. What is refused
 * here beyond them is said at `slug`.
 */
export const createWorkspaceRequest = z.object({
  name: text(1, 100),
  slug,
  description: z.optional(z.nullable(text(0, 500))),
  default_text_model: model,
  default_image_model: model,
  default_provider_sort: z.optional(
    z.nullable(z.enum(PROVIDER_SORTS, `must be ${PROVIDER_SORTS.join(', ')} or "null"`)),
  ),
  io_logging_api_key_ids: z.optional(
    z.nullable(
      z.array(
        z.int('must be a whole number'),
        'must be a list of whole numbers: one per line, separated by commas, or a JSON array',
      ),
    ),
  ),
  io_logging_sampling_rate: z.optional(
    z
      .number('must be a number from 0.0001 to 1')
      .check(
        z.gte(0.0001, 'must be a number from 0.0001 to 1'),
        z.lte(1, 'must be a number from 0.0001 to 1'),
      ),
  ),
  is_data_discount_logging_enabled: flag,
  is_observability_broadcast_enabled: flag,
  is_observability_io_logging_enabled: flag,
  disabled_server_tools: z.optional(
    z.nullable(
      z.array(
        z.string(TOOL_MESSAGE).check(z.regex(/^[^\s"']+$/, TOOL_MESSAGE)),
        'must be a list of names: one per line, separated by commas, or a JSON array',
      ),
    ),
  ),
});

export type CreateWorkspaceRequest = z.infer<typeof createWorkspaceRequest>;

export type WorkspaceField = keyof CreateWorkspaceRequest;

export const WORKSPACE_FIELDS = Object.keys(createWorkspaceRequest.shape) as WorkspaceField[];

/**
 * A workspace as the API answers it. Only what every answer has had is required, and what is not
 * known here is kept: new fields are no breaking change in OpenRouter's versioning policy.
 */
const workspace = z.looseObject({
  id: z.string().check(z.minLength(1)),
  slug: z.string(),
  name: z.string(),
});

export type Workspace = z.infer<typeof workspace>;

/** What identifies a workspace, in requests and in messages. */
export type WorkspaceRef = Pick<Workspace, 'id' | 'slug'>;

const timestamp = z.iso.datetime({ offset: true });

/**
 * When a workspace or a key was made, in milliseconds since 1970; undefined where it does not say so
 * in a way that means the same everywhere, with its time zone.
 */
export function createdAt(thing: Readonly<Record<string, unknown>>): number | undefined {
  const { data } = z.safeParse(timestamp, thing['created_at']);
  return data === undefined ? undefined : Date.parse(data);
}

/** Whether it is the one with that id or slug: no slug looks like an id, which is a UUID. */
function isOf(idOrSlug: string, { id, slug }: WorkspaceRef): boolean {
  return isUuid(idOrSlug) ? id.toLowerCase() === idOrSlug.toLowerCase() : slug === idOrSlug;
}

/** What is wrong with a response about `found`, if that is not the workspace with that id or slug. */
function mismatch(idOrSlug: string, found: Workspace | undefined): string | undefined {
  if (!found || isOf(idOrSlug, found)) return undefined;
  return `the response is about the workspace ${JSON.stringify(found.slug)}, id ${found.id}`;
}

/**
 * `POST /workspaces`, once: creates a workspace. Not idempotent.
 * @param recovery what to do if it may have been applied and its response was lost
 */
export function sendWorkspace(
  client: Client,
  body: CreateWorkspaceRequest,
  { recovery }: Pick<RequestFacts, 'recovery'> = {},
): Promise<Outcome<Workspace>> {
  return client.send({
    operation: `create the workspace ${body.slug}`,
    mayLeaveBehind: `a workspace with the slug ${body.slug}`,
    ...(recovery !== undefined && { recovery }),
    method: 'POST',
    path: '/workspaces',
    body,
    schema: envelope(workspace),
    findMismatch: (created) => mismatch(body.slug, created),
  });
}

/** What a lookup of a workspace found, and when. */
export interface Lookup extends Omit<ApiResponse<unknown>, 'data'> {
  workspace: Workspace | undefined;
}

/**
 * `GET /workspaces/{id or slug}`: the workspace with that id or slug, if it exists.
 * @throws {ApiError}
 */
export async function findWorkspace(client: Client, idOrSlug: string): Promise<Lookup> {
  const { data, ...when } = await client.request<Workspace | undefined>({
    operation: `look up the workspace ${idOrSlug}`,
    method: 'GET',
    path: `/workspaces/${encodeURIComponent(idOrSlug)}`,
    schema: envelope(workspace),
    notFound: () => undefined,
    findMismatch: (found) => mismatch(idOrSlug, found),
  });
  return { workspace: data, ...when };
}

const workspaceList = z.object({
  data: z.array(workspace),
  total_count: z.number(),
});

/**
 * `GET /workspaces`: all workspaces of the account, page by page.
 * @throws {ApiError}
 */
export function listWorkspaces(client: Client): AsyncGenerator<Page<Workspace>> {
  return listPages(client, {
    operation: 'list the workspaces',
    path: '/workspaces',
    query: { limit: String(PAGE_SIZE) },
    schema: workspaceList,
    idOf: ({ id }) => id,
  });
}

/**
 * `PATCH /workspaces/{id}`: sets `changes`, and leaves all other fields unchanged.
 * @throws {ApiError}
 */
export async function patchWorkspace(
  client: Client,
  { id, slug }: Workspace,
  changes: Partial<CreateWorkspaceRequest>,
): Promise<Workspace> {
  const { data } = await client.request({
    operation: `update the workspace ${slug}`,
    mayLeaveBehind: `the new values in the workspace ${slug}`,
    method: 'PATCH',
    path: `/workspaces/${encodeURIComponent(id)}`,
    body: changes,
    schema: envelope(workspace),
    findMismatch: (updated) => mismatch(slug, updated),
  });
  return data;
}

/**
 * `DELETE /workspaces/{id}`: deletes a workspace. Returns whether it existed; deleting a missing
 * workspace succeeds.
 * @throws {ApiError} also while the workspace has API keys: OpenRouter rejects that.
 */
export async function deleteWorkspace(
  client: Client,
  { id, slug }: WorkspaceRef,
): Promise<boolean> {
  const { data } = await client.request({
    operation: `delete the workspace ${slug}`,
    mayLeaveBehind: `the workspace ${slug}, which may still exist`,
    method: 'DELETE',
    path: `/workspaces/${encodeURIComponent(id)}`,
    schema: deletion,
    notFound: () => false,
  });
  return data;
}

/** The page of a workspace in OpenRouter's dashboard, which is the same for every API host. */
export function dashboardUrl(slug: string): string {
  return `https://openrouter.ai/workspaces/${slug}`;
}
