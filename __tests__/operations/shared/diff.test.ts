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
const drift = (has: Record<string, unknown>, wants: Fields) =>
  diffWorkspace(workspaceOf(has), { ...NAMES, ...wants });

describe('these are the same', () => {
  test.each<[string, Record<string, unknown>, Fields]>([
    [
      'key ids in another order',
      { io_logging_api_key_ids: [3, 10, 1] },
      { io_logging_api_key_ids: [10, 1, 3] },
    ],
    [
      'key ids that are named twice',
      { io_logging_api_key_ids: [1, 3] },
      { io_logging_api_key_ids: [3, 1, 3] },
    ],
    [
      'tools in another order',
      { disabled_server_tools: ['b', 'a'] },
      { disabled_server_tools: ['a', 'b'] },
    ],
    ['no tools, as null and as []', { disabled_server_tools: null }, { disabled_server_tools: [] }],
    ['no tools, as [] and as null', { disabled_server_tools: [] }, { disabled_server_tools: null }],
    ['a field that the answer lacks, and null', {}, { description: null }],
    ['a field that is not asked for', { description: 'Text' }, {}],
  ])('%s', (_, has, wants) => {
    expect(drift(has, wants)).toEqual([]);
  });
});

describe('these are not', () => {
  test.each<[string, Record<string, unknown>, Fields]>([
    // Of keys, null means all.
    ['all keys and none', { io_logging_api_key_ids: null }, { io_logging_api_key_ids: [] }],
    ['no keys and all', { io_logging_api_key_ids: [] }, { io_logging_api_key_ids: null }],
    ['some keys and more', { io_logging_api_key_ids: [1] }, { io_logging_api_key_ids: [1, 2] }],
    [
      'some keys and others',
      { io_logging_api_key_ids: [1, 2] },
      { io_logging_api_key_ids: [1, 3] },
    ],
    ['some tools and none', { disabled_server_tools: ['a'] }, { disabled_server_tools: [] }],
    ['no text and an empty one', { description: null }, { description: '' }],
    [
      'on and off',
      { is_observability_broadcast_enabled: true },
      { is_observability_broadcast_enabled: false },
    ],
  ])('%s', (_, has, wants) => {
    const [field] = Object.keys(wants) as (keyof Fields)[];
    expect(drift(has, wants)).toEqual([
      { field, from: has[String(field)], to: wants[field as keyof Fields] },
    ]);
  });
});

test('a field that an answer lacks is not one that it has otherwise', () => {
  const desired = { ...NAMES, name: 'Other', description: 'Text' };
  const fields = (of: typeof diffWorkspace) =>
    of(workspaceOf({}), desired).map(({ field }) => field);
  expect(fields(diffWorkspace)).toEqual(['name', 'description']);
  expect(fields(diffReturned)).toEqual(['name']);
});
