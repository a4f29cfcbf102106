import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { setBudgetRequest } from '../../sandbox/openrouter/resources/budgets.ts';
import { updateGuardrailRequest } from '../../sandbox/openrouter/resources/guardrails.ts';
import { createKeyRequest } from '../../sandbox/openrouter/resources/keys.ts';
import {
  updateWorkspaceRequest,
  WORKSPACE_EXAMPLE,
} from '../../sandbox/openrouter/resources/workspaces.ts';
import { readManifest } from '../../sandbox/runner/manifest.ts';
import { MAX_BODY_BYTES } from '../../src/http/transport.ts';
import { toMs } from '../../src/inputs/fields.ts';
import { inputName } from '../../src/inputs/read-inputs.ts';
import { PAGE_SIZE } from '../../src/openrouter/pages.ts';
import { INTERVALS } from '../../src/openrouter/resources/budgets.ts';
import { NAME_MAX_LENGTH } from '../../src/openrouter/resources/workspaces.ts';
import { ACTIONS } from '../support/action-inputs.ts';
import { ROOT } from '../support/root.ts';

const accepts = (schema: z.core.$ZodType, value: unknown) => z.safeParse(schema, value).success;

/** An input of the action in `folder`, by its name with underscores. */
interface Input {
  folder: string;
  field: string;
  schema: z.core.$ZodType;
  description: string;
}

const INPUTS: readonly Input[] = (
  await Promise.all(
    ACTIONS.map(async ({ folder, schema: { shape } }) => {
      const { inputs = {} } = await readManifest(join(ROOT, folder));
      return Object.entries<z.core.$ZodType>(shape).map(([field, schema]) => {
        const description = inputs[inputName(field)]?.description ?? '';
        return { folder, field, schema, description };
      });
    }),
  )
).flat();

/** What the sandbox accepts for an input of a workspace, a guardrail, a budget or an API key. */
const IN_SANDBOX: Readonly<Record<string, z.core.$ZodType>> = {
  ...updateWorkspaceRequest.shape,
  guardrail_limit_usd: updateGuardrailRequest.shape.limit_usd,
  guardrail_limit_reset: updateGuardrailRequest.shape.reset_interval,
  ...Object.fromEntries(
    INTERVALS.map((interval) => [`budget_${interval}_usd`, setBudgetRequest.shape.limit_usd]),
  ),
  limit_usd: createKeyRequest.shape.limit,
  limit_reset: createKeyRequest.shape.limit_reset,
};

function wordsOf({ _zod: { def } }: z.core.$ZodType): string[] {
  if ('entries' in def) return Object.keys(def.entries as object);
  return 'innerType' in def ? wordsOf(def.innerType as z.core.$ZodType) : [];
}

const LENGTHS = Array.from({ length: 2_502 }, (_, length) => 'x'.repeat(length));
const POWERS = [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3].map((exponent) => 10 ** exponent);
const NUMBERS = [...LENGTHS.keys(), ...POWERS.flatMap((power) => [power, 1.5 * power, -power])];

/** Values on both sides of any bound. A model has a slash, for which OpenRouter documents no rule. */
function probesOf({ field, schema }: Input, sandbox: z.core.$ZodType): unknown[] {
  const texts = field.endsWith('_model') ? LENGTHS.map((text) => `x/x${text}`) : LENGTHS;
  const nulls = field in updateWorkspaceRequest.shape ? [null] : [];
  return [...texts, ...NUMBERS, ...nulls, ...wordsOf(schema), ...wordsOf(sandbox), [1], ['x']];
}

// The name of an API key is another field than that of a workspace.
const SHARED = INPUTS.filter(
  ({ folder, field }) => field in IN_SANDBOX && !(folder === 'key' && field === 'name'),
);

test.each(SHARED)('$folder/action.yml: the sandbox accepts the same $field', (input) => {
  const sandbox = IN_SANDBOX[input.field] as z.core.$ZodType;
  const differing = probesOf(input, sandbox).filter(
    (value) => accepts(input.schema, value) !== accepts(sandbox, value),
  );
  expect(differing).toEqual([]);
});

const WORDS = SHARED.filter(({ schema }) => wordsOf(schema).length > 0);

test.each(WORDS)('$folder/action.yml lists what $field can be', ({ schema, description }) => {
  const words = wordsOf(schema);
  const list = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  expect(description).toContain(list);
});

/** `1 to 50 characters`, `at most 30 letters`, `from 0.0001 to 1`, `from 1s to 24h` */
const BOUNDS = /(?:(from )?([\d.]+[smhd]?) to|at most) (\d+[smhd]?)/;

/** The bounds that a description names, as values for the input, and values beyond them. */
function boundsOf({ field, description }: Input) {
  const [, isRange, min = '', max = ''] = BOUNDS.exec(description) ?? [];
  const [step, toAmount, toValue] = /\D$/.test(max)
    ? [1, (text: string) => toMs(text) / 1_000, (amount: number) => `${amount}s`]
    : isRange
      ? [0.00001, Number, (amount: number) => amount]
      : [1, Number, (length: number) => textOf(field, length)];
  const [least, most] = [toAmount(min), toAmount(max)];
  return {
    within: min === '' ? [toValue(most)] : [toValue(least), toValue(most)],
    beyond: [...(min === '' ? [] : [least - step]), most + step, Math.floor(most) + 1].map(
      (amount): unknown => toValue(amount),
    ),
  };
}

/** A text for an input. The prefix of a slug ends with a hyphen. */
const textOf = (field: string, length: number) =>
  'x'.repeat(length).replace(/.$/, field === 'slug_prefix' ? '-' : 'x');

test.each(INPUTS)('$folder/action.yml has no comma in a number of $field', ({ description }) => {
  expect(description).not.toMatch(/\d,\d/);
});

const BOUNDED = INPUTS.filter(({ description }) => BOUNDS.test(description));

test.each(BOUNDED)('$folder/action.yml names the bounds of $field', (input) => {
  const { within, beyond } = boundsOf(input);
  const accepted = (values: unknown[]) => values.filter((value) => accepts(input.schema, value));
  expect(accepted(within)).toEqual(within);
  expect(accepted(beyond)).toEqual([]);
});

test('a response can have a page of the longest workspaces', () => {
  const { name, description } = updateWorkspaceRequest.shape;
  const longest = (schema: z.core.$ZodType) =>
    '🚀'.repeat(LENGTHS.findLast((text) => accepts(schema, text))?.length ?? 0);
  const texts = { name: longest(name), description: longest(description) };
  const page = Array(PAGE_SIZE).fill({ ...WORKSPACE_EXAMPLE, ...texts });
  expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(MAX_BODY_BYTES);
});

test('docs/reference.md names the length to which a name is cut', () => {
  const reference = readFileSync(join(ROOT, 'docs/reference.md'), 'utf8');
  expect(reference).toContain(`and the \`name\` to ${NAME_MAX_LENGTH}`);
});
