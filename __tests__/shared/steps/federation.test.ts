import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { seedContents } from '../../../sandbox/cli/contents.ts';
import { sceneOf } from '../../../sandbox/cli/scenes.ts';
import { type IdTokenServer, startIdTokens } from '../../../sandbox/github/id-tokens.ts';
import type { FederationPolicy } from '../../../sandbox/openrouter/resources/federation.ts';
import { seedPolicy } from '../../../sandbox/openrouter/seed.ts';
import { runPostInProcess, runStepInProcess } from '../../../sandbox/runner/in-process.ts';
import { actionFolders, readManifest } from '../../../sandbox/runner/manifest.ts';
import type { StepOptions, StepResult } from '../../../sandbox/runner/runner.ts';
import { openEmptiedHarness } from '../../support/emptied-harness.ts';
import { startFirstRun } from '../../support/first-run.ts';
import { expectFailure, printedBy, ROOT } from '../../support/harness.ts';
import { openResources } from '../../support/resources.ts';

const { harness, calls } = openEmptiedHarness();
const resources = openResources();
const EXCHANGE = 'POST /oauth/token';

let issuer: IdTokenServer;
let policy: FederationPolicy;
let subject: string;

beforeAll(async () => {
  issuer = resources.add(await startIdTokens());
  subject = issuer.idTokens.subject;
});

beforeEach(() => {
  const { account } = harness.sandbox;
  for (const list of [account.accessTokens, issuer.idTokens.issued, issuer.requests]) {
    list.length = 0;
  }
  issuer.idTokens.subject = subject;
  policy = seedPolicy(account, issuer.idTokens);
});

/** A step of the action in `folder` without a management key. */
function stepOf(
  folder: string,
  inputs: Record<string, string>,
  { with: inputsOfRun, env, event }: Partial<StepOptions> = {},
): StepOptions {
  return {
    action: join(ROOT, folder),
    with: {
      'federation-policy-id': policy.id,
      'api-url': harness.sandbox.url,
      timeout: '4m',
      ...inputsOfRun,
      ...inputs,
    },
    env: { ...issuer.env, ...env },
    ...(event && { event }),
  };
}

const run = (folder: string, inputs: Record<string, string>) =>
  runStepInProcess(stepOf(folder, inputs));

const create = (inputs: Record<string, string> = {}) =>
  run('', { name: 'Preview', slug: 'preview-42', ...inputs });

const exchanges = () => calls().filter((call) => call === EXCHANGE).length;

/** All tokens that steps have had so far. */
function tokens(): string[] {
  const issued = harness.sandbox.account.accessTokens.map(({ access_token }) => access_token);
  return [...issued, ...issuer.idTokens.issued, issuer.idTokens.requestToken];
}

function expectNoTokens(step: StepResult): void {
  const { outputs, state, summary } = step;
  const shown = [printedBy(step), summary, JSON.stringify(outputs), JSON.stringify(state)].join();
  for (const token of tokens()) expect(shown).not.toContain(token);
  expect(step.masks).toContain(issuer.idTokens.requestToken);
}

describe.each(actionFolders(ROOT))('%s/action.yml without a stored credential', (folder) => {
  test('succeeds, as does its post step, each with tokens of its own', async () => {
    const { account } = harness.sandbox;
    const { contents, inputs } = sceneOf(folder);
    seedContents(harness.sandbox, contents);
    const extra: Record<string, string> = folder === '' ? { 'delete-after-job': 'true' } : {};
    const firstRun = await startFirstRun(folder, resources);
    const step = stepOf(folder, { ...inputs, ...extra }, firstRun);
    const main = await runStepInProcess(step);
    expect(main).toMatchObject({ exitCode: 0, stderr: '' });
    expect([exchanges(), issuer.idTokens.issued.length]).toEqual([1, 1]);
    expectNoTokens(main);
    expect(main.masks).toEqual(expect.arrayContaining(tokens()));
    if ((await readManifest(step.action)).runs.post === undefined) return;
    // Longer than a token lives.
    for (const token of account.accessTokens) token.expiresAt = 0;
    const post = await runPostInProcess(step, main);
    expect(post).toMatchObject({ exitCode: 0, stderr: '' });
    expect([exchanges(), issuer.idTokens.issued.length]).toEqual([2, 2]);
    expectNoTokens(post);
  });
});

