import * as z from 'zod/mini';
import type { Client } from '../../http/client.ts';
import type { ApiRequest, ApiResponse, Outcome, RequestFacts } from '../../http/request.ts';
import { type DeletionResult, sendDeletion } from '../deletion.ts';
import { envelope } from '../envelope.ts';
import { type List, listAll, PAGE_SIZE, pageOf } from '../pages.ts';

/**
 * Text of `min` to `max` characters. The API counts code points, where `String.length` counts an
 * emoji twice.
 */
function text(min: number, max: number) {
  const accepted = min > 0 ? `${min} to ${max} characters` : `at most ${max} characters`;
  const length = (value: string) => [...value].length;
  return z.string(`must be ${accepted}`).check(
    z.refine((value) => length(value) >= min && length(value) <= max, {
      error: ({ input }) => `must be ${accepted}, but has ${length(String(input))}`,
    }),
  );
}

const flag = z.optional(z.boolean('must be true or false'));

const MODEL_MESSAGE = 'must be the slug of a model, such as openai/gpt-5-mini';

/** The name of a model at OpenRouter, such as `openai/gpt-5-mini`. */
export const modelSlug = z
  .string(MODEL_MESSAGE)
  .check(z.regex(/^[^\s/]+\/[^\s/]+$/, MODEL_MESSAGE));

const model = z.optional(z.nullable(modelSlug));

/** The length of the longest slug that OpenRouter accepts. A slug that is made from a text has its own bound. */
export const SLUG_MAX_LENGTH = 50;

/** A slug as OpenRouter has it, also one that no action makes. */
export const anySlug = text(1, SLUG_MAX_LENGTH).check(
  z.regex(
    /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
    'must consist of lower-case letters and digits, separated by single hyphens',
  ),
);

const slug = anySlug.check(
  z.refine(
    (value) => !isDefault({ slug: value }),
    'must not be default, because every account already has a workspace with that slug',
  ),
  z.refine(
    (value) => !isUuid(value),
    'must not look like a UUID, because the API accepts an id in place of a slug',
  ),
);

/** Whether a workspace is the default one, which every account has. */
export function isDefault({ slug }: Pick<WorkspaceRef, 'slug'>): boolean {
  return slug === 'default';
}

/** Whether `text` is a UUID, of any version. */
export function isUuid(text: string): boolean {
  return z.regexes.guid.test(text);
}

/** The schema of a workspace that a step has saved. Both parts can become parts of a path. */
export function savedWorkspace() {
  return z.object({ id: uuid(), slug: anySlug });
}

/** What a lookup by `idOrSlug` adds to that: `"Staging of web", id 9c6a…`, or `"Staging of web", slug staging-web`. */
export function describeFound(
  { id, slug, name }: Pick<Workspace, 'id' | 'slug' | 'name'>,
  idOrSlug: string,
): string {
  return `${JSON.stringify(name)}, ${idOrSlug === slug ? `id ${id}` : `slug ${slug}`}`;
}

/** The schema of a UUID of any version. */
export function uuid() {
  return z.string().check(z.refine(isUuid));
}

/** Whether `text` can be the id or the slug of a workspace. */
export function isIdOrSlug(text: string): boolean {
  return isUuid(text) || z.safeParse(anySlug, text).success;
}

/** The length of the longest name that OpenRouter accepts. */
export const NAME_MAX_LENGTH = 100;

/** Cuts the name of a workspace to the length that OpenRouter accepts, and whitespace that then ends it. */
export function cutName(name: string): string {
  return [...name].slice(0, NAME_MAX_LENGTH).join('').trimEnd();
}

const descriptionText = text(0, 500);

const RATE_MESSAGE = 'must be a number from 0.0001 to 1';

const ID_MESSAGE = 'must be a whole number';

const TOOL_MESSAGE = 'must be the name of a tool, without whitespace or quotes';

const PROVIDER_SORTS = ['price', 'throughput', 'latency', 'exacto'] as const;

/**
 * The body of `POST /workspaces`, and the only list of the fields of a workspace. Each message
 * completes a sentence that begins with the name of the input.
 *
 * Bounds: https://openrouter.ai/docs/api/api-reference/workspaces/create-workspace. Only `slug` is
 * stricter.
 */
