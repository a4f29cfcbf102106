import type { Guardrail, GuardrailUpdate } from '../../openrouter/resources/guardrails.ts';
import type { Workspace } from '../../openrouter/resources/workspaces.ts';

/** The id of the guardrail that governs all that is done in `workspace`, where that is said. */
export function guardrailIdOf({ default_guardrail_id: id }: Workspace): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/**
 * Fields of `update` that an answer to it has otherwise. A model can have another slug than it was
 * asked by, so of lists of models is known only whether they restrict anything.
 */
export function guardrailOddities(answered: Guardrail, update: GuardrailUpdate): string[] {
  return Object.keys(guardrailDrift(answered, update)).filter((field) => {
    const [is, asked] = [answered[field] ?? null, update[field as keyof GuardrailUpdate] ?? null];
    return !isModels(field) || (is === null) !== (asked === null);
  });
}

/** The part of `update` that `guardrail` does not have already. */
export function guardrailDrift(
  guardrail: Guardrail | undefined,
  update: GuardrailUpdate,
): GuardrailUpdate {
  const differs = (field: string) =>
    !isSame(field, guardrail?.[field], update[field as keyof GuardrailUpdate]);
  // A limit is written with its interval.
  const pair = ['limit_usd', 'reset_interval'];
  const drifted = pair.some((field) => field in update && differs(field));
  return Object.fromEntries(
    Object.entries(update).filter(([field]) => (pair.includes(field) ? drifted : differs(field))),
  );
}

function isSame(field: string, is: unknown, asked: unknown): boolean {
  if (!Array.isArray(asked) || !Array.isArray(is)) return (is ?? null) === asked;
  const same = isModels(field) ? isSameModel : Object.is;
  const there = [...new Set(is)];
  const wanted = [...new Set(asked)];
  return (
    there.length === wanted.length &&
    wanted.every((entry) => there.some((candidate) => same(candidate, entry))) &&
    there.every((candidate) => wanted.some((entry) => same(candidate, entry)))
  );
}

function isModels(field: string): boolean {
  return field.endsWith('_models');
}

/**
 * OpenRouter answers with the slug that a model has for good, which most often is the one that was
 * asked for with a date behind it: `openai/gpt-5-mini-2025-08-07:free` for `openai/gpt-5-mini:free`.
 */
function isSameModel(is: unknown, asked: unknown): boolean {
  if (is === asked) return true;
  const [base = '', variant] = String(asked).split(':');
  const [dated = '', ...others] = String(is).split(':');
  const date = dated.startsWith(`${base}-`) ? dated.slice(base.length + 1) : '';
  return others[0] === variant && /^\d{4}-?\d\d-?\d\d$/.test(date);
}
