import { describe, expect, test } from '@jest/globals';
import { dispatchEvent, type GitHubEvent } from '../../../sandbox/github/events.ts';
import { openPull, pushTo } from '../../../sandbox/github/people.ts';
import { addRepository } from '../../../sandbox/github/seed.ts';
import { seedUsage } from '../../../sandbox/openrouter/seed.ts';
import { openPreviewHarness } from '../../support/preview-steps.ts';
import { type JobOptions, openRecipeJobs, recipeOf } from '../../support/recipe-jobs.ts';
import { openShell } from '../../support/shell.ts';
import { jobOf, type Workflow } from '../../support/workflow.ts';

const PAGE = 'docs/recipes/coding-agents.md';
const AGENT = recipeOf(PAGE, 'Agent');
const REVIEW = recipeOf(PAGE, 'Review');
const ACTION = 'anthropics/claude-code-action@v1';

const { harness, gitHub, slugs, comments } = openPreviewHarness({ followsSteps: true });
const { start, run, letKeysBeCounted } = openRecipeJobs({ harness, gitHub });
const keys = () => harness.sandbox.account.keys;
const byHand = () =>
  dispatchEvent(gitHub.server.github, gitHub.repository, { inputs: { task: 'Fix the menu.' } });
const open = () => openPull(gitHub.server.github, gitHub.repository, { branch: 'menu' })[0];
const push = () => pushTo(gitHub.server.github, gitHub.repository, 'menu')[1] as GitHubEvent;

/** What Claude Code has to know: its variables, and its command line. */
interface Call {
  env: Record<string, string>;
  args: string;
}

/** Where Claude Code sends its requests if it has this base URL. */
const endpointOf = (baseUrl = '') => new URL(`${baseUrl}/v1/messages`).href;

/** What OpenRouter responds to a request of an agent that was called like this. */
function send({ env, args }: Call, model = modelOf(args)): number {
  expect(endpointOf(env['ANTHROPIC_BASE_URL'])).toBe('https://openrouter.ai/api/v1/messages');
  // The CLI sends ANTHROPIC_API_KEY in another header, which OpenRouter accepts, too.
  const secret = env['ANTHROPIC_AUTH_TOKEN'] || env['ANTHROPIC_API_KEY'];
  return harness.sandbox.account.handle({
    method: 'POST',
    path: '/messages',
    authorization: `Bearer ${secret}`,
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Review this.' }] }),
  }).status;
}

const modelOf = (args: string) => /--model (\S+)/.exec(args)?.[1];

/** An agent that sends a request, and spends `usd` in all. It fails if OpenRouter rejects its next request. */
function agent(usd: number, calls: Call[] = []): JobOptions {
  const work = (call: Call) => {
    calls.push(call);
    expect(send(call)).toBe(200);
    const [key] = keys();
    if (key) seedUsage(harness.sandbox, key, { credits: usd - 0.000_02 });
    return send(call) === 200;
  };
  return {
    onScript: ({ run: args, env }) => !args.includes('claude-code') || work({ env, args }),
    onOther({ uses, with: inputs, env }) {
      if (uses !== ACTION) return true;
      const { anthropic_api_key: key = '', claude_args: args = '' } = inputs;
      return work({ env: { ...env, ANTHROPIC_API_KEY: key }, args });
    },
  };
}

/** The models that the step with this action allows. */
const modelsIn = (workflow: Workflow) =>
  jobOf(workflow).steps.flatMap((step) => {
    const models = step.with?.['allowed-models'];
    return models === undefined ? [] : String(models).split(', ');
  });

test.each([
  ['Agent', AGENT, byHand],
  ['Review', REVIEW, open],
])('%s restricts the key to the models that the agent uses', async (_, workflow, event) => {
  const calls: Call[] = [];
  await run(workflow, event(), agent(0.5, calls));
  const used = calls.flatMap(({ env, args }) => [
    modelOf(args),
    env['ANTHROPIC_DEFAULT_HAIKU_MODEL'],
  ]);
  expect(used).toEqual(modelsIn(workflow));
  const { guardrails, workspaces } = harness.sandbox.account;
  expect(guardrails).toMatchObject([
    {
      workspace_id: workspaces[1]?.id,
      allowed_models: used.toSorted().map((model) => expect.stringContaining(String(model))),
    },
  ]);
});

test.each([
  ['Agent', AGENT, byHand],
  ['Review', REVIEW, open],
])('%s gives the agent no tool for commands, and no settings of the checkout', async (...row) => {
  const [, workflow, event] = row;
  const calls: Call[] = [];
  await run(workflow, event(), agent(0.5, calls));
  const [{ args } = { args: '' }] = calls;
  expect(args).toMatch(/--restricted --strict-mcp-config\b/);
  expect(args).not.toMatch(/Bash|WebFetch|setting|dangerously/);
  expect(JSON.stringify(calls)).not.toContain(harness.sandbox.managementKey);
});

/** What Claude Code reserves for one request to a model, in USD. */
const RESERVED = new Map([
  ['anthropic/claude-haiku-4.5', 0.16],
  ['anthropic/claude-sonnet-4.6', 0.48],
  ['anthropic/claude-opus-4.6', 1.6],
]);

