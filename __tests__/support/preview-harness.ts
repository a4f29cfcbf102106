import { join } from 'node:path';
import { beforeAll, beforeEach, expect } from '@jest/globals';
import { stepIn } from '../../sandbox/github/environment.ts';
import type { GitHubEvent } from '../../sandbox/github/events.ts';
import type { GitHubOptions } from '../../sandbox/github/github.ts';
import { addRepository, addToken } from '../../sandbox/github/seed.ts';
import { type GitHubServer, startGitHub } from '../../sandbox/github/server.ts';
import type { Repository } from '../../sandbox/github/state.ts';
import { seedUsage } from '../../sandbox/openrouter/seed.ts';
import { runPostInProcess, runStepInProcess } from '../../sandbox/runner/in-process.ts';
import {
  runPost,
  runStep,
  type StepOptions,
  type StepResult,
  startStep,
} from '../../sandbox/runner/runner.ts';
import { openEmptiedHarness } from './emptied-harness.ts';
import { type HarnessOptions, printedBy, type RunOptions } from './harness.ts';
import { openResources } from './resources.ts';
import { ROOT } from './root.ts';
import { secretsIn } from './secret-forms.ts';

type Inputs = Record<string, string>;

/** A step of the preview action, and the requests that it sent. */
export interface PreviewStep extends StepResult {
  openRouterCalls: string[];
  gitHubCalls: string[];
}

export interface PreviewHarnessOptions extends HarnessOptions {
  /** Whether steps are processes of the bundle, in virtual time. */
  isBundle?: boolean;
}

/**
 * An OpenRouter and a GitHub with the repository octo-org/shop, both emptied before each test. Unless OpenRouter has
 * another time of day, that of both passes only as it does in steps, and by `letPass`.
 */
export function openPreviewHarness({ isBundle = false, ...options }: PreviewHarnessOptions = {}) {
  const { followsSteps = options.now === undefined } = options;
  const { harness } = openEmptiedHarness({ ...options, followsSteps });
  const followed = () => harness.sandbox.account.now();
  const gitHub = openGitHubServer(followsSteps ? { now: followed } : {});
  const stepOf = (event: GitHubEvent, inputs: Inputs): StepOptions => {
    const { managementKey, url } = harness.sandbox;
    const run = stepIn(gitHub.server, event);
    const connection = { 'management-key': managementKey, 'api-url': url };
    return {
      action: join(ROOT, 'preview'),
      ...run,
      env: { ...run.env, ...(isBundle && harness.processEnv()) },
      with: { ...connection, ...run.with, ...inputs },
    };
  };
  /** Expects that nothing that the step shows or saves but the output `key` has a secret in it, nor the comments. */
  const expectNoSecret = (result: StepResult) => {
    const { key, ...others } = result.outputs;
    const bodies = gitHub.repository.comments.now().map(({ body }) => body);
    const shown = [
      printedBy(result),
      result.summary,
      ...bodies,
      JSON.stringify([others, result.state]),
    ];
    expect(secretsIn(shown.join('\n'), [key, ...result.masks])).toEqual([]);
  };
  const record = async (running: Promise<StepResult>): Promise<PreviewStep> => {
    const { sandbox } = harness;
    const { server } = gitHub;
    for (const { requests } of [sandbox, server]) requests.splice(0);
    const result = await running;
    expectNoSecret(result);
    const openRouterCalls = callsOf(sandbox.requests, sandbox.account);
    return { ...result, openRouterCalls, gitHubCalls: callsOf(server.requests, server.github) };
  };
  const main = (event: GitHubEvent, inputs: Inputs = {}) =>
    record((isBundle ? runStep : runStepInProcess)(stepOf(event, inputs)));
  const post = (
    event: GitHubEvent,
    ended: StepResult,
    inputs: Inputs = {},
    { env, ...options }: RunOptions = {},
  ) => {
    const step = stepOf(event, inputs);
    const run = isBundle ? runPost : runPostInProcess;
    return record(run({ ...step, ...options, env: { ...step.env, ...env } }, ended));
  };
  /** Runs an action of another job of the run of `event`. */
  const inOtherJob = (
    action: string,
    event: GitHubEvent,
    inputs: Inputs,
    run: { attempt?: number } = {},
  ) => {
    const { env = {}, with: connection } = stepIn(gitHub.server, event, run);
    return harness.run(action, { ...connection, ...inputs }, env);
  };
  const keyOf = ({ outputs }: StepResult) => {
    const key = harness.sandbox.account.keys.find(({ hash }) => hash === outputs['key-hash']);
    if (!key) throw new Error(`No API key ${outputs['key-hash']}`);
    return key;
  };
  return {
    harness,
    gitHub,
    main,
    /** Starts a main step in a process of its own, and returns while it runs. */
    startMain: (event: GitHubEvent, inputs: Inputs = {}) => startStep(stepOf(event, inputs)),
    /** Makes a Gitea of the GitHub until the test ends. Returns the inputs of its jobs. */
    becomeGitea(): Inputs {
      const { github } = gitHub.server;
      github.engine = 'Gitea';
      const permissions = { contents: 'read', 'pull-requests': 'write' } as const;
      return { 'github-token': addToken(github, { login: 'gitea-actions', permissions }).secret };
    },
    post,
    inOtherJob,
    keyOf,
    /** Runs both; the job between them spends `usd` with its key. */
    async job(event: GitHubEvent, inputs: Inputs = {}, usd = 0) {
      const ended = await main(event, inputs);
      if (usd > 0) seedUsage(harness.sandbox, keyOf(ended), { credits: usd });
      return { main: ended, post: await post(event, ended, inputs) };
    },
    /** Lets time pass between steps. */
    letPass: (ms: number) => harness.sandbox.letPass(ms),
    slugs: () => harness.sandbox.account.workspaces.slice(1).map(({ slug }) => slug),
    comments: () => gitHub.repository.comments.now().map(({ body }) => body),
  };
}

function callsOf(
  requests: readonly { method: string; path: string }[],
  api: { callOf(method: string, path: string): string },
): string[] {
  return requests.map(({ method, path }) => api.callOf(method, path));
}

interface OpenGitHub {
  server: GitHubServer;
  repository: Repository;
}

function openGitHubServer(options: GitHubOptions): OpenGitHub {
  const resources = openResources();
  const opened = {} as OpenGitHub;
  beforeAll(async () => {
    opened.server = resources.add(await startGitHub(options));
  });
  beforeEach(() => {
    const { github, faults } = opened.server;
    github.engine = 'GitHub';
    github.repositories.splice(0);
    faults.splice(0);
    opened.repository = addRepository(github, { name: 'octo-org/shop' });
  });
  return opened;
}
