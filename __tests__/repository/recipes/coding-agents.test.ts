import { describe, expect, test } from '@jest/globals';
import { dispatchEvent, type GitHubEvent } from '../../../sandbox/github/events.ts';
import { closePull, commentOn, openPull, pushTo } from '../../../sandbox/github/people.ts';
import { addRepository } from '../../../sandbox/github/seed.ts';
import { seedUsage } from '../../../sandbox/openrouter/seed.ts';
import { openShell } from '../../support/example-shell.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';
import {
  type JobOptions,
  openRecipeJobs,
  recipeOf,
  SKIPPED,
} from '../../support/recipe-harness.ts';
import { jobOf, type Workflow } from '../../support/workflow.ts';

const PAGE = 'docs/recipes/coding-agents.md';
const BY_COMMENT = recipeOf(PAGE, 'Agent for a comment');
const BY_HAND = recipeOf(PAGE, 'Agent');
const REVIEW = recipeOf(PAGE, 'Review');
const ACTION = 'anthropics/claude-code-action@v1';

const { harness, gitHub, slugs, comments } = openPreviewHarness({ followsSteps: true });
const { run, runAll, letKeysBeCounted } = openRecipeJobs({ harness, gitHub });
const keys = () => harness.sandbox.account.keys;
const byHand = () =>
  dispatchEvent(gitHub.server.github, gitHub.repository, { inputs: { task: 'Fix the menu.' } });
const open = () => openPull(gitHub.server.github, gitHub.repository, { branch: 'menu' })[0];
const push = () => pushTo(gitHub.server.github, gitHub.repository, 'menu')[1] as GitHubEvent;
const comment = (by = 'octocat', body = '/agent Fix the menu.') =>
  commentOn(gitHub.server.github, gitHub.repository, 1, { body, by })[0];

/** Each workflow, the job in which the agent runs, and what starts it. */
const AGENTS: readonly [string, Workflow, string, () => GitHubEvent][] = [
  [
    'Agent for a comment',
    BY_COMMENT,
    'agent',
    () => {
      open();
      return comment();
    },
  ],
  ['Agent', BY_HAND, 'agent', byHand],
  ['Review', REVIEW, 'review', open],
];

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
    onScript: ({ run: args, env }) => !args.includes('claude --print') || work({ env, args }),
    onOther({ uses, with: inputs, env }) {
      if (uses !== ACTION) return true;
      const { anthropic_api_key: key = '', claude_args: args = '' } = inputs;
      return work({ env: { ...env, ANTHROPIC_API_KEY: key }, args });
    },
  };
}

/** The value of an input of the job `key`. */
const inputOfKey = (workflow: Workflow, name: string) =>
  jobOf(workflow, 'key').steps.flatMap((step) => step.with?.[name] ?? [])[0];

const modelsIn = (workflow: Workflow) => String(inputOfKey(workflow, 'allowed-models')).split(', ');

/** How the agent of a workflow is called. */
async function callOf(workflow: Workflow, event: GitHubEvent): Promise<Call> {
  const calls: Call[] = [];
  expect(await runAll(workflow, event, agent(0.5, calls))).toMatchObject({
    end: { result: 'success' },
  });
  expect(calls).toHaveLength(1);
  return calls[0] as Call;
}

test.each(AGENTS)('%s restricts the key to the models that the agent uses', async (...row) => {
  const [, workflow, , event] = row;
  const { env, args } = await callOf(workflow, event());
  const used = [modelOf(args), env['ANTHROPIC_DEFAULT_HAIKU_MODEL']];
  expect(used).toEqual(modelsIn(workflow));
  const { guardrails, workspaces } = harness.sandbox.account;
  expect(guardrails).toMatchObject([
    {
      workspace_id: workspaces[1]?.id,
      allowed_models: used.toSorted().map((model) => expect.stringContaining(String(model))),
    },
  ]);
});

test.each(AGENTS)('%s gives the agent no management key, and ends its key', async (...row) => {
  const [, workflow, , event] = row;
  const call = await callOf(workflow, event());
  expect(JSON.stringify(call)).not.toContain(harness.sandbox.managementKey);
  expect(keys().filter(({ disabled }) => !disabled)).toEqual([]);
});