test.each([
  ['Agent', AGENT, byHand],
  ['Review', REVIEW, open],
])(
  '%s sends no telemetry, and its key can pay for a request to each of its models',
  async (...row) => {
    const [, workflow, event] = row;
    const calls: Call[] = [];
    await run(workflow, event(), agent(0.5, calls));
    expect(calls).toMatchObject([{ env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' } }]);
    const [limit] = jobOf(workflow).steps.flatMap((step) => step.with?.['limit-usd'] ?? []);
    const needed = modelsIn(workflow).map((model) => RESERVED.get(model) ?? Number.NaN);
    expect(Number(limit)).toBeGreaterThanOrEqual(Math.max(...needed));
  },
);

describe('the file for a task', () => {
  test('gives the agent a key of 2 USD, deletes it with the job, and reports its cost', async () => {
    const calls: Call[] = [];
    const limits: unknown[] = [];
    const { onScript } = agent(0.5, calls);
    const { result, post } = await run(AGENT, byHand(), {
      onScript(script) {
        limits.push(keys()[0]?.['limit']);
        return onScript?.(script);
      },
    });
    expect(result).toBe('success');
    expect(calls).toMatchObject([{ env: { TASK: 'Fix the menu.', ANTHROPIC_API_KEY: '' } }]);
    expect(new Set(limits)).toEqual(new Set([2]));
    expect(post['key']?.summary).toContain('$0.50');
    expect([slugs(), keys()]).toEqual([['agents-web'], []]);
  });

  test('fails with a warning if the agent uses up 2 USD', async () => {
    const { result, post } = await run(AGENT, byHand(), agent(2));
    expect(result).toBe('failure');
    expect(post['key']?.annotations).toMatchObject([
      { level: 'warning', title: expect.stringContaining('limit') },
    ]);
    expect(keys()).toEqual([]);
  });

  test('leaves a key for one hour if its runner is lost', async () => {
    await start(AGENT, byHand());
    const [{ created_at, expires_at } = {}] = keys();
    const minutes = (Date.parse(String(expires_at)) - Date.parse(String(created_at))) / 60_000;
    expect(Math.round(minutes)).toBe(60);
  });

  test('creates one workspace for all runs', async () => {
    await run(AGENT, byHand(), agent(0.5));
    expect(await run(AGENT, byHand(), agent(0.5))).toMatchObject({ result: 'success' });
    expect(slugs()).toEqual(['agents-web']);
  });
});

const shell = openShell();

test('the task reaches the agent as its input, whatever is in it', () => {
  const { run: script = '' } =
    jobOf(AGENT).steps.find((step) => step.run?.includes('claude-code')) ?? {};
  shell.stub('npx', 'cat > task; echo "$#" > count');
  const task = '--help $(touch created) "Fix"';
  expect(shell.run(`TASK='${task}'\n${script}`).status).toBe(0);
  expect(shell.read('task')).toBe(`${task}\n`);
  expect(shell.run('test ! -e created').status).toBe(0);
});

describe('the file for a review', () => {
  test('gives the agent a key of 2 USD, disables it with the job, and comments on the cost', async () => {
    const { result } = await run(REVIEW, open(), agent(0.5));
    expect(result).toBe('success');
    expect(keys()).toMatchObject([{ limit: 2, disabled: true }]);
    expect(comments()).toEqual([expect.stringContaining('of $10.00 spent so far')]);
  });

  test('allows five reviews of 2 USD, and no sixth', async () => {
    let event = open();
    for (let review = 1; review <= 5; review += 1) {
      const { others, post } = await run(REVIEW, event, agent(2));
      expect(others).toContain(ACTION);
      expect(post['preview']?.annotations).toHaveLength(1);
      letKeysBeCounted();
      event = push();
    }
    const { result, main, others } = await run(REVIEW, event, agent(2));
    expect(result).toBe('failure');
    expect(main['preview']?.annotations[0]?.title).toContain('preview limit reached');
    expect(others).toEqual([]);
    expect(keys()).toHaveLength(5);
  });

  test('gives a fork no key, and the agent does not start', async () => {
    const { repository, server } = gitHub;
    const from = addRepository(server.github, { name: 'mona/shop', isFork: true });
    const [opened] = openPull(server.github, repository, { from });
    const secrets = { OPENROUTER_MANAGEMENT_KEY: '' };
    const { result, others, scripts } = await run(REVIEW, opened, { secrets });
    expect([result, others, scripts]).toEqual(['success', [], []]);
    expect(slugs()).toEqual([]);
  });

  test('sends the key to no other host', () => {
    const step = jobOf(REVIEW).steps.find(({ uses }) => uses === ACTION);
    expect(step?.with).toMatchObject({ classify_inline_comments: false });
  });

  test('gives the key to the action in both ways of which OpenRouter reads one', () => {
    const { env, with: inputs } = jobOf(REVIEW).steps.find(({ uses }) => uses === ACTION) ?? {};
    expect(env?.['ANTHROPIC_AUTH_TOKEN']).toBe(`\${{ steps.preview.outputs.key }}`);
    expect(inputs?.['anthropic_api_key']).toBe(env?.['ANTHROPIC_AUTH_TOKEN']);
  });
});
