import * as z from 'zod';
import { ApiError, type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import type { Account } from '../account.ts';
import { parseBody } from '../request.ts';
import type { Key } from '../resources/keys.ts';
import { NANO, remainingOf, toUsd } from '../resources/usage.ts';
import { findForModels } from './keys.ts';

export const chatRoutes: Routes<Account> = {
  'POST /chat/completions': complete,
  // In the format of Anthropic, as coding agents send it.
  'POST /messages': respond,
};

const chatRequest = z.looseObject({
  model: z.string(),
  max_tokens: z.int().min(1).optional(),
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
});

/** What every completion costs, in 10^-9 USD, and the tokens that it takes. */
const COST = 0.000_02 * NANO;
const TOKENS = { prompt: 8, completion: 9 };

const TEXT = 'Hello.';

/** What a token of a response costs at most, in 10^-9 USD, and how many a response has at most. */
const MODELS: readonly (readonly [name: RegExp, price: number, maxTokens: number])[] = [
  [/opus/, 25e-6 * NANO, 64_000],
  [/sonnet/, 15e-6 * NANO, 32_000],
  [/haiku/, 5e-6 * NANO, 32_000],
  [/./, 2e-6 * NANO, 4_096],
];

function complete(account: Account, call: Call): ApiResponse {
  const model = bill(account, call);
  return ok({
    id: `gen-${account.random(10).toString('hex')}`,
    object: 'chat.completion',
    created: Math.floor(account.now().getTime() / 1000),
    model,
    system_fingerprint: null,
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: TEXT } }],
    usage: {
      prompt_tokens: TOKENS.prompt,
      completion_tokens: TOKENS.completion,
      total_tokens: TOKENS.prompt + TOKENS.completion,
      cost: toUsd(COST),
    },
  });
}

function respond(account: Account, call: Call): ApiResponse {
  const model = bill(account, call);
  return ok({
    id: `gen-${account.random(10).toString('hex')}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: TEXT }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: TOKENS.prompt, output_tokens: TOKENS.completion },
  });
}

/** Bills one request to the key that it is sent with, unless its limit is not enough. Returns the model. */
function bill(account: Account, { authorization, body }: Call): string {
  const key = findForModels(account, authorization);
  if (!key) throw new ApiError(401, 'User not found.');
  const { model, max_tokens: maxTokens } = parseBody(chatRequest, body);
  assertLimitSuffices(account, key, { model, maxTokens });
  account.spends.push({
    key_hash: key.hash,
    key_name: key.name,
    workspace_id: key.workspace_id,
    model,
    at: account.now().getTime(),
    credits: COST,
    byok: 0,
    requests: 1,
    tokens_prompt: TOKENS.prompt,
    tokens_completion: TOKENS.completion,
    reasoning_tokens: 0,
  });
  return model;
}

/**
 * By what was really spent, which the counters show only later. OpenRouter reserves what the response can cost, so it
 * refuses a request although something is left.
 */
function assertLimitSuffices(
  { spends, now }: Account,
  key: Key,
  { model, maxTokens }: { model: string; maxTokens: number | undefined },
): void {
  const own = spends.filter(({ key_hash }) => key_hash === key.hash);
  const remaining = remainingOf(key, own, now());
  if (remaining === null) return;
  if (remaining <= 0) {
    throw new ApiError(403, `Key limit exceeded (${key['limit_reset'] ?? 'total'} limit)`);
  }
  const [, price = 0, most = 0] = MODELS.find(([name]) => name.test(model)) ?? [];
  const tokens = maxTokens ?? most;
  const affordable = Math.floor((remaining * NANO) / price);
  if (tokens <= affordable) return;
  throw new ApiError(
    402,
    `This request requires more credits, or fewer max_tokens. You requested up to ${tokens} tokens, but can only afford ${affordable}. To increase, visit https://openrouter.ai/settings/keys and create a key with a higher total limit`,
  );
}