test('the exchange names the policy, the audience and the scope, and authenticates nothing', async () => {
  policy.audience = 'https://openrouter.ai/api/v1';
  const step = await create({ 'federation-audience': policy.audience });
  expect(step.exitCode).toBe(0);
  const [request] = issuer.requests;
  expect(request?.path).toBe(
    '/17//idtoken?api-version=2.0&audience=https%3A%2F%2Fopenrouter.ai%2Fapi%2Fv1',
  );
  const exchange = harness.sandbox.requests.find(({ path }) => path === '/oauth/token');
  expect(exchange?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' });
  expect(exchange?.headers.authorization).toBeUndefined();
  expect(Object.fromEntries(new URLSearchParams(exchange?.body))).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: issuer.idTokens.issued[0],
    federation_policy_id: policy.id,
    scope: 'management',
  });
});

describe('an exchange that fails', () => {
  const failure = async () => {
    const step = await create();
    expectNoTokens(step);
    return expectFailure(step);
  };

  test('because the policy accepts other jobs says what the id token has', async () => {
    issuer.idTokens.subject = 'repo:octo-org@1/app@2:ref:refs/heads/::error::<b>main';
    const { title, lines, code } = await failure();
    expect(code).toBe('identity-rejected');
    expect(title).toBe(
      'Could not create the workspace "preview-42": the federation policy does not accept the id token of this job (HTTP 400)',
    );
    expect(lines.slice(0, -1)).toEqual([
      'An admin can make the policy of federation-policy-id accept these claims:',
      `sub: "${issuer.idTokens.subject}"`,
      'aud: "https://openrouter.ai"',
      'iss: "https://token.actions.githubusercontent.com"',
      'In a repository that is new, renamed or transferred since mid-2026, sub has ids.',
      'Nothing was changed at OpenRouter.',
      'POST /workspaces: no access token: POST /oauth/token: HTTP 400 Bad Request: invalid_grant: The subject token does not match the federation policy',
    ]);
    expect(lines.at(-1)).toMatch(/^Request id for OpenRouter's support: cf-ray /);
    expect(calls()).toEqual([EXCHANGE]);
  });

  test.each([
    ['a response', 'not ', /invalid_grant: not \*\*\*$/],
    ['a text that is cut within it', 'x'.repeat(1_850), /x…$/],
  ])('shows no token that is repeated in %s', async (_, before, shown) => {
    issuer.idTokens.subject = 'r'.repeat(1_600);
    const { handle } = harness.sandbox.account;
    harness.sandbox.account.handle = ({ body }) => {
      const token = new URLSearchParams(body).get('subject_token');
      return { status: 400, body: { error: 'invalid_grant', error_description: before + token } };
    };
    try {
      const { message } = await failure();
      const request = message.split('\n').find((line) => line.startsWith('POST /workspaces'));
      expect(request).toMatch(shown);
      const [header = ''] = issuer.idTokens.issued[0]?.split('.') ?? [];
      expect(message).not.toContain(header);
    } finally {
      harness.sandbox.account.handle = handle;
    }
  });
});

const repository = { full_name: 'octo-org/app' };
test.each<[string, string, Partial<StepOptions>]>([
  [
    'in a fork',
    'this repository is a fork',
    { event: { repository: { ...repository, fork: true } } },
  ],
  [
    'of Dependabot',
    'Dependabot started this run',
    { env: { GITHUB_ACTOR: 'dependabot[bot]' }, event: { repository } },
  ],
])('preview without a management key skips a run with id tokens %s', async (_, reason, started) => {
  const step = await runStepInProcess(stepOf('preview', {}, started));
  expect(step).toMatchObject({ exitCode: 0, outputs: { state: 'skipped' } });
  expect(step.annotations).toMatchObject([{ level: 'notice', message: `No preview: ${reason}.` }]);
  expect([harness.sandbox.requests, issuer.requests]).toEqual([[], []]);
});

test('a clean-up with id tokens is not skipped, whoever started it and wherever it runs', async () => {
  const started = {
    env: { GITHUB_ACTOR: 'dependabot[bot]', GITHUB_EVENT_NAME: 'schedule' },
    event: {
      repository: { id: 1, default_branch: 'main', full_name: 'octo-org/app', fork: true },
    },
  };
  const step = await runStepInProcess(stepOf('preview', {}, started));
  expect(step).toMatchObject({ exitCode: 0, outputs: { deleted: '[]' }, annotations: [] });
});

test.each(['preview', 'usage'])(
  'a run without id tokens fails %s with the permission that is missing',
  async (folder) => {
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' };
    const inputs = folder === 'usage' ? { workspace: 'x' } : {};
    const step = await runStepInProcess(stepOf(folder, inputs, { env }));
    const { lines, code } = expectFailure(step);
    expect(code).toBe('invalid-inputs');
    expect(lines[0]).toMatch(/^federation-policy-id needs the permission id-token: write/);
    expect(harness.sandbox.requests).toEqual([]);
  },
);
