import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../sandbox/runner/commands.ts';
import { inputEnvironment } from '../../../sandbox/runner/environment.ts';
import { parseKeyValues } from '../../../sandbox/runner/environment-files.ts';
import { runStep, type StepOptions } from '../../../sandbox/runner/runner.ts';

// By the sources of actions/runner: ActionCommand.cs, ActionCommandManager.cs, FileCommandManager.cs.

test.each([
  ['::add-mask::x', { name: 'add-mask', properties: {}, data: 'x' }],
  ['  ::debug::a::b', { name: 'debug', properties: {}, data: 'a::b' }],
  ['\u00a0::debug::', { name: 'debug', properties: {}, data: '' }],
  ['\u0085::debug::', { name: 'debug', properties: {}, data: '' }],
  ['::DEBUG::x', { name: 'debug', properties: {}, data: 'x' }],
  ['::debug ::x', { name: 'debug', properties: {}, data: 'x' }],
  [
    '::error title=A%2C b%3A c,line=3::one%0Atwo %25',
    { name: 'error', properties: { title: 'A, b: c', line: '3' }, data: 'one\ntwo %' },
  ],
  [
    '::error title=a=b,=,file=,col==2, line=3::x',
    { name: 'error', properties: { title: 'a=b', col: '2', ' line': '3' }, data: 'x' },
  ],
  ['::error::50%3A 50%2C %250A', { name: 'error', properties: {}, data: '50%3A 50%2C %0A' }],
  ['text ##[add-mask]x', { name: 'add-mask', properties: {}, data: 'x' }],
  ['##[set-output name=id;]x', { name: 'set-output', properties: { name: 'id' }, data: 'x' }],
  [
    '##[error a=1,b=2;c=3]%5D%3B',
    { name: 'error', properties: { a: '1,b=2', c: '3' }, data: '];' },
  ],
  ['::unknown::##[debug]x', { name: 'debug', properties: {}, data: 'x' }],
])('the runner finds the command in %j', (line, command) => {
  expect(parseCommand(line)).toEqual(command);
});

test.each([
  '',
  'text ::add-mask::x',
  ': :add-mask::x',
  '::::x',
  '## [add-mask]x',
  '##[]x',
  ':: x',
  '::name::x',
  '##[command]npm ci',
  '##[command] ##[add-mask]x',
  '\ufeff::add-mask::x',
  '::add-mask: :x',
  ':::add-mask::x',
])('the runner finds no command in %j', (line) => {
  expect(parseCommand(line)).toBeUndefined();
});

test.each([
  [{}, 'success'],
  [{ keepsDefaults: true }, 'success'],
  [{ jobStatus: 'failure' }, 'failure'],
  [{ jobStatus: 'failure', keepsDefaults: true }, 'failure', 'success'],
])('the runner evaluates inputs with %j', (options, written, byDefault = written) => {
  const status = `\${{ job.status }}`;
  const input = { description: '', default: `${status}, a default` };
  const manifest = {
    description: '',
    inputs: { a: input, b: input },
    runs: { using: '', main: '' },
  };
  expect(inputEnvironment(manifest, { ...options, with: { a: status } })).toEqual({
    INPUT_A: written,
    INPUT_B: `${byDefault}, a default`,
  });
});

test.each<[string, Record<string, string>]>([
  ['', {}],
  ['\n\n', {}],
  ['a=1\nb=2', { a: '1', b: '2' }],
  ['a=1\n\na=2\n', { a: '2' }],
  ['a=b=c<<d\n', { a: 'b=c<<d' }],
  ['a=\n', { a: '' }],
  ['\ufeffa=1\n', { a: '1' }],
  ['a=\ufeff1\n', { a: '\ufeff1' }],
  ['a<<END\none\n\ntwo=2\nEND\nb=1\n', { a: 'one\n\ntwo=2', b: '1' }],
  ['a<<END\nEND', { a: '' }],
  ['a<<=\nx\n=\n', { a: 'x' }],
])('the runner reads from an environment file %j', (content, values) => {
  expect(parseKeyValues(content)).toEqual({ values });
});

test.each([
  ['Windows', { a: '1', b: 'x' }],
  ['Linux', { a: '1\r', b: 'x\r' }],
])('the runner of %s reads lines that end with CRLF', (os, expected) => {
  const { values } = parseKeyValues('a=1\r\nb<<END\r\nx\r\nEND\r\n', os);
  expect(values).toEqual(expected);
});

test.each<[string, string]>([
  ['a<<END', "Invalid value. Matching delimiter not found 'END'"],
  ['a<<END\nx\nEND ', 'Invalid value. EOF marker missing new line.'],
  ['text', "Invalid format 'text'"],
  [
    '<<END\nEND\n',
    "Invalid format '<<END'. Name must not be empty and delimiter must not be empty",
  ],
  ['a<<\n\n', "Invalid format 'a<<'. Name must not be empty and delimiter must not be empty"],
  ['=x', "Invalid format '=x'. Name must not be empty"],
])('the runner fails a step for an environment file with %j', (content, problem) => {
  expect(parseKeyValues(`before=1\n${content}`)).toEqual({ values: { before: '1' }, problem });
});

