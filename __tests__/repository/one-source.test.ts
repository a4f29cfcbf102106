import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { sceneOf } from '../../sandbox/cli/scenes.ts';
import { programsOf, readManifest } from '../../sandbox/runner/manifest.ts';
import { createInputs } from '../../src/actions/create/inputs.ts';
import { governanceInputs } from '../../src/governance/inputs.ts';
import * as programs from '../../src/index.ts';
import { parseInput } from '../../src/inputs/parse-input.ts';
import { inputName } from '../../src/inputs/read-inputs.ts';
import { WORKSPACE_FIELDS } from '../../src/openrouter/resources/workspaces.ts';
import { MAX_VALUE_SIZE } from '../../src/report/outputs.ts';
import { ACTIONS } from '../support/action-inputs.ts';
import { REJECTED } from '../support/input-cases.ts';
import { ROOT } from '../support/root.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Step {
  id?: string;
  uses?: string;
  env?: Record<string, string>;
}

const STEPS_OF_USE: Step[] = parse(read('.github/workflows/ci.yml')).jobs.use.steps;
const CHECKED_IN_USE = STEPS_OF_USE.flatMap(({ env = {} }) => Object.values(env)).join('\n');

test('src/index.ts exports the programs that the action.yml files run, and no others', async () => {
  const manifests = await Promise.all(
    ACTIONS.map(({ folder }) => readManifest(join(ROOT, folder))),
  );
  expect(manifests.flatMap(programsOf).toSorted()).toEqual(Object.keys(programs).toSorted());
});

describe.each(ACTIONS)('$folder/action.yml', ({ folder, schema }) => {
  const manifest = readManifest(join(ROOT, folder));
  const fieldOf = (name: string) => schema.shape[name.replaceAll('-', '_')] as z.ZodMiniType;
  const valuesOf = (texts: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [
        name.replaceAll('-', '_'),
        parseInput(fieldOf(name), text),
      ]),
    );

  const missing = (z.safeParse(schema, {}).error?.issues ?? []).map(({ path }) =>
    inputName(String(path[0])),
  );

  test('declares the inputs that the program reads, in the same order', async () => {
    const { inputs = {} } = await manifest;
    expect(Object.keys(inputs)).toEqual(Object.keys(schema.shape).map(inputName));
  });

  test('has expressions in defaults only: GitHub refuses an action with one in a description', () => {
    const text = read(join(folder, 'action.yml'));
    expect(text.replace(/^ {4}default: .*$/gm, '')).not.toContain('${{');
  });

  test('has a description without a period at its end, which the reference adds', async () => {
    expect((await manifest).description).not.toMatch(/\.$/);
  });

  test('requires the inputs that the schema requires', async () => {
    const { inputs = {} } = await manifest;
    const required = Object.keys(inputs).filter((name) => inputs[name]?.required);
    // Where action.yml has a default, only an empty input is missing.
    expect(required).toEqual(missing.filter((name) => inputs[name]?.default === undefined));
    // The reference says so by itself.
    for (const name of required) expect(inputs[name]?.description).not.toContain('Required');
  });

  test('has the same defaults as the program', async () => {
    const { inputs = {} } = await manifest;
    const examples = new Map(
      Object.entries({
        'management-key': 'sk-or-v1-0123456789',
        ...sceneOf(folder).inputs,
        seal: 'A'.repeat(43).concat('='),
      }),
    );
    const required = Object.fromEntries(
      missing.map((name) => [name, inputs[name]?.default ?? String(examples.get(name))]),
    );
    const defaults = Object.fromEntries(
      Object.entries(inputs).flatMap(([name, { default: text }]) =>
        // The runner evaluates an expression.
        text === undefined || text.startsWith('${{') ? [] : [[name, text]],
      ),
    );
    const read = z.parse(schema, valuesOf(required));
    expect(z.parse(schema, valuesOf({ ...required, ...defaults }))).toEqual(read);
    // action.yml cannot express an empty list as a default.
    const filled = Object.keys(read).filter((key) => String(read[key]) !== '');
    expect(Object.keys({ ...required, ...defaults }).sort()).toEqual(filled.map(inputName).sort());
  });

  test('has the limit of each output that is JSON, and of no other', async () => {
    const { outputs = {} } = await manifest;
    for (const { description = '' } of Object.values(outputs)) {
      const limit = /(Limited to )?\d+ [kM]i?B/.exec(description)?.[0];
      expect(limit).toBe(description.includes('JSON') ? `Limited to ${MAX_VALUE_SIZE}` : undefined);
    }
  });
});

const [, WHAT_ACTIONS_DO = ''] =
  /\n## What a management key can do\n(.*?)\n## /s.exec(read('docs/security.md')) ?? [];