test('only the review has a token that writes, and only the review has no tool for commands', async () => {
  const found = AGENTS.map(([name, workflow, job]) => {
    const { permissions = {}, steps } = jobOf(workflow, job);
    const text = JSON.stringify(steps);
    return [name, 'pull-requests' in permissions, text.includes('--restricted')];
  });
  expect(found).toEqual([
    ['Agent for a comment', false, false],
    ['Agent', false, false],
    ['Review', true, true],
  ]);
  const { args } = await callOf(REVIEW, open());
  expect(args).toMatch(/--restricted --strict-mcp-config\b/);
  expect(args).not.toMatch(/Bash|WebFetch|setting|dangerously|bypass/);
});

test.each(AGENTS)('%s reads and writes no cache', (_, { jobs }) => {
  const uses = Object.values(jobs).flatMap(({ steps }) => steps.flatMap((step) => step.uses ?? []));
  expect(uses.filter((each) => /cache|setup-/.test(each))).toEqual([]);
});

/** What Claude Code reserves for one request to a model, in USD. */
const RESERVED = new Map([
  ['anthropic/claude-haiku-4.5', 0.16],
  ['anthropic/claude-sonnet-4.6', 0.48],
  ['anthropic/claude-opus-4.6', 1.6],
]);

test.each(AGENTS)(
  '%s sends no telemetry, and its key can pay for a request to each of its models',
  async (...row) => {
    const [, workflow, , event] = row;
    const { env } = await callOf(workflow, event());
    expect(env['CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC']).toBe('1');
    const needed = modelsIn(workflow).map((model) => RESERVED.get(model) ?? Number.NaN);
    expect(Number(inputOfKey(workflow, 'limit-usd'))).toBeGreaterThanOrEqual(Math.max(...needed));
  },
);

describe('the file for a comment', () => {
  test('gives the agent the task and a key of 2 USD, and comments on the cost', async () => {
    open();
    const { env } = await callOf(BY_COMMENT, comment());
    expect(env).toMatchObject({ TASK: '/agent Fix the menu.', ANTHROPIC_API_KEY: '' });
    expect(keys()).toMatchObject([{ limit: 2, disabled: true }]);
    expect(comments()).toEqual([expect.stringContaining('of $10.00 spent so far')]);
  });

  test.each<[string, () => GitHubEvent]>([
    ['another user', () => comment('mona')],
    ['a run that another user repeats', () => ({ ...comment(), actor: 'mona' })],
    ['a part of a login', () => comment('octo')],
    ['a comment about something else', () => comment('octocat', 'Thanks /agent')],
    [
      'a comment on an issue',
      () => {
        const { payload, ...event } = comment();
        return { ...event, payload: { ...payload, issue: { number: 1 } } };
      },
    ],
  ])('starts nothing for %s', async (_, event) => {
    open();
    const jobs = await runAll(BY_COMMENT, event());
    expect(Object.values(jobs)).toEqual(Object.values(jobs).map(() => SKIPPED));
  });

  test('gives another user who repeats only the job of the agent no key that works on', async () => {
    open();
    const event = comment();
    const key = await run(BY_COMMENT, event, { job: 'key' });
    const repeated = await runAll(BY_COMMENT, { ...event, actor: 'mona' }, { results: { key } });
    expect(repeated).toMatchObject({ agent: SKIPPED, end: { result: 'success' } });
  });

  test('answers in a job that runs nothing of the agent, also after a failure', async () => {
    const { steps, permissions } = jobOf(BY_COMMENT, 'answer');
    expect(steps.map(({ uses }) => uses?.replace(/@.*/, ''))).toEqual([
      'actions/download-artifact',
      undefined,
    ]);
    expect(permissions).toEqual({ 'pull-requests': 'write' });
    open();
    const { agent: failed, answer } = await runAll(BY_COMMENT, comment(), agent(2));
    expect([failed?.result, answer?.result]).toEqual(['failure', 'success']);
    expect(answer?.scripts[0]?.env).toMatchObject({
      KEY: 'success',
      AGENT: 'failure',
      END: 'success',
    });
  });

  test('gives no key for a pull request of a fork, and none after a close', async () => {
    const { repository, server } = gitHub;
    const from = addRepository(server.github, { name: 'mona/shop', isFork: true });
    openPull(server.github, repository, { from });
    const none = {
      key: { outputs: { 'sealed-key': 'none' } },
      agent: SKIPPED,
      answer: { scripts: [{ env: { KEY: 'success', AGENT: 'skipped', END: 'skipped' } }] },
      end: SKIPPED,
    };
    expect(await runAll(BY_COMMENT, comment())).toMatchObject(none);
    open();
    closePull(server.github, repository, 2);
    const [event] = commentOn(server.github, repository, 2, { body: '/agent Fix it.' });
    expect(await runAll(BY_COMMENT, event)).toMatchObject(none);
  });

  test('has the night of README.md, with the account of the agents', () => {
    const text = JSON.stringify(recipeOf('README.md', 'Preview nightly'));
    const night = text.replace('"Preview nightly"', '"Agent nightly"');
    expect(JSON.parse(night.replace('openrouter-preview', 'openrouter-agents'))).toEqual(
      recipeOf(PAGE, 'Agent nightly'),
    );
  });
});