/** Runs `code` as the main program of an action. */
async function run(code: string, options: Pick<StepOptions, 'event'> = {}) {
  const action = await mkdtemp(join(tmpdir(), 'action-'));
  await writeFile(join(action, 'action.yml'), 'runs: { using: node24, main: main.mjs }');
  const imports = "import { appendFileSync } from 'node:fs';";
  await writeFile(join(action, 'main.mjs'), `${imports}\n${code}`);
  const step = await runStep({ action, with: {}, ...options });
  await rm(action, { recursive: true });
  return step;
}

const print = (text: string) => `process.stdout.write(${JSON.stringify(text)});`;
const append = (variable: string, text: string) =>
  `appendFileSync(process.env.${variable}, ${JSON.stringify(text)});`;

describe('a step in the runner', () => {
  test('has the event of its run in a file, if there is one', async () => {
    const event = { number: 42 };
    const copy =
      "appendFileSync(process.env.GITHUB_OUTPUT, 'event=' + (process.env.GITHUB_EVENT_PATH";
    const code = `import { readFileSync } from 'node:fs';
      ${copy} && readFileSync(process.env.GITHUB_EVENT_PATH)) + '\\n');`;
    expect((await run(code, { event })).outputs).toEqual({ event: JSON.stringify(event) });
    expect((await run(code)).outputs).toEqual({ event: 'undefined' });
  });

  test.each([
    ['GITHUB_OUTPUT', 'output', 'outputs'],
    ['GITHUB_STATE', 'state', 'state'],
  ] as const)(
    'with an invalid %s fails, and keeps the values before the problem',
    async (variable, name, retained) => {
      const step = await run(append(variable, 'a=1\nb<<END\n2\n'));
      expect(step.exitCode).toBe(1);
      expect(step[retained]).toEqual({ a: '1' });
      expect(step.log).toBe(
        `Error: Unable to process file command '${name}' successfully.\nError: Invalid value. Matching delimiter not found 'END'`,
      );
    },
  );

  test('masks each line of a secret from the command on, and the longer of two first', async () => {
    const masks = '::add-mask::sec\n::add-mask::secret%0Aother\n';
    const step = await run(print(`a secret\n${masks}a secret, the other\n`));
    expect(step.masks).toEqual(['sec', 'secret\nother']);
    expect(step.log).toBe('a secret\na ***, the ***');
  });

  test('is warned about an empty mask', async () => {
    const step = await run(print('::add-mask:: \ntext\n'));
    expect(step.masks).toEqual([]);
    expect(step.log).toBe(
      "Warning: Can't add secret mask for empty string in ##[add-mask] command.\ntext",
    );
  });

  test('shows each line that is not a command, also the last one', async () => {
    const step = await run(print('::name::x\r\n::error::one\n::notice::two\n::debug::x\nend'));
    expect(step.log).toBe('::name::x\nError: one\nNotice: two\nend');
    expect(step.commands.map(({ name }) => name)).toEqual(['error', 'notice', 'debug']);
  });

  test('has no commands between stop-commands and its token', async () => {
    const step = await run(print('::stop-commands::T\n::add-mask::x\n::t::\n::error::x\n'));
    expect(step.log).toBe('::stop-commands::T\n::add-mask::x\n::t::\nError: x');
    expect(step.masks).toEqual([]);
  });

  test('can set outputs and state by its log', async () => {
    const code = '::set-output name=id::x\n::save-state name=task::y\n';
    expect(await run(print(code))).toMatchObject({ outputs: { id: 'x' }, state: { task: 'y' } });
  });

  test('has its messages cut at the length where the runner cuts them', async () => {
    const step = await run(print(`::error::${'x'.repeat(5_000)}\n`));
    expect(step.log).toBe(`Error: ${'x'.repeat(4_096)}`);
  });

  test('has annotations with a title, and with a message that is masked', async () => {
    const code = '::add-mask::key\n::warning title=The key::a key\n::error::x%0Ay\n::debug::z\n';
    expect((await run(print(code))).annotations).toEqual([
      { level: 'warning', title: 'The key', message: 'a ***' },
      { level: 'error', title: undefined, message: 'x\ny' },
    ]);
  });

  test('has at most ten annotations of a level, and all messages in its log', async () => {
    const step = await run(print(`${'::error::x\n'.repeat(11)}::notice::y\n`));
    expect(step.annotations.map(({ level }) => level)).toEqual([
      ...Array(10).fill('error'),
      'notice',
    ]);
    expect(step.log).toBe(`${'Error: x\n'.repeat(11)}Notice: y`);
  });

  test('has no summary if it is too long', async () => {
    const step = await run(append('GITHUB_STEP_SUMMARY', 'x'.repeat(1024 * 1024 + 1)));
    expect(step).toMatchObject({ exitCode: 0, summary: '' });
    expect(step.log).toMatch(/^Error: \$GITHUB_STEP_SUMMARY upload aborted, /);
  });
});
