import { seedKey, seedUsage, seedWorkspace } from '../openrouter/seed.ts';
import type { Sandbox } from '../openrouter/server.ts';

/** An example of an action: its inputs, and what exists at OpenRouter before it runs. */
interface Scene {
  inputs: Readonly<Record<string, string>>;
  seed?(sandbox: Sandbox): void;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The examples that `npm start` can run, by the folder of the action. */
export const SCENES: Readonly<Record<string, Scene>> = {
  '': {
    inputs: {
      name: 'Preview of pull request 42',
      slug: 'preview-42',
      description: 'Created for https://github.com/octo-org/app/pull/42',
      'default-text-model': 'openai/gpt-5-mini',
      'default-provider-sort': 'price',
      'io-logging-sampling-rate': '0.1',
      'is-observability-io-logging-enabled': 'true',
      'disabled-server-tools': 'openrouter:web_search, openrouter:bash',
    },
  },
  usage: {
    inputs: { workspace: 'preview-42', 'warn-above-usd': '1', 'fail-above-usd': '5' },
    seed: seedPreview,
  },
};

/** A preview of three days, with a key that is in use, and one that was revoked after its job. */
function seedPreview(sandbox: Sandbox): void {
  const workspace = seedWorkspace(sandbox, { slug: 'preview-42', age: 3 * DAY });
  const revoked = seedKey(sandbox, workspace, { name: 'octo-org/app / CI / 1', limit: 5 });
  seedUsage(sandbox, revoked, {
    model: 'anthropic/claude-4.5-haiku-20251001',
    age: DAY,
    credits: 0.8312,
    requests: 21,
    prompt: 86_100,
    completion: 15_330,
  });
  const { keys } = sandbox.account;
  keys.splice(keys.indexOf(revoked), 1);
  const key = seedKey(sandbox, workspace, { name: 'octo-org/app / CI / 2', limit: 5 });
  seedUsage(sandbox, key, {
    credits: 0.3641,
    byok: 0.02,
    requests: 64,
    prompt: 262_400,
    completion: 46_720,
    reasoning: 30_120,
  });
}
