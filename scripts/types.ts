/**
 * Writes action-types.yml next to each action.yml: the types of its inputs and outputs for
 * https://github.com/typesafegithub, from the schemas with which the programs read their inputs.
 *
 *     node scripts/types.ts [--check]      with --check, only fails if a file is stale
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';
import type * as z from 'zod/mini';
import type { ActionManifest } from '../sandbox/runner/manifest.ts';
import { createInputs } from '../src/inputs/create.ts';
import { deleteInputs } from '../src/inputs/delete.ts';
import { keyInputs } from '../src/inputs/key.ts';
import { sweepInputs } from '../src/inputs/sweep.ts';
import { usageInputs } from '../src/inputs/usage.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const SCHEMAS: Readonly<Record<string, z.ZodMiniObject>> = {
  '': createInputs(),
  key: keyInputs(),
  delete: deleteInputs(),
  sweep: sweepInputs(),
  usage: usageInputs(),
};

/** Inputs whose schema does not show their type, by name. */
const INPUTS: Readonly<Record<string, Type>> = {
  'warn-above-usd': { type: 'float' },
  'fail-above-usd': { type: 'float' },
};

/** Outputs that are not strings, by name, or by action and name. */
const OUTPUTS: Readonly<Record<string, Type>> = {
  created: { type: 'boolean' },
  outcome: {
    type: 'enum',
    'allowed-values': ['created', 'updated', 'unchanged', 'would-create', 'would-update'],
  },
  'delete deleted': { type: 'boolean' },
  'deleted-keys': { type: 'integer' },
  count: { type: 'integer' },
  'cost-usd': { type: 'float' },
  requests: { type: 'integer' },
  tokens: { type: 'integer' },
  complete: { type: 'boolean' },
};

type Type =
  | { type: 'string' | 'boolean' | 'integer' | 'float' }
  | { type: 'enum'; 'allowed-values': string[] }
  | { type: 'list'; separator: string; 'list-item': Type };

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });

for (const [folder, schema] of Object.entries(SCHEMAS)) {
  const path = join(root, folder, 'action-types.yml');
  const types = typesOf(folder, schema);
  if (!values.check) {
    writeFileSync(path, types);
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== types) {
    console.error(`${path} is stale: run npm run types`);
    process.exitCode = 1;
  }
}

function typesOf(folder: string, schema: z.ZodMiniObject): string {
  const text = readFileSync(join(root, folder, 'action.yml'), 'utf8');
  const { inputs = {}, outputs = {} }: ActionManifest = parse(text);
  const inputTypes = Object.keys(inputs).map((name) => {
    const field = schema.shape[name.replaceAll('-', '_')];
    if (!field)
      throw new Error(`${folder}/action.yml has the input ${name}, which no program reads`);
    return [name, INPUTS[name] ?? typeOf(field)];
  });
  const outputTypes = Object.keys(outputs).map((name) => [
    name,
    OUTPUTS[`${folder} ${name}`] ?? OUTPUTS[name] ?? { type: 'string' },
  ]);
  return `# See https://github.com/typesafegithub/github-actions-typing\n${stringify({
    inputs: Object.fromEntries(inputTypes),
    outputs: Object.fromEntries(outputTypes),
  })}`;
}

function typeOf(schema: z.core.$ZodType): Type {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'default':
      return typeOf(def.innerType);
    case 'nullable': {
      const inner = typeOf(def.innerType);
      return inner.type === 'enum'
        ? { ...inner, 'allowed-values': [...inner['allowed-values'], 'null'] }
        : inner;
    }
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return { type: 'format' in def && def.format === 'safeint' ? 'integer' : 'float' };
    case 'enum':
      return { type: 'enum', 'allowed-values': Object.values(def.entries).map(String) };
    case 'array':
      return { type: 'list', separator: '\\n', 'list-item': typeOf(def.element) };
    default:
      return { type: 'string' };
  }
}
