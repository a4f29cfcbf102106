import { describe, expect, test } from '@jest/globals';
import type { ApiError } from '../../../src/openrouter/api-error.ts';
import { createClient } from '../../../src/openrouter/client.ts';
import { PAGE_SIZE } from '../../../src/openrouter/pages.ts';
import { listKeys } from '../../../src/openrouter/resources/keys.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

const WORKSPACE = { id: '3fa85f64-5717-4562-b3fc-2c963f66afa6', slug: 'preview-42' };
const TIMEOUT = 60_000;

/** The reason why the list of keys fails if each request for a page gets the body that `bodyAt` returns. */
async function failureOf(bodyAt: (offset: number) => string): Promise<string> {
  const clock = virtualClock();
  const client = createClient({
    apiUrl: 'https://openrouter.test/api/v1',
    managementKey: 'sk-or-v1-of-a-test',
    transport: async ({ url }) => {
      const offset = Number(new URL(url).searchParams.get('offset'));
      return { status: 200, headers: {}, body: bodyAt(offset) };
    },
    clock,
    random: () => 0.5,
    deadline: TIMEOUT,
    signal: new AbortController().signal,
    log: { info: () => undefined, debug: () => undefined },
  });
  const error = await clock.run(listKeys(client, WORKSPACE).catch((reason: ApiError) => reason));
  return (error as ApiError).details.reason;
}

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
    expect(reason).toBe('the list is larger than 8 MiB');
  });

  test('if it has 340,000 empty entries', async () => {
    const reason = await failureOf(() => `{"data":[${'{},'.repeat(340_000)}{}]}`);
    expect(reason).toBe(
      'HTTP 200, but the body has no valid data.0.hash, data.0.name, data.0.label, data.0.workspace_id',
    );
  });
});
