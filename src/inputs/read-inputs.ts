import { getInput } from '@actions/core';
import * as z from 'zod/mini';
import { Failure, type InvalidInput } from '../operations/shared/failure.ts';
import { emptyExpression } from './empty-expression.ts';
import { parseInput } from './parse-input.ts';
import { proxyProblems } from './proxy.ts';
import { suggest } from './suggest.ts';

/**
 * Reads and validates the inputs of this step. The keys of `schema` are the names of the inputs with
 * underscores for hyphens. An input that is absent or empty is absent from the result, so that only
 * what the author wrote is sent.
 * @param crossFieldChecks checks inputs against each other: `valid` has the inputs that are valid on
 *   their own, `provided` the names of all that the author wrote
 * @throws {Failure} `invalid-inputs`, with all problems
 */
export function readInputs<Shape extends z.core.$ZodShape>(
  schema: z.ZodMiniObject<Shape>,
  crossFieldChecks: (
    valid: Partial<z.infer<z.ZodMiniObject<Shape>>>,
    provided: ReadonlySet<string>,
  ) => InvalidInput[] = () => [],
): z.infer<z.ZodMiniObject<Shape>> {
  const texts = new Map(
    Object.keys(schema.shape)
      .map((key) => [key, getInput(inputName(key))] as const)
      .filter(([, text]) => text !== ''),
  );
  const values = Object.fromEntries(
    [...texts].map(([key, text]) => [key, parseInput(fieldOf(schema, key), text)]),
  );
  const parsed = z.safeParse(schema, values);
  const problems = [
    ...(parsed.error ? problemsOf(schema, { texts, values }, parsed.error) : []),
    ...crossFieldChecks(
      validFields(schema, values) as Partial<z.infer<z.ZodMiniObject<Shape>>>,
      new Set(texts.keys()),
    ),
    ...proxyProblems(process.env),
  ];
  if (!parsed.success || problems.length > 0) throw new Failure('invalid-inputs', { problems });
  return parsed.data;
}

/** The values that are valid on their own; undefined for the others. */
function validFields(
  schema: z.ZodMiniObject,
  values: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      z.safeParse(fieldOf(schema, key), value).data,
    ]),
  );
}

/** The name of an input for a field: `default-text-model` for `default_text_model`. */
export function inputName(field: string): string {
  return field.replaceAll('_', '-');
}

/** The inputs whose text often ends with an expression after a hyphen. */
const SLUG_INPUTS: ReadonlySet<string> = new Set(['slug', 'workspace']);

/** The provided inputs, by field. */
interface Provided {
  texts: ReadonlyMap<string, string>;
  values: Readonly<Record<string, unknown>>;
}

/** Lists one problem per input and message. The entries of a list with the same problem share it. */
function problemsOf(
  schema: z.ZodMiniObject,
  { texts, values }: Provided,
  error: z.core.$ZodError,
): InvalidInput[] {
  const groups = new Map<string, z.core.$ZodIssue[]>();
  for (const issue of error.issues) {
    const groupKey = `${String(issue.path[0])} ${issue.message}`;
    const group = groups.get(groupKey) ?? [];
    group.push(issue);
    groups.set(groupKey, group);
  }
  return [...groups.values()].map((issues) => {
    const [first] = issues as [z.core.$ZodIssue];
    const key = String(first.path[0]);
    const text = texts.get(key);
    const entries = issues.flatMap(({ path }) => (typeof path[1] === 'number' ? path[1] + 1 : []));
    if (text === undefined) {
      return { input: inputName(key), message: `is required, and ${first.message}` };
    }
    const cause = SLUG_INPUTS.has(key) ? emptyExpression(text, process.env) : undefined;
    const problem = { input: inputName(key), entries, message: first.message, cause };
    const suggestion = suggest(key, fieldOf(schema, key), text);
    const managementKey = texts.get('management_key');
    return containsSecret(key, { text, managementKey })
      ? problem
      : { ...problem, provided: partAt(first.path[1], values[key]) ?? text, suggestion };
  });
}

/** The part of an input that is at fault: the value of a field, or what could not be parsed. */
function partAt(field: PropertyKey | undefined, value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof field === 'string'
    ? JSON.stringify((value as Record<string, unknown>)[field])
    : undefined;
}

/** Whether the text of an input contains the management key, or a user and a password in a URL. */
function containsSecret(
  key: string,
  { text, managementKey }: { text: string; managementKey: string | undefined },
): boolean {
  return (
    (managementKey !== undefined && text.includes(managementKey)) ||
    (key === 'api_url' && text.includes('@'))
  );
}

function fieldOf(schema: z.ZodMiniObject, key: string): z.core.$ZodType {
  return schema.shape[key] as z.core.$ZodType;
}
