import { afterEach, describe, expect, test } from '@jest/globals';
import { asTarget, type GitHubEvent, scheduleEvent } from '../../../../sandbox/github/events.ts';
import {
  closePull,
  deleteBranch,
  openPull,
  pushTo,
  renameRepository,
  reopenPull,
} from '../../../../sandbox/github/people.ts';
import { addRepository, addToken } from '../../../../sandbox/github/seed.ts';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { foldGroups } from '../../../../sandbox/runner/log.ts';
import { formatExpiry } from '../../../../src/actions/key/expiry.ts';
import { annotations, expectFailure, printedBy } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness, type PreviewStep } from '../../../support/preview-harness.ts';

const { harness, gitHub, main, post, job, keyOf, letPass, slugs, comments, becomeGitea } =
  openPreviewHarness();

/** After that long, in milliseconds, a key that has ended is counted, also by a clock with whole seconds. */
const COUNTED = 3_601_000;
const DAY = 86_400_000;

const open = (options = {}) => openPull(gitHub.server.github, gitHub.repository, options);
const close = (number = 1) => closePull(gitHub.server.github, gitHub.repository, number);
const reopen = (number = 1) => reopenPull(gitHub.server.github, gitHub.repository, number);
/** Pushes to the branch of a pull request. Returns what happens to that. */
function push(): GitHubEvent {
  const [, synchronized] = pushTo(gitHub.server.github, gitHub.repository, 'feature');
  return synchronized as GitHubEvent;
}

/** The only workspace of the account but the default one. */
const fields = (): Partial<Workspace> => harness.sandbox.account.workspaces[1] ?? {};

const READ_REPOSITORY = 'GET /repos/:owner/:repo';

const QUIET: Record<string, string> = { comment: 'false' };
const NO_KEY = { ...QUIET, key: 'none' };

/** Runs a job of a new pull request. What happens after its main step is up to `happen`. */
async function endAfter(happen: (step: PreviewStep) => void, inputs = QUIET) {
  const [opened] = open();
  const step = await main(opened, inputs);
  happen(step);
  return { step, ended: await post(opened, step, inputs) };
}

function expectUnchanged({ openRouterCalls }: PreviewStep): void {
  expect(openRouterCalls.filter((call) => !call.startsWith('GET '))).toEqual([]);
}

/** Another job, or a person, deletes the workspace with its keys. */
function deleteByHand(): void {
  harness.sandbox.account.keys.length = 0;
  harness.sandbox.account.workspaces.length = 1;
}

