import { describe, expect, test } from '@jest/globals';
import { MAX_LENGTH } from '../../sandbox/openrouter/resources/workspaces.ts';
import { readCreateInputs } from '../../src/actions/create/inputs.ts';
import { readPreviewInputs } from '../../src/actions/preview/inputs.ts';
import { readUsageInputs } from '../../src/actions/usage/inputs.ts';
import { ACTIONS } from '../support/action-inputs.ts';
import {
  given,
  type Reader,
  type Rejected,
  readWith,
  rejectionOf,
} from '../support/read-inputs.ts';

type Texts = Record<string, string>;

const readCreatedSlug: Reader<string> = (log) => readCreateInputs(log).desired.slug;
const readWorkspace =
  (read: Reader<unknown>): Reader<string> =>
  (log) =>
    (read(log) as { workspace: string }).workspace;

/** Each action that can make a slug, what reads it, and the input that has a slug as it is. */
const MAKERS = ACTIONS.filter(({ schema }) => 'slug_from' in schema.shape).map(
  ({ folder, read }): [string, Reader<string>, string] =>
    folder === ''
      ? ['create', readCreatedSlug, 'slug']
      : [folder, readWorkspace(read), 'workspace'],
);

describe.each(MAKERS)('the slug of a %s step', (folder, read, named) => {
  // For an action that requires it; for the others, it is optional or not an input.
  const NAME = { name: 'Preview' };
  const TEXT = { 'slug-from': 'feature/Menü' };
  const PREFIX = { 'slug-prefix': 'web-' };
  const NAMED = { [named]: 'preview-42' };

  test.each<[Texts, string]>([
    [NAMED, 'preview-42'],
    [{ ...NAMED, 'slug-from': ' ', 'slug-prefix': '' }, 'preview-42'],
    [{ ...TEXT, ...PREFIX, [named]: '' }, 'web-feature-menu-b15fda22'],
    [{ 'slug-from': 'a--b' }, 'a-b-90827a2e'],
  ])('with %j is %s', (texts, slug) => {
    expect(readWith(read, { ...NAME, ...texts })).toBe(slug);
  });

  const MISSING = `${named} or slug-from is required${folder === 'usage' ? ' without key-hash' : ''}`;
  const BOTH = `slug-from must not be combined with ${named}: remove one of them`;
  const UNUSED = `slug-prefix needs slug-from: ${named} is used as it is written`;
  test.each<[string, Texts, string[]]>([
    ['nothing', {}, [MISSING]],
    ['both', { ...NAMED, ...TEXT }, [BOTH]],
    ['a prefix of no text', { ...NAMED, ...PREFIX }, [UNUSED]],
    ['a prefix alone', PREFIX, [MISSING, UNUSED]],
  ])('is rejected with %s', (__, texts, lines) => {
    expect(rejectionOf(read, { ...NAME, ...texts })).toEqual(lines);
  });

  const EDGE = 'must not begin or end with a separator such as - or /';
  test.each<Rejected>([
    given('slug-from', 'pr-', EDGE, '; the expression at its end was probably empty'),
    given('slug-from', '_web', EDGE, '; the expression at its beginning was probably empty'),
    given('slug-from', 'refs/heads/', EDGE, '; the expression at its end was probably empty'),
    given('slug-from', 'octo/app.js#', EDGE, '; the expression at its end was probably empty'),
    // Nobody writes this around an expression: it is what one gave.
    given('slug-from', 'feature/Menü-', EDGE),
  ])('is rejected with %s: %j', (input, text, line) => {
    expect(rejectionOf(read, { ...NAME, [input]: text })).toEqual([line]);
  });

  test('is rejected together with other inputs, in the order of action.yml', () => {
    const texts = { ...NAME, [named]: 'A_', ...TEXT, ...PREFIX, timeout: '0s' };
    const lines = rejectionOf(read, texts);
    expect(lines.map((line) => line.split(' ', 1)[0])).toEqual([named, 'slug-from', 'timeout']);
  });

  test('is logged once if it is made', () => {
    const lines: string[] = [];
    const log = { info: (line: string) => lines.push(line), notice: fail };
    const readLogged = (texts: Texts) => readWith(() => read(log), { ...NAME, ...texts });
    readLogged(NAMED);
    expect(lines).toEqual([]);
    readLogged({ ...TEXT, ...PREFIX });
    expect(lines).toEqual(['The slug is web-feature-menu-b15fda22, made from slug-from.']);
  });
});

function fail(line: string): never {
  throw new Error(`unexpected notice: ${line}`);
}

const PREFIX_MESSAGE =
  'must be 2 to 30 lower-case letters, digits and single hyphens, and end with a hyphen';

test.each<Rejected>([
  given('slug-prefix', '-', PREFIX_MESSAGE),
  given('slug-prefix', 'web', PREFIX_MESSAGE),
  given('slug-prefix', 'Web-', PREFIX_MESSAGE),
  given('slug-prefix', 'web--', PREFIX_MESSAGE),
  given('slug-prefix', `${'p'.repeat(30)}-`, PREFIX_MESSAGE),
])('slug-prefix with the rules of preview has %s: %j rejected', (input, text, line) => {
  expect(rejectionOf(readUsageInputs, { 'slug-from': 'main', [input]: text })).toEqual([line]);
  expect(rejectionOf(readPreviewInputs, { [input]: text })).toEqual([line]);
});

describe('a name of a workspace', () => {
  const TEXT = { 'slug-from': 'a' };
  /** The name that is read, and the notices. */
  const nameOf = (texts: Texts) => {
    const notices: string[] = [];
    const log = { info() {}, notice: (line: string) => notices.push(line) };
    const { desired } = readWith(() => readCreateInputs(log), texts);
    return [desired.name, notices];
  };

  test('that is too long is cut, with a notice, if the slug is made from a text', () => {
    const cut = '🎈'.repeat(MAX_LENGTH.name);
    const notice = `name was cut to ${MAX_LENGTH.name} characters: OpenRouter accepts no more.`;
    expect(nameOf({ ...TEXT, name: `${cut}🎈` })).toEqual([cut, [notice]]);
    expect(nameOf({ ...TEXT, name: cut })).toEqual([cut, []]);
    const word = 'n'.repeat(MAX_LENGTH.name - 2);
    expect(nameOf({ ...TEXT, name: `${word}  next` })).toEqual([word, [notice]]);
  });

  test.each<[string, Texts]>([
    ['without such a text', { slug: 'a' }],
    ['with an empty one', { slug: 'a', 'slug-from': ' ' }],
  ])('that is too long is rejected %s', (_, texts) => {
    const name = 'n'.repeat(MAX_LENGTH.name + 1);
    expect(rejectionOf(readCreateInputs, { ...texts, name })).toEqual([
      expect.stringContaining(
        `name must be 1 to ${MAX_LENGTH.name} characters, but has ${name.length}`,
      ),
    ]);
  });

  test('is required with such a text, too', () => {
    expect(rejectionOf(readCreateInputs, TEXT)).toEqual([
      `name is required, and must be 1 to ${MAX_LENGTH.name} characters`,
    ]);
  });
});
