import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../sandbox/runner/commands.ts';
import { parseKeyValues } from '../../../sandbox/runner/environment-files.ts';
import { readLog } from '../../../sandbox/runner/log.ts';
import { runStep } from '../../../sandbox/runner/runner.ts';

// By the sources of actions/runner: ActionCommand.cs, ActionCommandManager.cs, FileCommandManager.cs.

test.each([
  ['  ::debug::a::b', { name: 'debug', properties: {}, data: 'a::b' }],
  ['\u0085::debug::', { name: 'debug', properties: {}, data: '' }],
  ['::DEBUG ::x', { name: 'debug', properties: {}, data: 'x' }],
  [
    '::error title=A%2C b%3A c,=,file=,col==2, line=3::one%0Atwo %250A %3A',
    {
      name: 'error',
      properties: { title: 'A, b: c', col: '2', ' line': '3' },
      data: 'one\ntwo %0A %3A',
    },
  ],
  ['::unknown::##[debug]x', { name: 'debug', properties: {}, data: 'x' }],
  [
    'text ##[error a=1,b=2;c=3]%5D%3B',
    { name: 'error', properties: { a: '1,b=2', c: '3' }, data: '];' },
  ],
])('the runner finds the command in %j', (line, command) => {
  expect(parseCommand(line)).toEqual(command);
});

test.each([
  'text ::add-mask::x',
  ': :add-mask::x',
  '::::x',
  '::name::x',
  '::add-mask: :x',
  '\ufeff::add-mask::x',
  '## [add-mask]x',
  '##[command] ##[add-mask]x',
])('the runner finds no command in %j', (line) => {
  expect(parseCommand(line)).toBeUndefined();
});

test.each<[string, Record<string, string>]>([
  ['\n\n', {}],
  ['\ufeffa=\ufeff1\n\na=2\nb=', { a: '2', b: '' }],
  ['a=b=c<<d\n', { a: 'b=c<<d' }],
  ['a<<END\none\n\ntwo=2\nEND\nb=1\n', { a: 'one\n\ntwo=2', b: '1' }],
  ['a<<=\nx\n=\n', { a: 'x' }],
])('the runner reads from an environment file %j', (content, values) => {
  expect(parseKeyValues(content)).toEqual({ values });
});

test.each<[string, string]>([
  ['a<<END', "Invalid value. Matching delimiter not found 'END'"],
  ['a<<END\nx\nEND ', 'Invalid value. EOF marker missing new line.'],
  ['text', "Invalid format 'text'"],
  ['a<<\n\n', "Invalid format 'a<<'. Name must not be empty and delimiter must not be empty"],
  ['=x', "Invalid format '=x'. Name must not be empty"],
])('the runner fails a step for an environment file with %j', (content, problem) => {
  expect(parseKeyValues(`before=1\n${content}`)).toEqual({ values: { before: '1' }, problem });
});

describe('the log of a step', () => {
  test.each([
    [
      'has each line that is no command',
      ['::name::x', '::error::one', '::debug::x', 'end'],
      ['::name::x', 'Error: one', 'end'],
    ],
    [
      'is masked from the command on, by each line of a secret, the longest first',
      [
        'a secret',
        '::add-mask::sec',
        '::add-mask::secret%0Aother',
        '::notice::a secret, the other',
      ],
      ['a secret', 'Notice: a ***, the ***'],
    ],
    [
      'warns about an empty mask',
      ['::add-mask:: ', 'text'],
      ["Warning: Can't add secret mask for empty string in ##[add-mask] command.", 'text'],
    ],
    [
      'has no commands between stop-commands and its token',
      ['::stop-commands::T', '::add-mask::x', '::t::', '::error::x'],
      ['::stop-commands::T', '::add-mask::x', '::t::', 'Error: x'],
    ],
    [
      'has messages cut where the runner cuts them',
      [`::error::${'x'.repeat(5_000)}`],
      [`Error: ${'x'.repeat(4_096)}`],
    ],
  ])('%s', (_, lines, shown) => {
    expect(readLog(lines).lines).toEqual(shown);
  });

  test('has ten annotations of a level, with a title, and with a message that is masked', () => {
    const errors = Array(11).fill('::error title=The key::a key');
    const { annotations } = readLog(['::add-mask::key', ...errors, '::warning::x%0Ay']);
    expect(annotations).toEqual([
      ...Array(10).fill({ level: 'error', title: 'The key', message: 'a ***' }),
      { level: 'warning', title: undefined, message: 'x\ny' },
    ]);
  });
});

test('a step with an invalid file of outputs fails, and keeps the values before the problem', async () => {
  const action = await mkdtemp(join(tmpdir(), 'action-'));
  await writeFile(join(action, 'action.yml'), 'runs: { using: node24, main: main.mjs }');
  const code = `import { appendFileSync } from 'node:fs';
process.stdout.write('one\\r\\ntwo');
appendFileSync(process.env.GITHUB_OUTPUT, 'a=1\\nb<<END\\n2\\n');`;
  await writeFile(join(action, 'main.mjs'), code);
  const step = await runStep({ action, with: {} });
  await rm(action, { recursive: true });
  expect(step).toMatchObject({ exitCode: 1, outputs: { a: '1' } });
  expect(step.log.split('\n')).toEqual([
    'one',
    'two',
    "Error: Unable to process file command 'output' successfully.",
    "Error: Invalid value. Matching delimiter not found 'END'",
  ]);
});
