import type { Guardrail, GuardrailUpdate } from '../../openrouter/resources/guardrails.ts';
import type { Workspace } from '../../openrouter/resources/workspaces.ts';

/** The id of the default guardrail of `workspace`, if OpenRouter reports it. */
export function guardrailIdOf({ default_guardrail_id: id }: Workspace): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/**
 * Lists the fields of `update` that have unexpected values in `returned`, the response to it. A model
 * may come back by a permanent slug of another form, such as `anthropic/claude-4.5-opus-20251124` for
 * `anthropic/claude-opus-4.5`.
 */
export function unexpectedGuardrailFields(returned: Guardrail, update: GuardrailUpdate): string[] {
  return Object.keys(diffGuardrail(returned, update)).filter((field) => {
    const desired = update[field as keyof GuardrailUpdate];
    return !isModels(field) || !isSameSet(returned[field], desired, mayBeSameModel);
  });
}

/** The fields of a limit, which are written together. */
const LIMIT_FIELDS = ['limit_usd', 'reset_interval'];

/** The fields of `update` that have another value in `guardrail`. */
export function diffGuardrail(
  guardrail: Guardrail | undefined,
  update: GuardrailUpdate,
): GuardrailUpdate {
  const differs = (field: string) =>
    !isSame(field, guardrail?.[field], update[field as keyof GuardrailUpdate]);
  const limitDiffers = LIMIT_FIELDS.some(differs);
  return Object.fromEntries(
    Object.entries(update).filter(([field]) =>
      LIMIT_FIELDS.includes(field) ? limitDiffers : differs(field),
    ),
  );
}

function isSame(field: string, actual: unknown, desired: unknown): boolean {
  if (actual === desired || (isNone(actual) && isNone(desired))) return true;
  return isSameSet(actual, desired, isModels(field) ? isSameModel : Object.is);
}

/** Whether both are lists of the same entries, by `same`. */
function isSameSet(
  actual: unknown,
  desired: unknown,
  same: (actual: unknown, desired: unknown) => boolean,
): boolean {
  if (!Array.isArray(desired) || !Array.isArray(actual)) return false;
  const [desiredSet, actualSet] = [new Set(desired), new Set(actual)];
  return (
    desiredSet.size === actualSet.size &&
    [...desiredSet].every((entry) => [...actualSet].some((other) => same(other, entry))) &&
    [...actualSet].every((other) => [...desiredSet].some((entry) => same(other, entry)))
  );
}

/** An empty list restricts nothing, as null does. */
function isNone(value: unknown): boolean {
  return (value ?? null) === null || (Array.isArray(value) && value.length === 0);
}

function isModels(field: string): boolean {
  return field.endsWith('_models');
}

/**
 * Whether two slugs name the same model. OpenRouter returns a model's permanent slug, which is usually
 * the requested one with a date: `openai/gpt-5-mini-2025-08-07:free` for `openai/gpt-5-mini:free`.
 */
function isSameModel(actual: unknown, desired: unknown): boolean {
  if (actual === desired) return true;
  const [base = '', variant] = String(desired).split(':');
  const [dated = '', ...variants] = String(actual).split(':');
  const date = dated.startsWith(`${base}-`) ? dated.slice(base.length + 1) : '';
  return variants[0] === variant && /^\d{4}-?\d\d-?\d\d$/.test(date);
}

/** Whether `actual` is the same model or a dated slug of the same author. */
function mayBeSameModel(actual: unknown, desired: unknown): boolean {
  const author = (slug: unknown) => String(slug).split('/')[0];
  const isDated = /-\d{4}-?\d\d-?\d\d(?::|$)/.test(String(actual));
  return isSameModel(actual, desired) || (isDated && author(actual) === author(desired));
}
