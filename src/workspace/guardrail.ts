import { Failure } from '../failure.ts';
import type { Guardrail, GuardrailUpdate } from '../openrouter/guardrails.ts';
import type { Workspace } from '../openrouter/workspaces.ts';

/** The id of the guardrail that governs all that is done in `workspace`. */
export function guardrailIdOf({ default_guardrail_id: id, slug }: Workspace): string {
  if (typeof id === 'string' && id !== '') return id;
  throw new Failure(`The guardrail of the workspace ${slug} cannot be found`, [
    'OpenRouter does not say which guardrail it has.',
  ]);
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
    wanted.every((entry) => there.some((candidate) => same(candidate, entry)))
  );
}

/** Whether a field is a list of models, whose slugs OpenRouter may answer as others. */
export function isModels(field: string): boolean {
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
  return others[0] === variant && /^\d[\d-]*$/.test(date);
}
