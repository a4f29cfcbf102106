import { getInput } from '@actions/core';
import * as z from 'zod/mini';
import { Failure } from '../shared/failure.ts';
import { connection, proxyProblems } from './connection.ts';
import { type InvalidInput, invalidInputs } from './failures.ts';
import { parseInput } from './parse-input.ts';
import { emptyExpression, suggest } from './suggest.ts';

/**
 * Reads and validates the inputs of this step. The keys of `schema` are the names of the inputs with
 * underscores for hyphens. An input that is absent or empty is absent from the result, so that only
 * what the author wrote is sent.
 * @param crossFieldChecks checks inputs against each other: `valid` has the inputs that are valid on
 *   their own, `provided` the names of all that the author wrote
 * @throws {Failure} `invalid-inputs`, with all problems, in the order of `schema`
 */
export function readInputs<Shape extends z.core.$ZodShape>(
  schema: z.ZodMiniObject<Shape>,
  crossFieldChecks: (
    valid: Partial<z.infer<z.ZodMiniObject<Shape>>>,
    provided: ReadonlySet<string>,
  ) => InvalidInput[] = () => [],
): z.infer<z.ZodMiniObject<Shape>> {
  const fields = Object.entries<z.core.$ZodType>(schema.shape).map(readField);
  const provided = fields.filter(({ text }) => text !== '');
  const order = fields.map(({ key }) => inputName(key));
  const ofInputs = [
    ...fields.flatMap((field) => field.problems),
    ...crossFieldChecks(valuesOf(provided), new Set(provided.map(({ key }) => key))),
  ].toSorted((one, other) => order.indexOf(one.input) - order.indexOf(other.input));
  const problems = [...ofInputs, ...proxyProblems(process.env)];
  if (problems.length > 0) throw new Failure(invalidInputs, { problems });
  return valuesOf(fields) as z.infer<z.ZodMiniObject<Shape>>;
}

/** An input of this step. */
interface Field {
  /** Its name with underscores for hyphens. */
  key: string;
  /** What the author wrote, or an empty text. */
  text: string;
  /** The value of the text, or the default; undefined if there is none, or if it is invalid. */
  value: unknown;
  problems: readonly InvalidInput[];
}

/**
 * Reads the only input that a post step uses; everything else comes from the state that the main
 * step saved.
 * @throws {Failure} `invalid-inputs`
 */
export function readManagementKey(): string {
  return readInputs(z.object({ management_key: connection.management_key })).management_key;
}

/** The name of an input for a field: `default-text-model` for `default_text_model`. */
export function inputName(field: string): string {
  return field.replaceAll('_', '-');
}

/** The inputs whose text often ends with an expression after a hyphen. */
const SLUG_INPUTS: ReadonlySet<string> = new Set(['slug', 'slug_from', 'workspace']);

/**
 * The maximum size of an input, in bytes: far more than any needs. The time to read an input blocks the
 * process, which then neither reacts to a signal nor keeps its timeout.
 */
const MAX_BYTES = 64 * 1024;
const TOO_LONG = `is longer than ${MAX_BYTES / 1024} KiB`;

/** Reads the input for the field `key`, and validates it on its own. */
function readField([key, schema]: [string, z.core.$ZodType]): Field {
  const text = getInput(inputName(key));
  if (Buffer.byteLength(text) > MAX_BYTES) {
    const problems = [{ input: inputName(key), message: TOO_LONG }];
    return { key, text, value: undefined, problems };
  }
  const parsed = text === '' ? undefined : parseInput(schema, text);
  const { data, error } = z.safeParse(schema, parsed);
  const written = { key, text };
  const problems = error ? problemsOf({ ...written, schema, parsed }, error) : [];
  return { ...written, value: data, problems };
}

/** The values of `fields`, by key. */
function valuesOf(fields: readonly Field[]): object {
  const values = fields.map(({ key, value }) => [key, value] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** An invalid input, with its schema and what its text was parsed to. */
interface InvalidField extends Pick<Field, 'key' | 'text'> {
  schema: z.core.$ZodType;
  parsed: unknown;
}

/** Lists one problem per message. The entries of a list with the same problem share it. */
function problemsOf(field: InvalidField, error: z.core.$ZodError): InvalidInput[] {
  const paths = new Map<string, PropertyKey[][]>();
  for (const { message, path } of error.issues) {
    const others = paths.get(message);
    if (others) others.push(path);
    else paths.set(message, [path]);
  }
  return [...paths].map(([message, at]) => problemOf(field, message, at));
}

/** @param paths where in the value the problem is */
function problemOf(
  { key, text, schema, parsed }: InvalidField,
  message: string,
  paths: readonly PropertyKey[][],
): InvalidInput {
  const input = inputName(key);
  if (text === '') return { input, message: `is required, and ${message}` };
  const entries = paths.flatMap(([index]) => (typeof index === 'number' ? index + 1 : []));
  const cause = SLUG_INPUTS.has(key) ? emptyExpression(text, process.env) : undefined;
  const problem = { input, entries, message, cause };
  if (containsSecret(key, text)) return problem;
  const provided = partAt(paths[0]?.[0], parsed) ?? text;
  return { ...problem, provided, suggestion: suggest(key, schema, text) };
}

/** The part of an input that is at fault: the value of a field, or what could not be parsed. */
function partAt(field: PropertyKey | undefined, value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof field === 'string'
    ? JSON.stringify((value as Record<string, unknown>)[field])
    : undefined;
}

/**
 * How much of the management key is searched for. A text that has the key has its beginning, and searching
 * for a long text can take a time that grows with the product of both lengths.
 */
const MAX_SEARCHED = 200;

/** Whether the text of an input is a secret, contains the management key, or a user and a password in a URL. */
function containsSecret(key: string, text: string): boolean {
  if (key === 'seal') return true;
  const keyStart = getInput('management-key').slice(0, MAX_SEARCHED);
  return (keyStart !== '' && text.includes(keyStart)) || (key === 'api_url' && text.includes('@'));
}
