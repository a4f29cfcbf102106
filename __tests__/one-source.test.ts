import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { marked, type Tokens } from 'marked';
import { readManifest } from '../sandbox/runner.ts';
import { createInputs } from '../src/inputs/create.ts';
import { fromText } from '../src/inputs/from-text.ts';
import { inputName } from '../src/inputs/read.ts';
import { createWorkspaceRequest } from '../src/openrouter/workspaces.ts';
import { ROOT } from './step.ts';

const { inputs = {}, outputs = {} } = await readManifest(ROOT);

describe('action.yml', () => {
  test('has an input for each one that the program reads, in its order', () => {
    expect(Object.keys(inputs)).toEqual(Object.keys(createInputs.shape).map(inputName));
  });

  test('requires what the schema requires', () => {
    const required = Object.keys(inputs).filter((name) => inputs[name]?.required);
    const read = createInputs.safeParse({});
    const missing = read.error?.issues.map(({ path }) => inputName(String(path[0])));
    expect(required).toEqual(missing);
  });

  test('says null where the schema takes it, and nowhere else', () => {
    const nullable = Object.entries(createWorkspaceRequest.shape)
      .filter(([, schema]) => schema.safeParse(null).success)
      .map(([field]) => inputName(field));
    const said = Object.keys(inputs).filter((name) =>
      /\bnull\b/.test(inputs[name]?.description ?? ''),
    );
    expect(said).toEqual(nullable);
  });

  test('has the defaults of the program, and no others', () => {
    const required = { management_key: 'sk-or-v1-0123456789', name: 'A', slug: 'a' };
    const defaults = createInputs.parse(required);
    const written = Object.entries(inputs).flatMap(([name, input]) => {
      const key = name.replaceAll('-', '_') as keyof typeof createInputs.shape;
      const value = fromText(createInputs.shape[key], input.default ?? '');
      return input.default === undefined ? [] : [[key, value]];
    });
    expect(createInputs.parse({ ...required, ...Object.fromEntries(written) })).toEqual(defaults);
    expect(Object.keys({ ...required, ...Object.fromEntries(written) }).sort()).toEqual(
      Object.keys(defaults).sort(),
    );
  });
});

describe('the README', () => {
  const tables = marked
    .lexer(readFileSync(join(ROOT, 'README.md'), 'utf8'))
    .filter((token): token is Tokens.Table => token.type === 'table');
  const rowsUnder = (...header: string[]) => {
    const table = tables.find(
      (candidate) => candidate.header.map(({ text }) => text).join() === header.join(),
    );
    return table?.rows.map((row) => row.map(({ text }) => text.replaceAll('`', '')));
  };

  test('has the inputs of action.yml, as they are there', () => {
    expect(rowsUnder('Input', 'Description', 'Required', 'Default')).toEqual(
      Object.entries(inputs).map(([name, input]) => [
        name,
        input.description,
        input.required ? 'yes' : '',
        input.default ?? '',
      ]),
    );
  });

  test('has the outputs of action.yml, as they are there', () => {
    expect(rowsUnder('Output', 'Description')).toEqual(
      Object.entries(outputs).map(([name, { description }]) => [name, description]),
    );
  });
});
