import type { Guardrail, GuardrailUpdate } from '../openrouter/resources/guardrails.ts';
import type { Workspace } from '../openrouter/resources/workspaces.ts';

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
    if (isModels(field)) return !isSameModels(actual, desired, authorOf);
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
  return isModels(field)
    ? isSameModels(actual ?? [], desired ?? [], (model) => model)
    : isSameValue(withDefaults(field, actual), withDefaults(field, desired));
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
  return includes(normalize(actual), normalize(desired));
}

/** Sorts lists and fields, and keeps each entry once. An empty list restricts nothing, as null does. */
function normalize(value: unknown): unknown {
  if (Array.isArray(value)) {
    const texts = new Set(value.map((entry) => JSON.stringify(normalize(entry))));
    return texts.size === 0 ? null : [...texts].sort().map((text) => JSON.parse(text));
  }
  if (!isObject(value)) return value ?? null;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, normalize(value[name])]));
}

/** Compares a part of one value with a part of the other only once: else, time doubles with each level. */
function includes(actual: unknown, desired: unknown): boolean {
  if (Array.isArray(desired)) return Array.isArray(actual) && isSameSet(actual, desired);
  if (!isObject(desired)) return actual === desired;
  if (!isObject(actual)) return false;
  return Object.entries(desired).every(([name, field]) =>
    includes(Object.hasOwn(actual, name) ? actual[name] : null, field),
  );
}

/** Whether each entry of one list has a counterpart in the other. */
function isSameSet(actual: readonly unknown[], desired: readonly unknown[]): boolean {
  if (actual.length !== desired.length) return false;
  const found = new Set<unknown>();
  for (const entry of desired) {
    const counterparts = actual.filter((other) => includes(other, entry));
    if (counterparts.length === 0) return false;
    for (const other of counterparts) found.add(other);
  }
  return found.size === actual.length;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isModels(field: string): boolean {
  return field === 'allowed_models' || field === 'ignored_models';
}

/**
 * Whether `actual` is what OpenRouter may return for the models `desired`: each of them by its slug, or by
 * its permanent slug, which has a date. A model that is desired both with and without its date may come
 * back once.
 * @param groupOf the group of a model without its date: any model may come back for another of its group
 */
function isSameModels(
  actual: unknown,
  desired: unknown,
  groupOf: (model: string) => string,
): boolean {
  if (!isTexts(actual) || !isTexts(desired)) return false;
  const [returned, requested] = [new Set(actual), new Set(desired)];
  const kept = [...returned].filter((slug) => requested.has(slug)).map(withoutDate);
  const merged = new Set(kept.map(sortWords));
  const missing = [...requested].filter((slug) => !returned.has(slug));
  const unmerged = missing.filter((model) => !merged.has(sortWords(model)));
  const added = [...returned].filter((slug) => !requested.has(slug)).map(withoutDate);
  const countIn = (models: readonly string[]) => {
    const groups = models.map(groupOf);
    return (group: string) => groups.filter((other) => other === group).length;
  };
  // Each added slug replaces a missing model, and each missing one is replaced or merged.
  const [least, count, most] = [countIn(unmerged), countIn(added), countIn(missing)];
  return [...added, ...missing]
    .map(groupOf)
    .every((group) => least(group) <= count(group) && count(group) <= most(group));
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** `openai/gpt-5-mini:free` for `openai/gpt-5-mini-2025-08-07:free`; empty if a slug has no date. */
function withoutDate(slug: string): string {
  const [, base = '', variant = ''] = /^([^:]+)-\d{4}-?\d\d-?\d\d(:.*)?$/.exec(slug) ?? [];
  return base + variant;
}

/** The same text for `anthropic/claude-opus-4.5` and, from a permanent slug, `anthropic/claude-4.5-opus`. */
function sortWords(model: string): string {
  const parts = model.split(/([/:])/);
  return parts.map((part) => part.split('-').sort().join('-')).join('');
}

function authorOf(model: string): string {
  return model.split('/', 1).join();
}