export const createWorkspaceRequest = z.object({
  name: text(1, NAME_MAX_LENGTH),
  slug,
  description: z.optional(z.nullable(descriptionText)),
  default_text_model: model,
  default_image_model: model,
  default_provider_sort: z.optional(
    z.nullable(z.enum(PROVIDER_SORTS, `must be ${PROVIDER_SORTS.join(', ')} or "null"`)),
  ),
  io_logging_api_key_ids: z.optional(
    z.nullable(
      z.array(
        z.number(ID_MESSAGE).check(z.refine(Number.isSafeInteger, ID_MESSAGE)),
        'must be a list of whole numbers: one per line, separated by commas, or a JSON array',
      ),
    ),
  ),
  io_logging_sampling_rate: z.optional(
    z.number(RATE_MESSAGE).check(z.refine((rate) => rate >= 0.0001 && rate <= 1, RATE_MESSAGE)),
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
 * A workspace as the API returns it. Unknown fields are kept, and only the fields that every response
 * has are required: by OpenRouter's versioning policy, a new field is no breaking change.
 */
const workspace = z.looseObject({
  id: uuid(),
  slug: z.string(),
  name: z.string(),
});

export type Workspace = z.infer<typeof workspace>;

/** A text that is used if it is valid, and counts as absent otherwise. */
const textIfValid = (schema: z.ZodMiniType<string>) =>
  z.optional(
    z.pipe(
      z.unknown(),
      z.transform((value) => z.safeParse(schema, value).data),
    ),
  );

/** What is used of a workspace in a list. Without a valid time of creation, its age is unknown. */
const listedWorkspace = z.object({
  id: uuid(),
  slug: z.string(),
  created_at: textIfValid(z.string()),
  description: textIfValid(descriptionText),
});

export type ListedWorkspace = z.infer<typeof listedWorkspace>;

const workspaceResponse = envelope(workspace);
const workspacePage = pageOf(listedWorkspace);

/** What identifies a workspace, in requests and in messages. */
export type WorkspaceRef = Pick<Workspace, 'id' | 'slug'>;

/** Whether a workspace has this id or slug. Ids are UUIDs, and no slug looks like one. */
function hasIdOrSlug(idOrSlug: string, { id, slug }: WorkspaceRef): boolean {
  return isUuid(idOrSlug) ? id.toLowerCase() === idOrSlug.toLowerCase() : slug === idOrSlug;
}

/** Why `returned` is another workspace than the one with this id or slug, if it is. */
function mismatch(idOrSlug: string, returned: Workspace | undefined): string | undefined {
  if (!returned || hasIdOrSlug(idOrSlug, returned)) return undefined;
  return `the response is about the workspace ${JSON.stringify(returned.slug)}, id ${returned.id}`;
}

/**
 * `POST /workspaces`: creates a workspace. Not idempotent, and sent once.
 * @param recovery what to do if OpenRouter may have applied the request
 */
export function sendWorkspace(
  client: Client,
  body: CreateWorkspaceRequest,
  { recovery }: Pick<RequestFacts, 'recovery'> = {},
): Promise<Outcome<Workspace>> {
  return client.send({
    operation: `create the workspace "${body.slug}"`,
    mayLeaveBehind: `a workspace with the slug ${body.slug}`,
    recovery,
    method: 'POST',
    path: '/workspaces',
    body,
    schema: workspaceResponse,
    findMismatch: (returned) => mismatch(body.slug, returned),
  });
}

/** The result of looking up a workspace, with its time by both clocks. */
export interface Lookup extends Pick<ApiResponse<unknown>, 'serverTime' | 'headersAt'> {
  workspace: Workspace | undefined;
}

/**
 * `GET /workspaces/{id or slug}`: looks up a workspace. Its absence is a result, not an error.
 * @throws {ApiError}
 */
export async function findWorkspace(
  client: Client,
  idOrSlug: string,
  options: Pick<ApiRequest<never>, 'trusts404'> = {},
): Promise<Lookup> {
  const { data, serverTime, headersAt } = await client.request<Workspace | undefined>({
    operation: `look up the workspace ${JSON.stringify(idOrSlug)}`,
    method: 'GET',
    path: `/workspaces/${encodeURIComponent(idOrSlug)}`,
    schema: workspaceResponse,
    on404: () => undefined,
    findMismatch: (returned) => mismatch(idOrSlug, returned),
    ...options,
  });
  return { workspace: data, serverTime, headersAt };
}

/**
 * `GET /workspaces`: lists all workspaces of the account.
 * @throws {ApiError}
 */
export function listWorkspaces(client: Client): Promise<List<ListedWorkspace>> {
  return listAll(client, {
    operation: 'list the workspaces',
    path: '/workspaces',
    query: { limit: String(PAGE_SIZE) },
    schema: workspacePage,
    idOf: ({ id }) => id,
  });
}

/**
 * `PATCH /workspaces/{id}`: sets `changes`, and leaves all other fields unchanged. Returns the
 * workspace after that.
 * @throws {ApiError}
 */
export async function patchWorkspace(
  client: Client,
  { id, slug }: WorkspaceRef,
  changes: Partial<CreateWorkspaceRequest>,
): Promise<Workspace> {
  const { data } = await client.request({
    operation: `update the workspace "${slug}"`,
    mayLeaveBehind: `the new values in the workspace "${slug}"`,
    method: 'PATCH',
    path: `/workspaces/${encodeURIComponent(id)}`,
    body: changes,
    schema: workspaceResponse,
    findMismatch: (returned) => mismatch(id, returned),
    hint: 'The workspace may have been deleted in the meantime, or the management key may lack permission to change it, or be limited to another workspace.',
  });
  return data;
}

/**
 * `DELETE /workspaces/{id}`: deletes a workspace, as `sendDeletion` does.
 * @throws {ApiError} also while the workspace has API keys, because OpenRouter then rejects this
 */
export function deleteWorkspace(
  client: Client,
  { id, slug }: WorkspaceRef,
): Promise<DeletionResult> {
  const facts = {
    operation: `delete the workspace "${slug}"`,
    mayLeaveBehind: `the workspace "${slug}", which may still exist`,
    path: `/workspaces/${encodeURIComponent(id)}`,
  };
  return sendDeletion(client, facts, async () => {
    const { workspace } = await findWorkspace(client, id, { trusts404: true });
    return workspace;
  });
}

/** The page of all workspaces in OpenRouter's dashboard. It does not depend on `api-url`. */
export const DASHBOARD_URL = 'https://openrouter.ai/workspaces';

/** The page of a workspace there. */
export function dashboardUrl(slug: string): string {
  return `${DASHBOARD_URL}/${slug}`;
}
