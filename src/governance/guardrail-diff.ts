import { isDeepStrictEqual } from 'node:util';
import type { Guardrail, GuardrailUpdate } from '../openrouter/resources/guardrails.ts';
import type { Workspace } from '../openrouter/resources/workspaces.ts';

/** The id of the default guardrail of `workspace`, if OpenRouter reports it. */
export function guardrailIdOf({ default_guardrail_id: id }: Workspace): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** The fields with models, and whether more of them than requested restrict less. */
const MODEL_FIELDS: Readonly<Record<string, { moreIsLooser: boolean }>> = {
  allowed_models: { moreIsLooser: true },
  ignored_models: { moreIsLooser: false },
};

/** The fields of a limit, which are written together. */
const LIMIT_FIELDS = ['limit_usd', 'reset_interval'];

/**
 * The fields of `update` that have another value in `guardrail`. OpenRouter stores a model by its permanent
 * slug, and labels filters. Written otherwise, they differ: writing them once more changes nothing.
 */
export function diffGuardrail(
  guardrail: Guardrail | undefined,
  update: GuardrailUpdate,
): GuardrailUpdate {
  const differs = (field: string) =>
    !isDeepStrictEqual(normalize(guardrail?.[field]), normalize(update[field]));
  const limitDiffers = LIMIT_FIELDS.some(differs);
  return Object.fromEntries(
    Object.entries(update).filter(([field]) =>
      LIMIT_FIELDS.includes(field) ? limitDiffers : differs(field),
    ),
  );
}

/** Lists the fields of `update` that have unexpected values in `returned`, the response to it. */
export function unexpectedGuardrailFields(returned: Guardrail, update: GuardrailUpdate): string[] {
  return Object.keys(update).filter((field) => {
    const [actual, desired] = [normalize(returned[field]), normalize(update[field])];
    const models = MODEL_FIELDS[field];
    return models ? isLooser(actual, desired, models) : !includes(actual, desired);
  });
}

/** Whether models restrict less than requested, as far as their number shows: they come back by other slugs. */
function isLooser(
  actual: unknown,
  desired: unknown,
  { moreIsLooser }: { moreIsLooser: boolean },
): boolean {
  if (!Array.isArray(actual) || !Array.isArray(desired)) return actual !== desired;
  return moreIsLooser ? actual.length > desired.length : actual.length < desired.length;
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

/** Whether `actual` has all that is desired. An object may have more, such as the label of a filter. */
function includes(actual: unknown, desired: unknown): boolean {
  if (Array.isArray(desired)) {
    if (!Array.isArray(actual) || actual.length !== desired.length) return false;
    return desired.every((entry) => actual.some((other) => includes(other, entry)));
  }
  if (!isObject(desired)) return actual === desired;
  if (!isObject(actual)) return false;
  return Object.entries(desired).every(([name, field]) =>
    includes(Object.hasOwn(actual, name) ? actual[name] : null, field),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
