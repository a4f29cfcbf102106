import * as z from 'zod';
import { nullable } from './nullable.ts';

/** A workspace as the API returns it. */
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

/** The maximum number of characters. */
export const MAX_LENGTH = { name: 100, slug: 50, description: 500 };

export const updateWorkspaceRequest = z.strictObject({
  name: characters(1, MAX_LENGTH.name).optional(),
  slug: characters(1, MAX_LENGTH.slug)
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
    .optional(),
  description: nullable(characters(0, MAX_LENGTH.description)),
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

export const createWorkspaceRequest = updateWorkspaceRequest.required({ name: true, slug: true });

export type CreateWorkspaceRequest = z.infer<typeof createWorkspaceRequest>;

type OptionalField = Exclude<keyof CreateWorkspaceRequest, 'name' | 'slug'>;

/** The values of the fields that a create request leaves out. */
export const WORKSPACE_DEFAULTS = {
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
} satisfies Record<OptionalField, unknown>;

/** A value for each field, other than OpenRouter's default as far as it is known. */
export const WORKSPACE_EXAMPLE = {
  name: 'Preview of pull request 42',
  slug: 'every-field',
  description: 'First line\n\n  second line, "quoted" 🎈',
  default_text_model: 'openai/gpt-5-mini',
  default_image_model: 'google/gemini-2.5-flash-image',
  default_provider_sort: 'price',
  io_logging_api_key_ids: [101, 102, 103],
  io_logging_sampling_rate: 0.25,
  is_data_discount_logging_enabled: false,
  is_observability_broadcast_enabled: true,
  is_observability_io_logging_enabled: true,
  disabled_server_tools: ['openrouter:web_search', 'openrouter:bash'],
} satisfies Required<CreateWorkspaceRequest>;