describe('the life of a pull request', () => {
  test('is that of its workspace, of a key for each job, and of one comment', async () => {
    const opened = await job(open()[0], {}, 0.25);
    const { id, ...others } = opened.main.outputs;
    expect(others).toMatchObject({ state: 'open', slug: 'preview-shop-1', created: 'true' });
    expect(fields()).toMatchObject({ id, slug: 'preview-shop-1', name: 'octo-org/shop#1' });
    expect(keyOf(opened.main)).toMatchObject({ limit: 1, disabled: true });
    expect(comments()).toEqual([
      expect.stringMatching(/<h3>OpenRouter preview: \$0\.25 spent so far<.*>preview-shop-1</s),
    ]);

    const pushed = await job(push(), {}, 0.5);
    expect(pushed.main.outputs).toMatchObject({ id, state: 'open', created: 'false' });
    expect(comments()).toEqual([
      expect.stringContaining('<h3>OpenRouter preview: $0.75 spent so far</h3>'),
    ]);

    const closed = await job(close()[0]);
    expect(closed.main.outputs).toEqual({ state: 'closed' });
    const reopened = await job(reopen()[0], {}, 0.25);
    expect(reopened.main.outputs).toMatchObject({ id, state: 'open', created: 'false' });
    await job(close()[0]);
    expect(slugs()).toEqual(['preview-shop-1']);
    expect(comments()).toEqual([
      expect.stringContaining('<h3>OpenRouter preview: $1.00 spent so far</h3>'),
    ]);

    letPass(COUNTED);
    const night = await main(scheduleEvent(gitHub.server.github, gitHub.repository));
    expect(night.outputs).toMatchObject({ count: '1', 'keys-cost-usd': '1' });
    expect([slugs(), harness.sandbox.account.keys]).toEqual([[], []]);
    const again = await job(reopen()[0], {}, 0.25);
    expect(again.main.outputs).toMatchObject({ state: 'open', created: 'true' });
    expect(again.main.outputs['id']).not.toBe(id);
    expect(comments()).toEqual([
      expect.stringContaining('<h3>OpenRouter preview: $1.00 spent, closed</h3>'),
      expect.stringContaining('<h3>OpenRouter preview: $0.25 spent so far</h3>'),
    ]);
    for (const step of [
      ...[opened, pushed, closed, reopened, again].flatMap(Object.values),
      night,
    ]) {
      expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    }
  });

  test('shows how much of the current period of a limit a job has used', async () => {
    // From the start of a day on, so that the day does not end in between.
    letPass(DAY - (harness.sandbox.account.now().getTime() % DAY));
    await job(open()[0], { 'limit-reset': 'daily' }, 0.25);
    letPass(COUNTED);
    await job(push());
    expect(comments()).toEqual([expect.stringContaining('>25\u00a0% of\u00a0$1.00 daily<')]);
  });

  test('gives a key to each job, also with a budget that has too many decimals', async () => {
    const inputs = { ...QUIET, 'budget-daily-usd': '0.30000000000000004' };
    const steps = [await job(open()[0], inputs), await job(push(), inputs)];
    for (const { main: step } of steps) {
      expect(step).toMatchObject({ exitCode: 0, annotations: [] });
      expect(keyOf(step)).toMatchObject({ limit: 1 });
    }
    expect(harness.sandbox.account.budgets).toMatchObject([{ limit_usd: 0.3 }]);
  });

  test('costs few requests if everything is in place', async () => {
    await job(open()[0]);
    const { openRouterCalls, gitHubCalls } = await main(push());
    expect(openRouterCalls).toEqual([
      'GET /workspaces/:id',
      'GET /keys',
      'POST /keys',
      'GET /keys',
      'GET /workspaces/:id',
    ]);
    expect(gitHubCalls).toEqual(Array(2).fill('GET /repos/:owner/:repo/pulls/:number'));
  });

  describe('takes, to both servers,', () => {
    const countOf = ({ openRouterCalls, gitHubCalls }: PreviewStep) =>
      openRouterCalls.length + gitHubCalls.length;

    test('11 requests at most when a job ends', async () => {
      await job(open()[0]);
      const { post: ended } = await job(push(), {}, 0.25);
      expect(ended.openRouterCalls).toEqual([
        'GET /keys/:hash',
        'PATCH /keys/:hash',
        'GET /keys',
        'GET /workspaces/:id',
        'GET /keys',
      ]);
      expect(countOf(ended)).toBeLessThanOrEqual(11);
      // What the key had spent is in the response that it is disabled.
      expect(ended.summary).toContain('$0.25');
    });

    test('11 requests when it is closed some time after its last job, and none when that job ends', async () => {
      await job(open()[0]);
      await job(push());
      letPass(COUNTED);
      const closed = await job(close()[0]);
      expect(closed.main.outputs).toMatchObject({ state: 'closed' });
      expect(countOf(closed.main)).toBeLessThanOrEqual(11);
      expect([countOf(closed.post), closed.post.exitCode]).toEqual([0, 0]);
    });

    test('50 requests at most when it is closed with a key that works', async () => {
      await job(open()[0], { key: 'preview' });
      const { main: step } = await job(close()[0]);
      expect(step.outputs).toMatchObject({ state: 'closed' });
      expect(countOf(step)).toBeLessThanOrEqual(50);
    });
  });

  test('has logs that say what was created, spent and deleted, and where the comment is', async () => {
    const shownIn = ({ log }: { log: string }) =>
      foldGroups(log.split('\n'))
        .filter((line) => line !== '▸ Requests')
        .map((line) =>
          line.replace(/ \/ 17\d+.*?"/, '…"').replace(/\b(sk-or-|hash |id |in \d).*/, '…'),
        );
    const [opened] = open();
    const first = await job(opened, {}, 0.25);
    expect(shownIn(first.main)).toEqual([
      'Preview of https://github.com/octo-org/shop/pull/1.',
      'Requested: the workspace "octo-org/shop#1", slug preview-shop-1.',
      'Created …',
      expect.stringMatching(/^ {2}description: "Preview of /),
      expect.stringMatching(/^Created the API key "octo-org\/shop.*" \(…$/),
      'The key is disabled when the job ends.',
    ]);
    expect(shownIn(first.post)).toEqual([
      expect.stringMatching(/^Disabled the API key "/),
      'The comment on #1 says: $0.25 spent so far.',
      expect.stringMatching(/^Spent at least \$0\.25 /),
      expect.stringMatching(/^OpenRouter can count what is spent up to an hour late\. /),
    ]);
    const second = await job(push(), {}, 0.5);
    expect(shownIn(second.post)[1]).toBe('The comment on #1 says: $0.75 spent so far.');
    const [closed] = close();
    expect(shownIn(await main(closed))).toEqual([
      'Preview of https://github.com/octo-org/shop/pull/1.',
      'Closed the preview "preview-shop-1": 0 API keys disabled. A clean-up deletes it, an hour after its last key has ended at the earliest.',
      'The comment on #1 says: $0.75 spent so far.',
    ]);
    letPass(COUNTED);
    await main(scheduleEvent(gitHub.server.github, gitHub.repository));
    expect(shownIn(await main(closed)).at(-1)).toBe(
      'There is no workspace "preview-shop-1": nothing to end.',
    );
  });

  describe('has one amount at the end of a job, the most that it has read,', () => {
    const LATE = 120_000;

    test.each([
      ['by the lookup of its key', [0, LATE, LATE]],
      ['by the response that disables it', [LATE, 0, LATE]],
      ['by the list for the comment', [LATE, LATE, 0, LATE, LATE]],
    ])('%s', async (_, lags) => {
      const [opened] = open();
      const step = await main(opened);
      seedUsage(harness.sandbox, keyOf(step), { credits: 0.25 });
      harness.sandbox.account.replicaLags.push(...lags);
      const { log } = await post(opened, step);
      expect(log).toContain('The comment on #1 says: $0.25 spent so far.');
      expect(log).toMatch(/^Spent at least \$0\.25 /m);
    });

    test('also if another run has disabled its key', async () => {
      const [opened] = open();
      const step = await main(opened);
      const key = keyOf(step);
      seedUsage(harness.sandbox, key, { credits: 0.25 });
      key.disabled = true;
      harness.sandbox.account.replicaLags.push(LATE, 0, LATE);
      const { log } = await post(opened, step);
      expect(log).toMatch(/^Spent at least \$0\.25 /m);
    });
  });

  test('has a comment that later runs of the closed one leave as it is', async () => {
    await job(open()[0]);
    const [closed] = close();
    await main(closed);
    const before = comments();
    const { gitHubCalls } = await main(closed);
    expect(gitHubCalls.filter((call) => call.startsWith('PATCH'))).toEqual([]);
    expect(comments()).toEqual(before);
  });

  test('ends only once: a late or repeated run brings nothing back, and deletes nothing', async () => {
    const [opened] = open();
    const [closed] = close();
    for (const event of [opened, closed]) {
      expect((await main(event)).outputs).toEqual({ state: 'closed' });
    }
    expect([slugs(), comments()]).toEqual([[], []]);

    await job(reopen()[0]);
    const repeated = await main(closed);
    expect(repeated.outputs).toEqual({ state: 'open' });
    expect(repeated.summary).toContain(
      'Left the OpenRouter preview &quot;preview-shop-1&quot; alone',
    );
    expect(repeated.log).toContain('It is open again: this run changes nothing.');
    expect(slugs()).toEqual(['preview-shop-1']);
  });

  test('can end during a job: its post step ends its key, and leaves the rest to the run that closes', async () => {
    const { step, ended } = await endAfter(() => close(), {});
    expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
    expect([keyOf(step).disabled, slugs()]).toEqual([true, ['preview-shop-1']]);
    expect(ended.openRouterCalls.join()).not.toMatch(/DELETE|PATCH \/workspaces/);
    expect(comments()).toEqual([expect.stringContaining('counted so far</h3>')]);
  });

  test('can end during a job: its post step does not disable a key again, whose hour would begin anew', async () => {
    const { ended } = await endAfter((step) => {
      keyOf(step).disabled = true;
      letPass(COUNTED);
    });
    expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
    expect(ended.openRouterCalls).not.toContain('PATCH /keys/:hash');
  });

  test('can be over when a job ends: its post step finds nothing, and changes no bill', async () => {
    const [opened] = open();
    const step = await main(opened);
    await main(close()[0]);
    const bill = comments();
    const ended = await post(opened, step);
    expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
    expect(comments()).toEqual(bill);
  });

  test('has a comment with years if a key expires in another one', async () => {
    const [opened] = open();
    await job(opened, { 'expires-in': '366d' });
    expect(comments()).toEqual([expect.stringMatching(/, \d+\u00a0\w{3}\u00a0\d{4} \d\d:\d\d</)]);
  });

  test('has a job that succeeds if a person deletes its workspace in the meantime', async () => {
    const { ended } = await endAfter(deleteByHand);
    expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
  });

  test.each([
    // It is open, so the workspace is to exist.
    ['OpenRouter rejects its key', `sk-or-v1-${'0'.repeat(64)}`, 'unauthorized'],
    ['it has no key', '', 'invalid-inputs'],
  ])('has a post step that says what is left if %s', async (_, managementKey, code) => {
    const [opened] = open();
    const step = await main(opened, QUIET);
    const inputs = { ...QUIET, 'management-key': managementKey };
    const failure = expectFailure(await post(opened, step, inputs));
    const { name, label, hash, expires_at } = keyOf(step);
    const until = formatExpiry(expires_at ?? '');
    expect(failure.code).toBe(code);
    if (code === 'invalid-inputs') {
      expect(failure.lines).toContain(
        `May still exist at OpenRouter: the API key "${name}" (${label}), hash ${hash}, may work until ${until}.`,
      );
    } else {
      expect(failure.lines.slice(0, 2)).toEqual([
        `The API key may still work, and can spend at most $1.00 at OpenRouter until ${until}; then it expires.`,
        'To end it now, disable it at OpenRouter: https://openrouter.ai/workspaces/preview-shop-1',
      ]);
    }
    expect(failure.lines.join()).not.toContain('Nothing was changed');
  });

  test('has a deployment that says so if its key, of a job that failed, cannot be disabled', async () => {
    const [opened] = open();
    const inputs = { ...QUIET, key: 'preview', 'job-status': 'failure' };
    const step = await main(opened, inputs);
    harness.sandbox.faults.push({ on: 'PATCH /keys/:hash', kind: 'response', status: 403 });
    const { lines } = expectFailure(await post(opened, step, inputs));
    expect(lines[0]).toMatch(/^The API key may still work, and can spend at most \$1\.00 /);
  });

  test('has a job that succeeds if its workspace was deleted because it is closed', async () => {
    const { ended } = await endAfter(() => {
      deleteByHand();
      close();
    }, NO_KEY);
    expect(ended.exitCode).toBe(0);
  });

  describe('whose post step does not find its key', () => {
    const MISSING = { kind: 'response', status: 404, body: '{}' } as const;
    const miss = (count: number) =>
      harness.sandbox.faults.push(...Array(count).fill({ on: 'GET /keys/:hash', ...MISSING }));

    test('looks again, and disables it', async () => {
      const { step, ended } = await endAfter(() => miss(4));
      expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
      expect(keyOf(step).disabled).toBe(true);
    });

    test('fails if it never does, although the workspace exists', async () => {
      const { ended } = await endAfter(() => miss(99));
      harness.sandbox.faults.length = 0;
      expect(expectFailure(ended).code).toBe('created-key-missing');
    });
  });
});

describe('the output state', () => {
  const DRY_RUN = { 'dry-run': 'true' };
  const deleteIn = () => {
    pushIn();
    return deleteBranch(gitHub.server.github, gitHub.repository, 'feature/x')[0];
  };
  const closeNew = () => {
    open();
    return close()[0];
  };

  test.each<[string, string, () => GitHubEvent, Record<string, string>]>([
    ['open', 'an open pull request', () => open()[0], {}],
    ['closed', 'a closed pull request', closeNew, {}],
    ['closed', 'a closed pull request in a dry run', closeNew, DRY_RUN],
    ['open', 'a branch', () => pushIn(), {}],
    ['closed', 'a branch that is gone', deleteIn, {}],
  ])('is %s for %s if OpenRouter is down and the step fails', async (state, _, happen, inputs) => {
    const event = happen();
    const fault = { kind: 'response', status: 502 } as const;
    harness.sandbox.faults.push(...Array(99).fill(fault));
    const step = await main(event, { ...QUIET, ...inputs });
    const isDeletion = state === 'closed' && inputs !== DRY_RUN;
    const code = isDeletion ? 'preview-not-ended' : 'server-error';
    expect(expectFailure(step, { state }).code).toBe(code);
  });

  test('is open if the pull request is reopened once its keys are disabled, which fails the step', async () => {
    await job(open()[0], { ...QUIET, key: 'preview' });
    const [closed] = close();
    onNth(harness.sandbox, 'PATCH /keys/:hash', 1, () => reopen());
    const step = await main(closed, QUIET);
    expect(expectFailure(step, { state: 'open' }).code).toBe('preview-reopened');
    expect(slugs()).toEqual(['preview-shop-1']);
  });
});

test('an older run uses the workspace as it is', async () => {
  const [opened] = open();
  await job(push(), { 'default-text-model': 'openai/gpt-5' });
  const late = await job(opened, { 'default-text-model': 'openai/gpt-4' });
  expect(annotations(late.main, 'notice')[0]?.data).toMatch(/^There are newer commits/);
  expect(late.main.outputs).toMatchObject({ state: 'open', created: 'false' });
  expect(late.main.summary).toContain(
    '>✅ OpenRouter preview &quot;preview-shop-1&quot;: key with $1.00<',
  );
  expect(fields()).toMatchObject({ default_text_model: 'openai/gpt-5' });
  await job(push(), { 'default-text-model': 'openai/gpt-4' });
  expect(fields()).toMatchObject({ default_text_model: 'openai/gpt-4' });
});

test('an older run that cannot set the guardrail of a new workspace refers to the newest run', async () => {
  const [opened] = open();
  push();
  const inputs = { ...QUIET, 'allowed-models': 'openai/gpt-5' };
  const on = 'PATCH /guardrails/:id';
  harness.sandbox.faults.push({ on, kind: 'response', status: 422, body: '{}' });
  const failed = await main(opened, inputs);
  const { code, lines } = expectFailure(failed, failed.outputs);
  expect(code).toBe('partly-applied');
  expect(lines).toContain(
    'Once the cause is gone, the newest run of the pull request or branch finishes the work. This one is older.',
  );
});

test('a workspace that vanishes before its API key exists is created again', async () => {
  onNth(harness.sandbox, 'POST /workspaces', 1, () => harness.sandbox.account.workspaces.pop());
  const step = await main(open()[0]);
  expect(step.log).toContain('The preview was closed or locked in the meantime: beginning again.');
  expect(step.outputs).toMatchObject({ state: 'open', id: fields().id });
  expect(keyOf(step).workspace_id).toBe(fields().id);
});

describe('code of strangers gets no workspace and no key', () => {
  const fork = () => addRepository(gitHub.server.github, { name: 'stranger/shop', isFork: true });
  const NO_SECRET = { 'management-key': '' };

  test.each<[string, () => GitHubEvent, Record<string, string>]>([
    ['a pull request from a fork, with the management key', () => open({ from: fork() })[0], {}],
    ['the same, on pull_request_target', () => targetOf(open({ from: fork() })[0]), {}],
    ['the same, without the key', () => open({ from: fork() })[0], NO_SECRET],
    ['a run of Dependabot without the key', () => open({ by: 'dependabot[bot]' })[0], NO_SECRET],
    ['a push in a fork without the key', () => pushIn(fork()), NO_SECRET],
  ])('%s', async (_, happen, inputs) => {
    const event = happen();
    const { main: step, post: end } = await job(event, { ...QUIET, ...inputs });
    expect(step).toMatchObject({ exitCode: 0, stderr: '', outputs: { state: 'skipped' } });
    expect(step.summary).toContain('No OpenRouter preview: ');
    expect(end).toMatchObject({ exitCode: 0, stderr: '', outputs: {} });
    for (const each of [step, end]) expectUnchanged(each);
    expect([slugs(), comments()]).toEqual([[], []]);
  });

  test('but the keys of a workspace that exists are disabled when the pull request is closed', async () => {
    const { main: deployed } = await job(open()[0], { key: 'preview' });
    const { pulls } = gitHub.repository;
    pulls.change(pulls.now().map((pull) => ({ ...pull, head: { ...pull.head, repository: 0 } })));
    const step = await main(targetOf(close()[0]), QUIET);
    expect(step.outputs).toEqual({ state: 'closed' });
    expect(keyOf(deployed).disabled).toBe(true);
  });

  test('an empty management key without such a reason is an error', async () => {
    const failure = expectFailure(await main(open()[0], NO_SECRET));
    expect(failure.code).toBe('invalid-inputs');
  });
});

const targetOf = (event: GitHubEvent) => asTarget(gitHub.server.github, event);
const pushIn = (repository = gitHub.repository, branch = 'feature/x') =>
  pushTo(gitHub.server.github, repository, branch)[0];

describe('a branch', () => {
  const SLUG = 'preview-shop-feature-x-217d2bf5';

  test('has a workspace from its first push to its deletion, and no comment', async () => {
    const pushed = await job(pushIn(), {}, 0.5);
    expect(pushed.main.outputs).toMatchObject({ state: 'open', slug: SLUG, created: 'true' });
    expect(fields()['description']).toBe(
      `Preview of https://github.com/octo-org/shop/tree/feature/x (repository ${gitHub.repository.id})`,
    );
    const [deleted] = deleteBranch(gitHub.server.github, gitHub.repository, 'feature/x');
    expect((await main(deleted)).outputs).toEqual({ state: 'closed' });
    letPass(COUNTED);
    const night = await main(scheduleEvent(gitHub.server.github, gitHub.repository));
    expect(night.outputs).toMatchObject({ count: '1', 'keys-cost-usd': '0.5' });
    expect([slugs(), comments()]).toEqual([[], []]);
  });

  test('that is the default branch is skipped, also if the event does not tell which that is', async () => {
    const event = pushIn(gitHub.repository, 'main');
    const step = await main({ ...event, payload: { ...event.payload, repository: undefined } });
    expect(step).toMatchObject({ exitCode: 0, outputs: { state: 'skipped' } });
    expect([...step.openRouterCalls, ...step.gitHubCalls]).toEqual([READ_REPOSITORY]);
  });
});

describe('where the runner does not tell the id of the repository, such as on Gitea,', () => {
  const nightly = () => scheduleEvent(gitHub.server.github, gitHub.repository);

  test('that of the event makes the mark, which a clean-up finds after a renaming', async () => {
    const inputs = becomeGitea();
    const { main: step } = await job(open()[0], inputs);
    expect(fields()['description']).toContain(`(repository ${gitHub.repository.id})`);
    expect(step.gitHubCalls).toEqual(Array(2).fill('GET /repos/:owner/:repo/pulls/:number'));
    close();
    letPass(COUNTED);
    renameRepository(gitHub.repository, 'octo-org/store');
    expect(await main(nightly(), inputs)).toMatchObject({ exitCode: 0, annotations: [] });
    expect(slugs()).toEqual([]);
  });

  test('each job writes the same comment, without a request for GraphQL', async () => {
    const inputs = becomeGitea();
    const first = await job(open()[0], inputs, 0.25);
    const second = await job(push(), inputs, 0.5);
    expect(comments()).toEqual([
      expect.stringContaining('<h3>OpenRouter preview: $0.75 spent so far</h3>'),
    ]);
    for (const { post: end } of [first, second]) {
      expect(end).toMatchObject({ exitCode: 0, annotations: [] });
      expect(end.gitHubCalls).toContain('GET /user');
      expect(end.gitHubCalls).not.toContain('POST /graphql');
    }
  });

  test('it is read once, for the post step too', async () => {
    open();
    const { main: step, post: end } = await job(nightly(), {
      ...becomeGitea(),
      'pull-request': '1',
    });
    expect([step.exitCode, end.exitCode]).toEqual([0, 0]);
    const calls = [...step.gitHubCalls, ...end.gitHubCalls];
    expect(calls.filter((call) => call === READ_REPOSITORY)).toHaveLength(1);
  });
});

test('the default workspace is never deleted, whatever its description says', async () => {
  const [workspace] = harness.sandbox.account.workspaces;
  const marked = `Preview of https://github.com/octo-org/shop/pull/1 (repository ${gitHub.repository.id})`;
  Object.assign(workspace ?? {}, { description: marked });
  seedKey(harness.sandbox, workspace as Workspace, { name: 'Production' });
  open();
  close();
  const event = scheduleEvent(gitHub.server.github, gitHub.repository);
  expect((await main(event)).exitCode).toBe(0);
  expect(harness.sandbox.account.keys).toMatchObject([{ name: 'Production', disabled: false }]);
  Object.assign(workspace ?? {}, { description: null });
});

test('a workspace with the slug and another description is left alone', async () => {
  const { id } = seedWorkspace(harness.sandbox, { slug: 'preview-shop-1', name: 'By hand' });
  const opened = await main(open()[0]);
  const { code, message } = expectFailure(opened, { state: 'open' });
  expect([code, message.includes('slug-prefix')]).toEqual(['preview-not-ours', true]);
  const closed = await main(close()[0]);
  expect(expectFailure(closed, { state: 'closed' }).code).toBe('preview-not-ours');
  for (const step of [opened, closed]) expectUnchanged(step);
  expect(fields()).toMatchObject({ id, name: 'By hand' });
});

describe('without the permission to read', () => {
  const withoutPermission = () => ({ 'github-token': addToken(gitHub.server.github).secret });

  test('nothing is changed', async () => {
    await job(pushIn());
    gitHub.repository.isPrivate = true;
    const [deleted] = deleteBranch(gitHub.server.github, gitHub.repository, 'feature/x');
    const step = await main(deleted, withoutPermission());
    const { code, message } = expectFailure(step);
    expect(code).toBe('preview-not-ended');
    expect(message).toContain('the permission contents: read');
    expectUnchanged(step);
  });

  test('a clean-up names each permission once', async () => {
    for (const branch of ['one', 'two']) await main(open({ branch })[0], QUIET);
    await main(pushIn(), QUIET);
    gitHub.repository.isPrivate = true;
    const event = scheduleEvent(gitHub.server.github, gitHub.repository);
    const step = await main(event, withoutPermission());
    const { failed, ...outputs } = step.outputs;
    expect(outputs).toEqual({ deleted: '[]', count: '0', 'keys-cost-usd': '' });
    expect(JSON.parse(failed ?? '')).toHaveLength(3);
    const { title, message } = expectFailure(step, step.outputs);
    expect(title).toBe('Could not check or delete 3 OpenRouter previews');
    for (const permission of ['pull-requests', 'contents']) {
      expect(message.split(`the permission ${permission}: read`)).toHaveLength(2);
    }
  });
});

test('without the permission to comment, the job stays as it is', async () => {
  const { secret } = addToken(gitHub.server.github, { permissions: { 'pull-requests': 'read' } });
  const { post: step } = await job(open()[0], { 'github-token': secret });
  // The end writes the comment twice.
  const { main: closed } = await job(close()[0], { 'github-token': secret });
  for (const { exitCode, annotations: all, log } of [step, closed]) {
    expect({ exitCode, all }).toMatchObject({ exitCode: 0, all: [{ level: 'notice' }] });
    expect(log).toContain('pull-requests: write');
  }
  expect(comments()).toEqual([]);
});

describe('while GitHub throttles without saying how long', () => {
  /** Rejects what follows for ten minutes, until the test ends. */
  const throttle = () => {
    const { github } = gitHub.server;
    github.limitSaysHowLong = false;
    github.limitedUntil = new Date(github.now().getTime() + 600_000);
  };
  const now = () => harness.sandbox.account.now().getTime();
  afterEach(() => {
    Object.assign(gitHub.server.github, { limitSaysHowLong: true, limitedUntil: undefined });
  });

  test('a job fails at once, and says so', async () => {
    const event = open()[0];
    throttle();
    const start = now();
    const step = await main(event);
    expect(expectFailure(step, {}).code).toBe('throttled');
    expect([now() - start < 10_000, step.gitHubCalls.length]).toEqual([true, 1]);
    expect(printedBy(step)).not.toContain('permission');
  });

  test('a post step ends its key at once, and leaves the comment to the next run', async () => {
    const [event] = open();
    const ended = await main(event);
    throttle();
    const start = now();
    const step = await post(event, ended);
    expect([keyOf(ended).disabled, step.exitCode, now() - start < 10_000]).toEqual([true, 0, true]);
    expect(step.annotations.map(({ message }) => message)).toEqual([
      'The comment of the preview may be out of date: could not read whose token github-token is: GitHub limits the rate of requests now. The next run writes the comment.',
    ]);
    expect(printedBy(step)).not.toContain('permission');
  });
});

test('there is no comment with comment: false', async () => {
  const { post: step } = await job(open()[0], { comment: 'false' });
  expect(step.gitHubCalls).toEqual([]);
});

test('the summary says what the step has done with the workspace, and of which pull request it is', async () => {
  const { main: created } = await job(open()[0]);
  expect(created.summary).toContain(
    '>✅ OpenRouter preview &quot;preview-shop-1&quot;: key with $1.00</a></h3>\n<p>Created. Preview of <a href="',
  );
  expect(created.summary).toContain('/octo-org/shop/pull/1</a>.</p>');
  expect(created.summary).not.toContain('<table>');
  const settings = { 'default-text-model': 'openai/gpt-5-mini' };
  const { main: updated } = await job(push(), settings);
  expect(updated.summary).toContain(
    '>✅ OpenRouter preview &quot;preview-shop-1&quot;: key with $1.00</a></h3>\n<p>Preview of <a href="',
  );
  expect(updated.summary).toContain('<td><code>default-text-model: null → ');
  const keyless = { key: 'none', 'default-text-model': 'openai/gpt-5' };
  expect((await main(push(), keyless)).summary).toContain(
    '>✅ Updated the OpenRouter preview &quot;preview-shop-1&quot;: 1 change<',
  );
  expect((await main(push(), keyless)).summary).toContain(
    '>✅ Unchanged: the OpenRouter preview &quot;preview-shop-1&quot;<',
  );
  expect((await main(push(), { 'limit-usd': 'null' })).summary).toContain(': key without a limit<');
});

test('a dry run finds the state, and changes nothing', async () => {
  const dryRun = { 'dry-run': 'true' };
  const opened = await job(open()[0], dryRun);
  expect(opened.main.outputs).toEqual({ state: 'open' });
  expect(opened.main.summary).toContain(
    'Dry run: would create the OpenRouter preview &quot;preview-shop-1&quot;',
  );
  expect(opened.post).toMatchObject({ exitCode: 0, gitHubCalls: [] });
  await job(push());
  const found = await main(push(), dryRun);
  expect(found.outputs).toMatchObject({ state: 'open', created: 'false' });
  expect(found.summary).toContain(
    'Dry run: would not change the OpenRouter preview &quot;preview-shop-1&quot;',
  );
  for (const { summary } of [opened.main, found]) {
    expect(summary).toContain('<p>A real run also creates an API key.</p>');
  }
  const keyless = await main(push(), { ...dryRun, key: 'none' });
  expect(keyless.summary).not.toContain('API key');
  const closed = await main(close()[0], dryRun);
  expect(closed.outputs).toEqual({ state: 'closed' });
  expect(closed.summary).toContain(
    'Dry run: would close the OpenRouter preview &quot;preview-shop-1&quot;: the pull request is closed<',
  );
  for (const step of [opened.main, found, closed]) expectUnchanged(step);
});

describe('the API key', () => {
  const PREVIEW = { key: 'preview' };
  const states = () => harness.sandbox.account.keys.map(({ disabled }) => disabled);

  test('does not exist with key: none', async () => {
    const { main: step } = await job(open()[0], { key: 'none' });
    expect(step.outputs).not.toHaveProperty('key');
    expect(harness.sandbox.account.keys).toEqual([]);
    expect(slugs()).toEqual(['preview-shop-1']);
  });

  test('of a preview stays until a job that succeeds replaces it', async () => {
    const first = await job(open()[0], PREVIEW);
    expect(keyOf(first.main)).toMatchObject({
      name: expect.stringMatching(/^octo-org\/shop#1 \/ Preview \/ test #[\da-z]{6}$/),
      disabled: false,
    });
    await job(push(), { ...PREVIEW, 'job-status': 'failure' });
    expect(states()).toEqual([true, false]);
    await job(push(), PREVIEW);
    expect(states()).toEqual([false, true, true]);
    const { post: next } = await job(push(), PREVIEW);
    expect(states()).toEqual([false, true, true, true]);
    // Those that are disabled already need no request.
    expect(next.openRouterCalls.filter((call) => call.startsWith('PATCH'))).toHaveLength(1);
  });

  test('of a preview is replaced after a transfer of the repository', async () => {
    const [opened] = open();
    const [first, byHand] = [await job(opened, PREVIEW), await job(opened, PREVIEW)];
    const other = await job(opened, { ...PREVIEW, 'key-name': 'x / Preview / test' });
    keyOf(first.main).disabled = false;
    renameRepository(gitHub.repository, 'acme/shop');
    const next = push();
    const step = await main(next, PREVIEW);
    expect(keyOf(step).name).toMatch(/^acme\/shop#1 \/ Preview \/ test #/);
    keyOf(byHand.main).name = 'In use elsewhere';
    expect(await post(next, step, PREVIEW)).toMatchObject({ exitCode: 0 });
    expect(keyOf(first.main).disabled).toBe(true);
    expect([byHand, other].map((each) => keyOf(each.main).disabled)).toEqual([false, false]);
  });

  test('of a preview fails the job that cannot replace it', async () => {
    await job(open()[0], PREVIEW);
    const next = push();
    const step = await main(next, PREVIEW);
    harness.sandbox.faults.push({ on: 'PATCH /keys/:hash', kind: 'response', status: 403 });
    expect(expectFailure(await post(next, step, PREVIEW)).code).toBe('forbidden');
    expect(states()).toEqual([false, false]);
  });

  test('of a job is disabled when it ends, whatever its status', async () => {
    const [opened] = open();
    const step = await main(opened);
    const ended = await post(opened, step, { 'job-status': 'failure' });
    expect(ended.exitCode).toBe(0);
    expect(states()).toEqual([true]);
  });

  test('of a preview that no step has got is disabled when the job ends', async () => {
    const { sandbox } = harness;
    const { handle } = sandbox.account;
    sandbox.account.handle = (request) => {
      const response = handle(request);
      const isNew = request.method === 'POST' && request.path === '/keys';
      if (isNew) Object.assign((response.body as { data: object }).data, { limit: 100 });
      return response;
    };
    sandbox.faults.push({ on: 'DELETE /keys/:hash', kind: 'response', status: 403 });
    const [opened] = open();
    const step = await main(opened, PREVIEW);
    sandbox.account.handle = handle;
    expect(annotations(step)[0]?.data).toContain('No other step has its secret.');
    await post(opened, step, PREVIEW);
    expect(states()).toEqual([true]);
  });

  test('that cannot be disabled is left, and the post step says how to end it', async () => {
    const { ended } = await endAfter(() => {
      close();
      harness.sandbox.faults.push({
        on: 'PATCH /keys/:hash',
        kind: 'response',
        status: 403,
        body: '{}',
      });
    });
    const { code, lines } = expectFailure(ended);
    expect(code).toBe('forbidden');
    expect(lines[0]).toMatch(/^The API key may still work, /);
    expect(lines.join()).not.toContain('May still exist');
  });

  test.each([
    [false, 1],
    [true, 0],
  ])(
    'of a preview that another job has replaced fails the job unless it is closed (closed: %s)',
    async (isClosed, exitCode) => {
      const { ended } = await endAfter(
        (step) => {
          keyOf(step).disabled = true;
          if (isClosed) close();
        },
        { ...QUIET, ...PREVIEW },
      );
      expect(ended.exitCode).toBe(exitCode);
      if (isClosed) return;
      const { code, lines } = expectFailure(ended);
      expect(code).toBe('key-replaced');
      expect(lines.join()).not.toContain('May still exist');
    },
  );

  test.each([
    ['that another job has replaced', 'preview', 'key-replaced'],
    ['that is disabled', 'job', 'orphan-not-deleted'],
  ])('%s does not hide an orphan that cannot be deleted', async (_, key, expected) => {
    const { sandbox } = harness;
    const [opened] = open();
    sandbox.faults.push({ on: 'POST /keys', kind: 'response', status: 502 });
    const step = await main(opened, { key });
    const own = keyOf(step);
    // The POST without a usable response is applied late.
    const { name, workspace_id: id, expires_at } = own;
    seedKey(sandbox, { id }, { name, expires_at, limit: own['limit'] as number });
    own.disabled = key === 'preview';
    sandbox.faults.push({ on: 'DELETE /keys/:hash', kind: 'response', status: 403 });
    const { code, lines } = expectFailure(await post(opened, step, { key }));
    expect(code).toBe(expected);
    const left = lines.find((line) => line.startsWith('May still exist'));
    expect(left).toContain(`: an API key named "${name}" whose secret was lost, expires at `);
    expect(left).not.toContain(own.hash);
  });
});

test('both secrets are masked before anything is printed, and shown nowhere', async () => {
  const [opened] = open();
  const { token } = gitHub.server;
  const { managementKey } = harness.sandbox;
  const inputs = { 'slug-prefix': token, 'default-text-model': token };
  const steps = [await main(opened, inputs), ...Object.values(await job(opened))];
  for (const step of steps) {
    expect(step.masks.slice(0, 2)).toEqual([managementKey, token]);
    const { outputs, state, summary } = step;
    const shown = printedBy(step) + JSON.stringify({ outputs, state, summary, all: comments() });
    for (const secret of [token, managementKey]) expect(shown).not.toContain(secret);
  }
});
