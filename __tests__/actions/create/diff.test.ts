import { expect, test } from '@jest/globals';
import { diffReturned, diffWorkspace } from '../../../src/actions/create/diff.ts';
import type {
  CreateWorkspaceRequest,
  Workspace,
} from '../../../src/openrouter/resources/workspaces.ts';

const NAMES = { name: 'Preview', slug: 'preview-42' };
const workspaceOf = (fields: Record<string, unknown>): Workspace => ({
  id: 'ws-1',
  ...NAMES,
  ...fields,
});
/** The differences of a workspace that is as desired but for `field`. */
const diff = (field: keyof CreateWorkspaceRequest, current: unknown, desired: unknown) =>
  diffWorkspace(workspaceOf({ [field]: current }), { ...NAMES, [field]: desired });

const KEY_IDS = 'io_logging_api_key_ids';
const TOOLS = 'disabled_server_tools';
const FLAG = 'is_observability_broadcast_enabled';

test.each([
  ['key ids in another order', KEY_IDS, [3, 10, 1], [10, 1, 3]],
  ['key ids that are listed twice', KEY_IDS, [1, 3], [3, 1, 3]],
  ['tools in another order', TOOLS, ['b', 'a'], ['a', 'b']],
  ['no tools as null, desired as []', TOOLS, null, []],
  ['no tools as [], desired as null', TOOLS, [], null],
  ['a missing field, desired as null', 'description', undefined, null],
  ['a field that is not desired', 'description', 'Text', undefined],
] as const)('these values count as equal: %s', (_, field, current, desired) => {
  expect(diff(field, current, desired)).toEqual([]);
});

test.each([
  // For key ids, null means all.
  ['all key ids, where none are desired', KEY_IDS, null, []],
  ['no key ids, where all are desired', KEY_IDS, [], null],
  ['some key ids, where more are desired', KEY_IDS, [1], [1, 2]],
  ['some key ids, where others are desired', KEY_IDS, [1, 2], [1, 3]],
  ['some tools, where none are desired', TOOLS, ['a'], []],
  ['no text, where an empty one is desired', 'description', null, ''],
  ['a flag that is on, where off is desired', FLAG, true, false],
] as const)('these values differ: %s', (_, field, current, desired) => {
  expect(diff(field, current, desired)).toEqual([
    { kind: 'field', field, from: current, to: desired },
  ]);
});

test('a missing field differs from the desired value, but does not count as returned with another', () => {
  const desired = { ...NAMES, name: 'Other', description: 'Text' };
  const fields = (of: typeof diffWorkspace) =>
    of(workspaceOf({}), desired).map(({ field }) => field);
  expect(fields(diffWorkspace)).toEqual(['name', 'description']);
  expect(fields(diffReturned)).toEqual(['name']);
});
