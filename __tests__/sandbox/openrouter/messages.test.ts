import { expect, test } from '@jest/globals';
import { openAccount } from '../../../sandbox/openrouter/openrouter.ts';

const managementKey = 'sk-or-v1-management';

test('a request in the format of Anthropic costs what one in that of OpenAI costs', () => {
  const account = openAccount({ managementKey });
  const send = (path: string, key: string, body: object) =>
    account.handle({
      method: 'POST',
      path,
      authorization: `Bearer ${key}`,
      body: JSON.stringify(body),
    });
  const { key } = send('/keys', managementKey, { name: 'Key', limit: 1 }).body as { key: string };
  const request = { model: 'openai/gpt-5-mini', messages: [{ role: 'user', content: 'Hello.' }] };
  expect(send('/messages', key, request).body).toMatchObject({
    type: 'message',
    content: [{ type: 'text' }],
  });
  send('/chat/completions', key, request);
  const [message, completion] = account.spends;
  expect(message).toMatchObject({ credits: completion?.credits, model: request.model });
  expect(send('/messages', 'sk-or-v1-unknown', request).status).toBe(401);
});
