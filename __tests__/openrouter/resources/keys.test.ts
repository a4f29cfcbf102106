import { expect, test } from '@jest/globals';
import { type KeyList, listKeys } from '../../../src/openrouter/resources/keys.ts';
import { openRecordingClient } from '../../support/recording-client.ts';

const WORKSPACE = { id: '3fa85f64-5717-4562-b3fc-2c963f66afa6', slug: 'preview-42' };

/** Lists the keys if each request for a page gets this body. */
function list(body: string): Promise<KeyList | Error> {
  const { client, run } = openRecordingClient(() => ({ body }));
  return run(listKeys(client, WORKSPACE));
}

test('a key in a list has no nested values, and none that are not used', async () => {
  const used = {
    hash: 'a1',
    name: 'CI',
    label: 'sk-or-v1-0e6...1c96',
    workspace_id: WORKSPACE.id,
    created_at: '2026-01-01T00:00:00Z',
    expires_at: null,
    limit: 5,
    usage: 0.5,
    byok_usage_daily: 0.1,
  };
  const unused = { disabled: false, usage_daily: [[]], byok_usage: {} };
  const listed = await list(JSON.stringify({ data: [{ ...unused, ...used }] }));
  expect(listed).toMatchObject({ keys: [used] });
});
