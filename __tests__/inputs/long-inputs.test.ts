import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readManifest } from '../../sandbox/runner/manifest.ts';
import { readCreateInputs } from '../../src/inputs/create.ts';
import { readDeleteInputs } from '../../src/inputs/delete.ts';
import { readKeyInputs } from '../../src/inputs/key.ts';
import { readSweepInputs } from '../../src/inputs/sweep.ts';
import { readUsageInputs } from '../../src/inputs/usage.ts';
import { KEY, rejectionOf } from '../support/inputs.ts';
import { ROOT } from '../support/root.ts';

/** How each action reads its inputs, by its folder. */
const READERS: Readonly<Record<string, () => unknown>> = {
  '.': readCreateInputs,
  delete: readDeleteInputs,
  key: readKeyInputs,
  sweep: readSweepInputs,
  usage: readUsageInputs,
};

const FOLDERS = globSync(['action.yml', '*/action.yml'], { cwd: ROOT }).map(dirname).toSorted();

/** Every input of every action. */
const INPUTS = await Promise.all(
  FOLDERS.map(async (folder) => {
    const { inputs = {} } = await readManifest(join(ROOT, folder));
    return Object.keys(inputs).map((input) => ({ folder, input }));
  }),
);

test('every action is tested', () => {
  expect(Object.keys(READERS)).toEqual(FOLDERS);
});

const MAX_BYTES = 64 * 1024;

describe.each(INPUTS.flat())('$folder/action.yml, $input', ({ folder, input }) => {
  const read = READERS[folder] as () => unknown;
  const TOO_LONG = `${input} is longer than 64 KiB`;

  test('can have 64 KiB, and is rejected with one line if it has more', () => {
    for (const character of ['a', 'é']) {
      const longest = character.repeat(MAX_BYTES / Buffer.byteLength(character));
      expect(rejectionOf(read, { [input]: longest })).not.toContain(TOO_LONG);
      const lines = rejectionOf(read, { [input]: `${longest}a` });
      expect(lines.filter((line) => line.startsWith(`${input} `))).toEqual([TOO_LONG]);
    }
  });
});

describe('inputs that are too long', () => {
  const long = 'x'.repeat(MAX_BYTES + 1);

  test('are reported with all other problems, in the order of action.yml', () => {
    const texts = { name: long, slug: 'A', 'api-url': 'nowhere', members: long, 'dry-run': 'yes' };
    expect(rejectionOf(readCreateInputs, texts).map((line) => line.split(';')[0])).toEqual([
      'name is longer than 64 KiB',
      'slug must consist of lower-case letters and digits, separated by single hyphens',
      'members is longer than 64 KiB',
      'dry-run must be true or false',
      'api-url must be a URL such as https://openrouter.ai/api/v1',
    ]);
  });

  test('count as provided for the checks that compare inputs', () => {
    const texts = { 'delete-keys': 'true', 'delete-after-job': long };
    const lines = rejectionOf(readCreateInputs, { name: 'A', slug: 'a', ...texts });
    expect(lines).toEqual(['delete-after-job is longer than 64 KiB']);
  });

  test('are not shown, and neither is a management key that is too long', () => {
    const key = `${KEY}-${long}`;
    const texts = { 'management-key': key, name: `${key}\n`, slug: `${key.slice(0, 200)}\n-` };
    expect(rejectionOf(readCreateInputs, texts).join('\n')).not.toContain(KEY);
  });
});
