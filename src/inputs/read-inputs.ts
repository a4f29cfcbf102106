import { getInput } from '@actions/core';
import * as z from 'zod/mini';
import { Failure, type InvalidInput } from '../operations/shared/failure.ts';
import { emptyExpression } from './empty-expression.ts';
import { parseInput } from './parse-input.ts';
import { proxyProblems } from './proxy.ts';
import { suggest } from './suggest.ts';

/**
 * The inputs of this step as `schema` types them. Its keys are the names of the inputs with
 * underscores for hyphens. An input that is absent or empty is absent from what is read, so that
 * nothing is sent that nobody wrote.
 * @param crossFieldChecks finds what is wrong between those inputs that are right by themselves; `given` has
 *   the names of all that were written.
 * @throws {Failure} that names every input which cannot be used.
 */
export function readInputs<Shape extends z.core.$ZodShape>(
  schema: z.ZodMiniObject<Shape>,
  crossFieldChecks: (
    read: Partial<z.infer<z.ZodMiniObject<Shape>>>,
    given: ReadonlySet<string>,
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
  const read = z.safeParse(schema, values);
  const problems = [
    ...(read.error ? problemsOf(schema, texts, read.error) : []),
    ...crossFieldChecks(
      validFields(schema, values) as Partial<z.infer<z.ZodMiniObject<Shape>>>,
      new Set(texts.keys()),
    ),
    ...proxyProblems(process.env),
  ];
  if (!read.success || problems.length > 0) throw new Failure('invalid-inputs', { problems });
  return read.data;
}

/** Those of `values` that `schema` takes. */
function validFields(
  schema: z.ZodMiniObject,
  values: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const read = z.safeParse(fieldOf(schema, key), value);
      return read.success ? [[key, read.data]] : [];
    }),
  );
}

/** `default_text_model` is written `default-text-model` in a workflow. */
export function inputName(field: string): string {
  return field.replaceAll('_', '-');
}

/** The inputs whose text is often made of an expression behind a hyphen. */
const MAY_NAME_SLUG: ReadonlySet<string> = new Set(['slug', 'workspace']);

type Texts = ReadonlyMap<string, string>;

/** One problem per input and message: the entries of a list that share a fault share a line. */
function problemsOf(
  schema: z.ZodMiniObject,
  texts: Texts,
  error: z.core.$ZodError,
): InvalidInput[] {
  const groups = new Map<string, z.core.$ZodIssue[]>();
  for (const issue of error.issues) {
    const name = `${String(issue.path[0])} ${issue.message}`;
    const group = groups.get(name) ?? [];
    group.push(issue);
    groups.set(name, group);
  }
  return [...groups.values()].map((issues) => {
    const [first] = issues as [z.core.$ZodIssue];
    const key = String(first.path[0]);
    const text = texts.get(key);
    const entries = issues.flatMap(({ path }) => (typeof path[1] === 'number' ? path[1] + 1 : []));
    if (text === undefined) {
      return { input: inputName(key), message: `is required, and ${first.message}` };
    }
    const cause = MAY_NAME_SLUG.has(key) ? emptyExpression(text, process.env) : undefined;
    const problem = { input: inputName(key), entries, message: first.message, cause };
    const suggestion = suggest(key, fieldOf(schema, key), text);
    return isSecret(key, texts) ? problem : { ...problem, provided: text, suggestion };
  });
}

/** The key is, wherever it stands, and so are a user and a password in a URL. */
function isSecret(key: string, texts: Texts): boolean {
  const text = texts.get(key) ?? '';
  const managementKey = texts.get('management_key');
  return (
    (managementKey !== undefined && text.includes(managementKey)) ||
    (key === 'api_url' && text.includes('@'))
  );
}

function fieldOf(schema: z.ZodMiniObject, key: string): z.core.$ZodType {
  return schema.shape[key] as z.core.$ZodType;
}
