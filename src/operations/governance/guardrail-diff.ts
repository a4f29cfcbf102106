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
    const [actual, desired] = [returned[field], update[field]];
    if (isModels(field)) return !isSameSet(actual, desired, mayBeSameModel);
    // OpenRouter's own default for a part of a filter that was left out is expected.
    return !(field in ENTRY_DEFAULTS) || !isSameValue(actual, desired);
  });
}

/** The fields of a limit, which are written together. */
const LIMIT_FIELDS = ['limit_usd', 'reset_interval'];

/** The fields of `update` that have another value in `guardrail`. */
export function diffGuardrail(
  guardrail: Guardrail | undefined,
  update: GuardrailUpdate,
): GuardrailUpdate {
  const differs = (field: string) => !isSame(field, guardrail?.[field], update[field]);
  const limitDiffers = LIMIT_FIELDS.some(differs);
  return Object.fromEntries(
    Object.entries(update).filter(([field]) =>
      LIMIT_FIELDS.includes(field) ? limitDiffers : differs(field),
    ),
  );
}

/** The values that a filter has if they are left out. A write replaces all filters. */
const ENTRY_DEFAULTS: Readonly<Record<string, object>> = {
  content_filters: { label: null },
  content_filter_builtins: { scan_scope: 'all_messages' },
};

function isSame(field: string, actual: unknown, desired: unknown): boolean {
  if (isModels(field)) {
    return (isNone(actual) && isNone(desired)) || isSameSet(actual, desired, isSameModel);
  }
  return isSameValue(withDefaults(field, actual), withDefaults(field, desired));
}

function withDefaults(field: string, value: unknown): unknown {
  const defaults = ENTRY_DEFAULTS[field];
  if (!defaults || !Array.isArray(value)) return value;
  return value.map((entry) => (isObject(entry) ? { ...defaults, ...entry } : entry));
}

/**
 * Whether `actual` has all that is desired, with lists in any order. An object may come back with
 * more, such as the label that OpenRouter gives to a builtin filter.
 */
function isSameValue(actual: unknown, desired: unknown): boolean {
  if (actual === desired || (isNone(actual) && isNone(desired))) return true;
  if (Array.isArray(desired)) return isSameSet(actual, desired, isSameValue);
  if (!isObject(actual) || !isObject(desired)) return false;
  return Object.entries(desired).every(([name, value]) => isSameValue(actual[name], value));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether both are lists of the same entries, by `same`. */
function isSameSet(
  actual: unknown,
  desired: unknown,
  same: (actual: unknown, desired: unknown) => boolean,
): boolean {
  if (!Array.isArray(desired) || !Array.isArray(actual)) return false;
  const [desiredSet, actualSet] = [withoutRepeats(desired), withoutRepeats(actual)];
  return (
    desiredSet.length === actualSet.length &&
    desiredSet.every((entry) => actualSet.some((other) => same(other, entry))) &&
    actualSet.every((other) => desiredSet.some((entry) => same(other, entry)))
  );
}

function withoutRepeats(list: readonly unknown[]): unknown[] {
  return [...new Map(list.map((entry) => [JSON.stringify(entry), entry])).values()];
}

/** An empty list restricts nothing, as null does. */
function isNone(value: unknown): boolean {
  return (value ?? null) === null || (Array.isArray(value) && value.length === 0);
}

function isModels(field: string): boolean {
  return field === 'allowed_models' || field === 'ignored_models';
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
