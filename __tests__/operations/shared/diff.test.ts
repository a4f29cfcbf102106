import { describe, expect, test } from '@jest/globals';
import type {
  CreateWorkspaceRequest,
  Workspace,
} from '../../../src/openrouter/resources/workspaces.ts';
import { diffReturned, diffWorkspace } from '../../../src/operations/shared/diff.ts';

const NAMES = { name: 'Preview', slug: 'preview-42' };
type Fields = Partial<CreateWorkspaceRequest>;
const workspaceOf = (fields: Record<string, unknown>): Workspace => ({
  id: 'ws-1',
  ...NAMES,
  ...fields,
});
const diff = (current: Record<string, unknown>, desired: Fields) =>
  diffWorkspace(workspaceOf(current), { ...NAMES, ...desired });

describe('these values count as equal', () => {
  test.each<[string, Record<string, unknown>, Fields]>([
    [
      'key ids in another order',
      { io_logging_api_key_ids: [3, 10, 1] },
      { io_logging_api_key_ids: [10, 1, 3] },
    ],
    [
      'key ids that are listed twice',
      { io_logging_api_key_ids: [1, 3] },
      { io_logging_api_key_ids: [3, 1, 3] },
    ],
    [
      'tools in another order',
      { disabled_server_tools: ['b', 'a'] },
      { disabled_server_tools: ['a', 'b'] },
    ],
    [
      'no tools as null, desired as []',
      { disabled_server_tools: null },
      { disabled_server_tools: [] },
    ],
    [
      'no tools as [], desired as null',
      { disabled_server_tools: [] },
      { disabled_server_tools: null },
    ],
    ['a missing field, desired as null', {}, { description: null }],
    ['a field that is not desired', { description: 'Text' }, {}],
  ])('%s', (_, current, desired) => {
    expect(diff(current, desired)).toEqual([]);
  });
});

describe('these values differ', () => {
  test.each<[string, Record<string, unknown>, Fields]>([
    // For key ids, null means all.
    [
      'all key ids, where none are desired',
      { io_logging_api_key_ids: null },
      { io_logging_api_key_ids: [] },
    ],
    [
      'no key ids, where all are desired',
      { io_logging_api_key_ids: [] },
      { io_logging_api_key_ids: null },
    ],
    [
      'some key ids, where more are desired',
      { io_logging_api_key_ids: [1] },
      { io_logging_api_key_ids: [1, 2] },
    ],
    [
      'some key ids, where others are desired',
      { io_logging_api_key_ids: [1, 2] },
      { io_logging_api_key_ids: [1, 3] },
    ],
    [
      'some tools, where none are desired',
      { disabled_server_tools: ['a'] },
      { disabled_server_tools: [] },
    ],
    ['no text, where an empty one is desired', { description: null }, { description: '' }],
    [
      'a flag that is on, where off is desired',
      { is_observability_broadcast_enabled: true },
      { is_observability_broadcast_enabled: false },
    ],
  ])('%s', (_, current, desired) => {
    const [field] = Object.keys(desired) as (keyof Fields)[];
    expect(diff(current, desired)).toEqual([
      { field, from: current[String(field)], to: desired[field as keyof Fields] },
    ]);
  });
});

test('a missing field differs from the desired value, but does not count as returned with another', () => {
  const desired = { ...NAMES, name: 'Other', description: 'Text' };
  const fields = (of: typeof diffWorkspace) =>
    of(workspaceOf({}), desired).map(({ field }) => field);
  expect(fields(diffWorkspace)).toEqual(['name', 'description']);
  expect(fields(diffReturned)).toEqual(['name']);
});

test('a field that the workspace lacks changes from null', () => {
  expect(diff({}, { description: 'Text' })).toStrictEqual([
    { field: 'description', from: null, to: 'Text' },
  ]);
});