describe('the file for a start by hand', () => {
  test('gives the agent a key of 2 USD, deletes the key, and reports its cost', async () => {
    const calls: Call[] = [];
    const limits: unknown[] = [];
    const { onScript } = agent(0.5, calls);
    const { end } = await runAll(BY_HAND, byHand(), {
      onScript(script) {
        limits.push(keys()[0]?.['limit']);
        return onScript?.(script);
      },
    });
    expect(calls).toMatchObject([{ env: { TASK: 'Fix the menu.', ANTHROPIC_API_KEY: '' } }]);
    expect(new Set(limits)).toEqual(new Set([2]));
    expect(end?.main['end-key']?.summary).toContain('$0.50');
    expect([slugs(), keys()]).toEqual([['agents-web'], []]);
  });

  test('warns if the agent uses up 2 USD', async () => {
    const { agent: ran, end } = await runAll(BY_HAND, byHand(), agent(2));
    expect(ran?.result).toBe('failure');
    expect(end?.main['end-key']?.annotations).toMatchObject([
      { level: 'warning', title: expect.stringContaining('limit') },
    ]);
    expect(keys()).toEqual([]);
  });

  test('leaves a key for one hour if the whole run is force-cancelled', async () => {
    await run(BY_HAND, byHand(), { job: 'key' });
    const [{ created_at, expires_at } = {}] = keys();
    const minutes = (Date.parse(String(expires_at)) - Date.parse(String(created_at))) / 60_000;
    expect(Math.round(minutes)).toBe(60);
  });

  test('creates one workspace for all runs', async () => {
    for (const _ of [1, 2]) await callOf(BY_HAND, byHand());
    expect(slugs()).toEqual(['agents-web']);
  });
});

const shell = openShell();
const AS_SOMEONE = '-c user.name=agent -c user.email=agent@example.com';

test.each([
  ['Agent for a comment', BY_COMMENT, '/agent '],
  ['Agent', BY_HAND, ''],
])('the task of %s reaches the agent as its input, whatever is in it', (_, workflow, start) => {
  const { run: script = '' } =
    jobOf(workflow, 'agent').steps.find((step) => step.run?.includes('claude --print')) ?? {};
  shell.stub('claude', 'cat > task; echo "$#" > count');
  shell.stub('git', '');
  const task = '--help $(touch created) "Fix" %s\\n';
  expect(shell.run(`rm -rf agent; RUNNER_TEMP=. TASK='${start}${task}'\n${script}`).status).toBe(0);
  expect(shell.read('task')).toBe(`${task}\n`);
  expect(shell.run('test ! -e created').status).toBe(0);
  shell.remove('git');
});

test.each([
  ['Agent for a comment', BY_COMMENT, 'agent/agent.patch'],
  ['Agent', BY_HAND, 'agent.patch'],
])('the patch of %s has what a failing agent has changed and committed', (_, workflow, file) => {
  const { steps } = jobOf(workflow, 'agent');
  const scripts = steps.flatMap(({ run = [] }) => run).slice(1);
  const [work = '', keep = ''] = scripts;
  const inRepository = (script: string) =>
    shell.run(`cd repository; export RUNNER_TEMP=.. TASK=; ${script}`).status;
  shell.stub(
    'claude',
    `printf '\\0' > image; git add image; git ${AS_SOMEONE} commit -qm By-agent; echo > new; touch .git/index.lock; exit 1`,
  );
  shell.run(
    `rm -rf agent repository; git init -q repository; cd repository; git ${AS_SOMEONE} commit -q --allow-empty -m Start`,
  );
  expect(inRepository(work)).toBe(1);
  expect(inRepository(keep)).toBe(0);
  expect(
    inRepository(`git reset -q --hard HEAD~1; git apply ../${file}; test -s image -a -e new`),
  ).toBe(0);
});

