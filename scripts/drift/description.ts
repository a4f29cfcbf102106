import * as z from 'zod';
import type { CallNames } from './known.ts';

/** The names in each call, by `GET /keys/:hash`. */
export type Names = Readonly<Record<string, CallNames>>;

const list = z.array(z.unknown()).default([]);

const openApi = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
const operation = z.object({
  parameters: list,
  requestBody: z.unknown().optional(),
  responses: z.record(z.string(), z.unknown()).default({}),
});
const message = z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })) });
const parameter = z.object({ in: z.string(), name: z.string() });
const schemaObject = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  allOf: list,
  anyOf: list,
  oneOf: list,
});
const reference = z.object({ $ref: z.string() });

/**
 * Reads from an OpenAPI document the names in the calls of `known`, in the same parts of each.
 * @throws {Error} if the document lacks a call or a part, or cannot be read
 */
export function readDescription(document: unknown, known: Names): Names {
  const { paths } = parse(openApi, document, 'an OpenAPI document');
  const items = new Map(Object.entries(paths).map(([path, item]) => [withoutNames(path), item]));
  return Object.fromEntries(
    Object.entries(known).map(([call, parts]) => {
      const [method = '', path = ''] = call.split(' ');
      const item = items.get(withoutNames(path));
      const described = parse(operation, item?.[method.toLowerCase()], `the call ${call}`);
      const shared = parse(list, item?.['parameters'], `the parameters of ${path}`);
      const parameters = [...shared, ...described.parameters];
      return [call, readCall(document, { ...described, parameters, call, parts })];
    }),
  );
}

/** A path without the names of its parameters, which may change: `/keys/{}` */
function withoutNames(path: string): string {
  return path.replace(/:\w+|\{\w+\}/g, '{}');
}

interface Described extends z.infer<typeof operation> {
  call: string;
  parts: CallNames;
}

function readCall(document: unknown, described: Described): CallNames {
  const { call, parts, requestBody, responses } = described;
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'));
  return {
    ...(parts.parameters && { parameters: queriedIn(document, described) }),
    ...(parts.body && {
      body: namesOf(fieldsOf(document, schemaOf(document, requestBody)), `the body of ${call}`),
    }),
    ...(parts.response && {
      response: namesOf(
        fieldsOf(document, fieldsOf(document, schemaOf(document, success?.[1]))['data']),
        `the response of ${call}`,
      ),
    }),
  };
}

function queriedIn(document: unknown, { call, parameters }: Described): string[] {
  return parameters
    .map((each) => parse(parameter, resolve(document, each), `a parameter of ${call}`))
    .filter((each) => each.in === 'query')
    .map(({ name }) => name);
}

/** The schema of the JSON of a request or of a response; undefined if there is none. */
function schemaOf(document: unknown, body: unknown): unknown {
  const content = Object.entries(message.safeParse(resolve(document, body)).data?.content ?? {});
  return content.find(([type]) => /^application\/json *(;|$)/i.test(type))?.[1].schema;
}

/** The fields of a schema, and of the schemas that it is composed of. */
function fieldsOf(document: unknown, schema: unknown): Record<string, unknown> {
  const { data } = schemaObject.safeParse(resolve(document, schema));
  if (!data) return {};
  const parts = [...data.allOf, ...data.anyOf, ...data.oneOf];
  return Object.assign({}, ...parts.map((part) => fieldsOf(document, part)), data.properties);
}

/** Follows the `$ref` of `value`, if it has one. */
function resolve(document: unknown, value: unknown): unknown {
  const { data } = reference.safeParse(value);
  if (!data) return value;
  const path = data.$ref.split('/').slice(1);
  return path.reduce<unknown>(
    (node, key) => (node as Record<string, unknown> | undefined)?.[key],
    document,
  );
}

function namesOf(fields: object, what: string): string[] {
  const names = Object.keys(fields);
  // No fields at all means that they are described in a way that is not understood here.
  if (names.length === 0) throw new Error(`no fields found in ${what}`);
  return names;
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.infer<Schema> {
  const { data, success } = schema.safeParse(value);
  if (!success) throw new Error(`cannot read ${what}`);
  return data;
}
