import { describe, expect, test } from '@jest/globals';
import type { ApiError } from '../../../src/http/request.ts';
import { PAGE_SIZE } from '../../../src/openrouter/pages.ts';
import { type KeyList, listKeys } from '../../../src/openrouter/resources/keys.ts';
import { openRecordingClient } from '../../support/recording-client.ts';

const WORKSPACE = { id: '3fa85f64-5717-4562-b3fc-2c963f66afa6', slug: 'preview-42' };

/** Lists the keys if each request for a page gets the body that `bodyAt` returns. */
function list(bodyAt: (offset: number) => string): Promise<KeyList | Error> {
  const { client, run } = openRecordingClient(({ url }) => ({
    body: bodyAt(Number(new URL(url).searchParams.get('offset'))),
  }));
  return run(listKeys(client, WORKSPACE));
}

/** The reason why the list fails. */
async function failureOf(bodyAt: (offset: number) => string): Promise<string> {
  return ((await list(bodyAt)) as ApiError).details.reason;
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
  const listed = await list(() => JSON.stringify({ data: [{ ...unused, ...used }] }));
  expect(listed).toMatchObject({ keys: [used] });
});

describe('a list of API keys that no memory could hold fails', () => {
  test('if it has no end', async () => {
    const name = 'x'.repeat(8_000);
    const reason = await failureOf((offset) =>
      JSON.stringify({
        data: Array.from({ length: PAGE_SIZE }, (_, at) => ({
          hash: String(offset + at),
          name,
          label: 'sk-or-v1-0e6...1c96',
          workspace_id: WORKSPACE.id,
        })),
      }),
    );
    expect(reason).toBe('the list is larger than 24 MiB');
  });
});
