import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';

/** A request as the API sees it. */
export interface ApiRequest {
  method: string;
  /** Below the base URL, with its query: `/workspaces?limit=10`. */
  path: string;
  /** The `Authorization` header. */
  authorization: string | undefined;
  /** As it was sent, not parsed. */
  body: string;
}

export interface ApiAnswer {
  status: number;
  body: unknown;
}

/** A workspace as the API answers it. */
export interface Workspace {
  id: string;
  slug: string;
  name: string;
  created_at: string;
  updated_at: string | null;
  [field: string]: unknown;
}

export interface OpenRouterOptions {
  managementKey: string;
  /** What a taken slug answers, which OpenRouter documents nowhere. */
  takenSlugStatus?: 400 | 409 | 500;
  now?: () => Date;
}

/** An account at OpenRouter: what it holds, and the API to it. */
export interface OpenRouter {
  workspaces: Workspace[];
  /** What time it is there. */
  now(): Date;
  handle(request: ApiRequest): ApiAnswer;
}

class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const nullable = <Inner extends z.ZodType>(inner: Inner) => inner.nullable().optional();
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

const CREATOR = 'user_2sandbox';

/** OpenRouter's management API, as far as it is documented, over an account in memory. */
export function openAccount(options: OpenRouterOptions): OpenRouter {
  const { managementKey, takenSlugStatus = 400, now = () => new Date() } = options;
  const workspaces: Workspace[] = [];

  const make = (fields: z.infer<typeof createRequest>): Workspace => {
    const id = randomUUID();
    const workspace = {
      id,
      ...DEFAULTS,
      ...fields,
      default_guardrail_id: guardrailOf(id),
      include_byok_in_budgets: false,
      created_at: now().toISOString(),
      created_by: CREATOR,
      updated_at: null,
    };
    workspaces.push(workspace);
    return workspace;
  };
  const find = (idOrSlug: string): Workspace => {
    const found = workspaces.find(({ id, slug }) => id === idOrSlug || slug === idOrSlug);
    if (!found) throw new ApiError(404, 'Workspace not found');
    return found;
  };
  const claim = (slug: string | undefined, self?: Workspace) => {
    if (workspaces.some((workspace) => workspace.slug === slug && workspace !== self)) {
      throw new ApiError(takenSlugStatus, 'A workspace with this slug already exists');
    }
  };

  const routes: Record<string, (request: ApiRequest, id: string) => ApiAnswer> = {
    'POST /workspaces': ({ body }) => {
      const fields = parse(createRequest, body);
      claim(fields.slug);
      return { status: 201, body: { data: make(fields) } };
    },
    'GET /workspaces': ({ path }) => {
      const query = new URL(path, 'http://sandbox').searchParams;
      const offset = Number(query.get('offset') ?? 0);
      const limit = Math.min(Number(query.get('limit') ?? 50), 100);
      const data = workspaces.slice(offset, offset + limit);
      return { status: 200, body: { data, total_count: workspaces.length } };
    },
    'GET /workspaces/:id': (_, id) => ({ status: 200, body: { data: find(id) } }),
    'PATCH /workspaces/:id': ({ body }, id) => {
      const workspace = find(id);
      const fields = parse(updateRequest, body);
      claim(fields.slug, workspace);
      Object.assign(workspace, fields, { updated_at: now().toISOString() });
      return { status: 200, body: { data: workspace } };
    },
    'DELETE /workspaces/:id': (_, id) => {
      const workspace = find(id);
      if (workspace.slug === 'default') {
        throw new ApiError(400, 'Deleting the default workspace must be confirmed');
      }
      workspaces.splice(workspaces.indexOf(workspace), 1);
      return { status: 200, body: { deleted: true } };
    },
  };

  make({ name: 'Default', slug: 'default' });
  return {
    workspaces,
    now,
    handle(request) {
      try {
        authenticate(request.authorization, managementKey);
        const [collection = '', id = ''] = new URL(request.path, 'http://sandbox').pathname
          .slice(1)
          .split('/');
        const route = routes[`${request.method} /${collection}${id && '/:id'}`];
        if (!route) throw new ApiError(404, 'Not Found');
        return structuredClone(route(request, decodeURIComponent(id)));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const { status, message } = error;
        return { status, body: { error: { code: status, message } } };
      }
    },
  };
}

function authenticate(authorization: string | undefined, managementKey: string): void {
  if (!authorization) throw new ApiError(401, 'Missing Authentication header');
  if (authorization !== `Bearer ${managementKey}`)
    throw new ApiError(401, 'Invalid management key');
}

function parse<Schema extends z.ZodType>(schema: Schema, body: string): z.infer<Schema> {
  const parsed = schema.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data;
  throw new ApiError(400, `Invalid request parameters: ${z.prettifyError(parsed.error)}`);
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError(400, 'The request body is not JSON');
  }
}

/** A UUID that follows from the workspace's own, as OpenRouter's does. */
function guardrailOf(id: string): string {
  const hex = createHash('sha1').update(id).digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-5$3-a$4-$5');
}
