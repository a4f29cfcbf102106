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
  if (isModels(field)) {
    const isLifted = isNone(actual) && isNone(desired);
    return isLifted || isSameModels(actual, desired, (model) => model);
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
  return includes(toValue(actual), toValue(desired));
}

/** A value to compare with another. */
interface Value {
  /** The same for equal values, whatever the order of their lists and fields. */
  text: string;
  /** The entries of a list by their texts, each once. */
  entries?: ReadonlyMap<string, Value>;
  /** The fields of an object. */
  fields?: ReadonlyMap<string, Value>;
}

const NONE: Value = { text: 'null' };

function toValue(value: unknown): Value {
  if (isNone(value)) return NONE;
  if (Array.isArray(value)) {
    const entries = new Map(value.map(toValue).map((entry) => [entry.text, entry]));
    return { text: `[${[...entries.keys()].sort().join()}]`, entries };
  }
  if (!isObject(value)) return { text: JSON.stringify(value) };
  const fields = new Map(Object.entries(value).map(([name, field]) => [name, toValue(field)]));
  const texts = [...fields].map(([name, { text }]) => `${JSON.stringify(name)}:${text}`);
  return { text: `{${texts.sort().join()}}`, fields };
}

/**
 * Whether `actual` has all that is desired. Compares each part of one with each of the other once at
 * most, and only within objects or lists that are not equal.
 */
function includes(actual: Value, desired: Value): boolean {
  if (actual.text === desired.text) return true;
  const { entries, fields } = actual;
  if (desired.entries) return entries !== undefined && isSameSet(entries, desired.entries);
  if (!desired.fields || !fields) return false;
  for (const [name, field] of desired.fields) {
    if (!includes(fields.get(name) ?? NONE, field)) return false;
  }
  return true;
}

/** Whether each entry of one list has a counterpart in the other. */
function isSameSet(
  actual: ReadonlyMap<string, Value>,
  desired: ReadonlyMap<string, Value>,
): boolean {
  if (actual.size !== desired.size) return false;
  const others = [...actual.values()];
  const found = new Set<Value>();
  // Entries without an equal come first: one that has no counterpart ends the search.
  const sorted = [...desired].sort(([a], [b]) => Number(actual.has(a)) - Number(actual.has(b)));
  for (const [, entry] of sorted) {
    const counterparts = others.filter((other) => includes(other, entry));
    if (counterparts.length === 0) return false;
    for (const other of counterparts) found.add(other);
  }
  return found.size === actual.size;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An empty list restricts nothing, as null does. */
function isNone(value: unknown): boolean {
  return (value ?? null) === null || (Array.isArray(value) && value.length === 0);
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
  const added = [...returned].filter((slug) => !requested.has(slug)).map(withoutDate);
  const missing = [...requested].filter((slug) => !returned.has(slug));
  const kept = [...returned].filter((slug) => requested.has(slug)).map(withoutDate);
  const merged = new Set(kept.map(sortWords));
  const unmerged = missing.filter((model) => !merged.has(sortWords(model)));
  // Each added slug replaces a missing model, and each missing one is replaced or merged.
  const counts = countBy(added, groupOf);
  return (
    isWithin(counts, countBy(missing, groupOf)) && isWithin(countBy(unmerged, groupOf), counts)
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** The number of `models` in each group. */
function countBy(
  models: readonly string[],
  groupOf: (model: string) => string,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const group of models.map(groupOf)) counts.set(group, (counts.get(group) ?? 0) + 1);
  return counts;
}

/** Whether no group has a higher count than its limit. */
function isWithin(
  counts: ReadonlyMap<string, number>,
  limits: ReadonlyMap<string, number>,
): boolean {
  return [...counts].every(([group, count]) => count <= (limits.get(group) ?? 0));
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