/** What shows an action to its users, and runs it in CI. */
const PLACES: Readonly<Record<string, (action: { name: string; folder: string }) => boolean>> = {
  'the README or a recipe': ({ folder }) => {
    const uses = `uses: ${['OWNER/openrouter-workspace', folder].filter(Boolean).join('/')}@v1`;
    return globSync(['README.md', 'docs/recipes/*.md'], { cwd: ROOT }).some((page) =>
      read(page).includes(uses),
    );
  },
  'README.md': ({ folder }) => read('README.md').includes(`\`${folder || 'name'}\``),
  'the list of docs/reference.md': ({ folder }) =>
    read('docs/reference.md').includes(`](#${folder || 'openrouter-workspace'})`),
  'CHANGELOG.md': ({ folder }) =>
    read('CHANGELOG.md').includes(`\n- \`${folder || 'openrouter-workspace'}\` `),
  '__tests__/actions/': ({ name }) =>
    globSync(`__tests__/actions/${name}/**/*.test.ts`, { cwd: ROOT }).length > 0,
  'what docs/security.md says that a management key can do': ({ folder }) =>
    folder === '' || WHAT_ACTIONS_DO.includes(`\`${folder}\``),
  'bench/': ({ folder }) =>
    folder === '' ||
    globSync('bench/*.ts', { cwd: ROOT }).some((file) =>
      [`'${folder}'`, `'../${folder}'`].some((use) => read(file).includes(use)),
    ),
  // A job of CI has no other GitHub than its own. `npm run e2e` runs preview.
  'the job use of .github/workflows/ci.yml, which checks its outputs': ({ folder }) =>
    folder === 'preview' ||
    STEPS_OF_USE.some(
      ({ id, uses }) => uses === `./${folder}` && CHECKED_IN_USE.includes(`steps.${id}.outputs.`),
    ),
};

test.each(ACTIONS)('$folder/action.yml is in each of these places', ({ folder }) => {
  const name = folder || 'create';
  const missing = Object.entries(PLACES).flatMap(([place, has]) =>
    has({ name, folder }) ? [] : [`${name} in ${place}`],
  );
  expect(missing).toEqual([]);
});

test('the job use of CI checks each output of action.yml', async () => {
  const { outputs = {} } = await readManifest(ROOT);
  const unchecked = Object.keys(outputs).filter(
    (name) => !CHECKED_IN_USE.includes(`.outputs.${name}`),
  );
  expect(unchecked).toEqual([]);
});

test('action.yml mentions "null" for the inputs that accept it, and for no others', async () => {
  const { inputs = {} } = await readManifest(ROOT);
  const nullable = Object.entries(createInputs().shape)
    .filter(([, schema]) => z.safeParse(schema, null).success)
    .map(([field]) => inputName(field));
  const mentioned = Object.keys(inputs).filter((name) =>
    inputs[name]?.description?.includes('"null"'),
  );
  expect(mentioned).toEqual(nullable);
});

test('preview/action.yml describes the inputs of a workspace as action.yml does', async () => {
  const { inputs: ofRoot = {} } = await readManifest(ROOT);
  const { inputs = {} } = await readManifest(join(ROOT, 'preview'));
  const fields = [...WORKSPACE_FIELDS, ...Object.keys(governanceInputs)].map(inputName);
  const shared = fields.filter((name) => name in inputs);
  const described = (all: typeof inputs) => shared.map((name) => ({ name, ...all[name] }));
  expect(described(inputs)).toEqual(described(ofRoot));
});

test('input-cases.ts has a value that is rejected for each field of a workspace', () => {
  const rejected = REJECTED.map(([input]) => input);
  expect(rejected).toEqual(expect.arrayContaining(WORKSPACE_FIELDS.map(inputName)));
});

test('docs/compatibility.md has the limit of outputs', () => {
  const page = read('docs/compatibility.md');
  expect(page).toContain(`all outputs that are JSON stay below ${MAX_VALUE_SIZE}`);
});

test('docs/compatibility.md says how long a step takes', () => {
  expect(read('docs/compatibility.md')).toContain('less than twice as long as a script');
  const [, table = ''] = read('bench/results.md').split('Time ÷ bare script');
  const [actions = ''] = table.split('| All actions |');
  const ratios = actions.match(/\d+\.\d+(?= \| \d)/g) ?? [];
  expect(ratios).toHaveLength(4);
  expect(Math.max(...ratios.map(Number))).toBeLessThan(2);
});

test.each(globSync(['README.md', 'docs/**/*.md', 'action.yml', '*/action.yml'], { cwd: ROOT }))(
  '%s writes null in quotes, or says "without quotes"',
  (file) => {
    const lines = read(file).split('\n');
    const unquoted = lines.filter(
      (line) => /(?<!["'])\bnull\b(?!["'])/.test(line) && !line.includes('without quotes'),
    );
    expect(unquoted).toEqual([]);
  },
);

test.each(globSync(['action.yml', '*/action.yml'], { cwd: ROOT }))(
  'no text of %s without quotes ends at a " #", which begins a comment',
  (file) => {
    const cut = read(file)
      .split('\n')
      .filter((line) => /^ *[\w-]+: [^"'|>].* #/.test(line));
    expect(cut).toEqual([]);
  },
);