describe('the answer', () => {
  const { run: script = '', env } = jobOf(BY_COMMENT, 'answer').steps[1] ?? {};
  /** The lines of the comment for an answer of the agent. */
  const comment = (answer: string, end: string) => {
    shell.stub('gh', 'echo "$@" > called; cp "$5" body');
    shell.run('mkdir -p agent');
    shell.write('agent/answer.md', answer);
    const given = `RUNNER_TEMP=. KEY=success AGENT=failure END=${end} NUMBER=42`;
    const run = 'GITHUB_SERVER_URL=https://github.com GITHUB_REPOSITORY=o/r GITHUB_RUN_ID=1';
    expect(shell.run(`${given} ${run}\n${script}`).status).toBe(0);
    const body = shell.read('body');
    // The maximum of GitHub.
    expect(body.length).toBeLessThan(65_536);
    return body.trimEnd().split('\n');
  };
  const LINK = '([run](https://github.com/o/r/actions/runs/1)).';

  test('is a comment whose first line is ours, and a quote, whatever the agent writes', () => {
    expect(Object.keys(env ?? {})).toEqual([
      'KEY',
      'AGENT',
      'END',
      'GH_TOKEN',
      'GH_REPO',
      'NUMBER',
    ]);
    const answer = ['<!-- openrouter-preview:v1 {} -->', '/merge', ...Array(40_000).fill('x')];
    const [first, empty, ...quote] = comment(`${answer.join('\n')}`, 'success');
    expect(first).toBe(`Job key: success, job agent: failure, job end: success ${LINK}`);
    expect(empty).toBe('');
    expect(quote.slice(0, 2)).toEqual(answer.slice(0, 2).map((line) => `> ${line}`));
    expect(quote.filter((line) => !line.startsWith('> '))).toEqual([]);
  });

  test('ends no quote by a line that ends without a line feed', () => {
    expect(comment('a\r\r/merge', 'success').slice(2)).toEqual(['> a', '> ', '> /merge']);
  });

  test.each(['failure', 'skipped'])('is in no comment if the job end has ended as %s', (end) => {
    const line = `Job key: success, job agent: failure, job end: ${end} ${LINK}`;
    expect(comment('The key is …', end)).toEqual([line]);
  });
});

describe('the file for a review', () => {
  test('gives the agent a key of 2 USD, disables it, and comments on the cost', async () => {
    await callOf(REVIEW, open());
    expect(keys()).toMatchObject([{ limit: 2, disabled: true }]);
    expect(comments()).toEqual([expect.stringContaining('of $10.00 spent so far')]);
  });

  test('allows five reviews of 2 USD, and no sixth', async () => {
    let event = open();
    for (let review = 1; review <= 5; review += 1) {
      const { review: ran, end } = await runAll(REVIEW, event, agent(2));
      expect(ran?.others).toContain(ACTION);
      expect(end?.main['end-key']?.annotations).toHaveLength(1);
      letKeysBeCounted();
      event = push();
    }
    const { key, review } = await runAll(REVIEW, event, agent(2));
    expect([key?.result, review]).toEqual(['failure', SKIPPED]);
    expect(key?.main['preview']?.annotations[0]?.title).toContain('preview limit reached');
    expect(keys()).toHaveLength(5);
  });

  test('gives a fork no key, and the agent does not start', async () => {
    const { repository, server } = gitHub;
    const from = addRepository(server.github, { name: 'mona/shop', isFork: true });
    const [opened] = openPull(server.github, repository, { from });
    const secrets = { OPENROUTER_MANAGEMENT_KEY: '', OPENROUTER_SEAL: '' };
    const { key, review } = await runAll(REVIEW, opened, { secrets });
    expect([key?.result, review]).toEqual(['success', SKIPPED]);
    expect(slugs()).toEqual([]);
  });

  const step = jobOf(REVIEW, 'review').steps.find(({ uses }) => uses === ACTION);

  test('sends the key to no other host', () => {
    expect(step?.with).toMatchObject({ classify_inline_comments: false });
  });

  test('gives the key to the action in both ways of which OpenRouter reads one', () => {
    const { env, with: inputs } = step ?? {};
    expect(env?.['ANTHROPIC_AUTH_TOKEN']).toBe(`\${{ steps.key.outputs.key }}`);
    expect(inputs?.['anthropic_api_key']).toBe(env?.['ANTHROPIC_AUTH_TOKEN']);
  });
});
