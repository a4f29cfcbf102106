import { expect, test } from '@jest/globals';
import { OpenRouter } from '@openrouter/sdk';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openHarness } from '../support/harness.ts';
import { openSdk, rejection } from './sdk.ts';

const harness = openHarness();
const sdk = () => openSdk(harness.sandbox);

const HOUR = 3_600_000;

/** A workspace with an API key that has spent 0.3 USD on two models. */
function seedSpender(slug: string) {
  const { sandbox } = harness;
  const workspace = seedWorkspace(sandbox, { slug, age: 24 * HOUR });
  const key = seedKey(sandbox, workspace, { name: 'CI', limit: 5 });
  seedUsage(sandbox, key, { model: 'a/one', credits: 0.1, requests: 2, prompt: 100 });
  seedUsage(sandbox, key, { model: 'a/two', credits: 0.2, byok: 0.05, completion: 50 });
  return { workspace, key };
}

test('the SDK reads what an API key of the sandbox has spent', async () => {
  const { key } = seedSpender('read-key');
  const { data } = await sdk().apiKeys.get({ hash: key.hash });
  expect(data).toMatchObject({ usage: 0.3, usageDaily: 0.3, limit: 5, limitRemaining: 4.7 });
  expect(data.byokUsage).toBe(0.05);
  await expect(sdk().apiKeys.get({ hash: '0' })).rejects.toMatchObject(rejection(404));
});

test('the sandbox bills a request of the SDK to the API key that it is sent with', async () => {
  const workspace = seedWorkspace(harness.sandbox, { slug: 'billed' });
  const { data: created, key } = await sdk().apiKeys.create({
    requestBody: { name: 'Billed', workspaceId: workspace.id },
  });
  const own = new OpenRouter({ apiKey: key, serverURL: harness.sandbox.url });
  const chatRequest = {
    model: 'openai/gpt-5-mini',
    messages: [{ role: 'user' as const, content: 'Hello' }],
  };
  const completion = await own.chat.send({ chatRequest });
  const { data } = await sdk().apiKeys.get({ hash: created.hash });
  expect(data.usage).toBeGreaterThan(0);
  expect(completion).toMatchObject({ usage: { cost: data.usage } });
  await expect(sdk().chat.send({ chatRequest })).rejects.toMatchObject(rejection(401));
});

test.each(['workspace', 'key'])(
  'a usage step for a %s sends the same request as the SDK, which reads the response',
  async (kind) => {
    const { workspace, key } = seedSpender(`same-${kind}`);
    const inputs = { workspace: workspace.slug, ...(kind === 'key' && { 'key-hash': key.hash }) };
    const step = await harness.run('usage', inputs);
    const lastQuery = () =>
      harness.sandbox.requests.findLast(({ path }) => path === '/analytics/query');
    const ours = JSON.parse(lastQuery()?.body ?? '');
    const { time_range: range, order_by: orderBy, ...fields } = ours;
    const { data } = await sdk().analytics.queryAnalytics({
      requestBody: {
        ...fields,
        orderBy,
        timeRange: { start: new Date(range.start), end: new Date(range.end) },
      },
    });
    const theirs = JSON.parse(lastQuery()?.body ?? '');
    const seconds = ({ start, end }: Record<string, string>) =>
      [start, end].map((time) => Date.parse(time ?? ''));
    expect({ ...ours, time_range: seconds(ours.time_range) }).toEqual({
      ...theirs,
      time_range: seconds(theirs.time_range),
    });
    expect(data.metadata.truncated).toBe(false);
    expect(data.data).toHaveLength(2);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3', requests: '3', tokens: '150' });
  },
);
