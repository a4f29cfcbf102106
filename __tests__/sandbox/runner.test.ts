import { expect, test } from '@jest/globals';
import { parseCommand } from '../../sandbox/runner.ts';

test.each([
  ['::add-mask::x', { name: 'add-mask', properties: {}, data: 'x' }],
  ['  ::debug::a::b', { name: 'debug', properties: {}, data: 'a::b' }],
  ['\u00a0::debug::', { name: 'debug', properties: {}, data: '' }],
  [
    '::error title=A%2C b%3A c,line=3::one%0Atwo %25',
    { name: 'error', properties: { title: 'A, b: c', line: '3' }, data: 'one\ntwo %' },
  ],
  ['text ##[add-mask]x', { name: 'add-mask', properties: {}, data: 'x' }],
  ['##[set-output name=id;]x', { name: 'set-output', properties: { name: 'id' }, data: 'x' }],
])('the runner finds the command in %j', (line, command) => {
  expect(parseCommand(line)).toEqual(command);
});

test.each(['', 'text ::add-mask::x', ': :add-mask::x', '::::x', '## [add-mask]x', '##[]x', ':: x'])(
  'the runner finds no command in %j',
  (line) => {
    expect(parseCommand(line)).toBeUndefined();
  },
);
