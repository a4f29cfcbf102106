import type { Guardrail, GuardrailUpdate } from '../../openrouter/resources/guardrails.ts';
import type { Workspace } from '../../openrouter/resources/workspaces.ts';

/** The id of the guardrail that restricts all traffic of `workspace`, if OpenRouter reports it. */
export function guardrailIdOf({ default_guardrail_id: id }: Workspace): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/**
 * Fields of `update` that the response to it has with other values. A model can come back with
 * another slug than requested, so of lists of models only this counts: whether they restrict anything.
 */
export function unexpectedGuardrailFields(returned: Guardrail, update: GuardrailUpdate): string[] {
  return Object.keys(diffGuardrail(returned, update)).filter((field) => {
    const actual = returned[field] ?? null;
    const desired = update[field as keyof GuardrailUpdate] ?? null;
    return !isModels(field) || (actual === null) !== (desired === null);
  });
}

/** A limit is written with its interval. */
const LIMIT_FIELDS = ['limit_usd', 'reset_interval'];

/** The part of `update` that `guardrail` does not have already. */
export function diffGuardrail(
  guardrail: Guardrail | undefined,
  update: GuardrailUpdate,
): GuardrailUpdate {
  const differs = (field: string) =>
    !isSame(field, guardrail?.[field], update[field as keyof GuardrailUpdate]);
  const limitDiffers = LIMIT_FIELDS.some((field) => field in update && differs(field));
  return Object.fromEntries(
    Object.entries(update).filter(([field]) =>
      LIMIT_FIELDS.includes(field) ? limitDiffers : differs(field),
    ),
  );
}

function isSame(field: string, actual: unknown, desired: unknown): boolean {
  if (!Array.isArray(desired) || !Array.isArray(actual)) return (actual ?? null) === desired;
  const same = isModels(field) ? isSameModel : Object.is;
  const [ours, theirs] = [new Set(desired), new Set(actual)];
  return (
    ours.size === theirs.size &&
    [...ours].every((entry) => [...theirs].some((other) => same(other, entry))) &&
    [...theirs].every((other) => [...ours].some((entry) => same(other, entry)))
  );
}

function isModels(field: string): boolean {
  return field.endsWith('_models');
}

/**
 * OpenRouter returns the permanent slug of a model, which most often is the requested one with a
 * date: `openai/gpt-5-mini-2025-08-07:free` for `openai/gpt-5-mini:free`.
 */
function isSameModel(actual: unknown, desired: unknown): boolean {
  if (actual === desired) return true;
  const [base = '', variant] = String(desired).split(':');
  const [dated = '', ...variants] = String(actual).split(':');
  const date = dated.startsWith(`${base}-`) ? dated.slice(base.length + 1) : '';
  return variants[0] === variant && /^\d{4}-?\d\d-?\d\d$/.test(date);
}
