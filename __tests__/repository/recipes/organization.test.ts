import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { marked } from 'marked';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { type GitHubEvent, scheduleEvent } from '../../../sandbox/github/events.ts';
import { closePull, openPull, pushTo } from '../../../sandbox/github/people.ts';
import { addRepository } from '../../../sandbox/github/seed.ts';
import { seedUsage } from '../../../sandbox/openrouter/seed.ts';
import { readTable, readWorkflow } from '../../../scripts/examples.ts';
import { seal } from '../../../src/sealing/inputs.ts';
import { openShell } from '../../support/example-shell.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';
import { openRecipeJobs, recipeOf, SKIPPED } from '../../support/recipe-harness.ts';
import { ROOT } from '../../support/root.ts';
import { jobOf, type Workflow } from '../../support/workflow.ts';

const PAGE = 'docs/recipes/organization.md';

/** A file that calls another one, as GitHub runs both: the job that is called, for the events of the caller. */
function called(caller: Workflow, name: string): Workflow {
  const text = readWorkflow(join(ROOT, PAGE), name);
  const { on, jobs }: Workflow = parse(text);
  const call = jobOf(caller);
  const { inputs = {}, secrets = {} } = Object(on)['workflow_call'];
  const declared = Object.entries<{ default: string }>(inputs);
  const withInputs = declared.reduce(
    (file, [input, { default: byDefault }]) =>
      file.replaceAll(`\${{ inputs.${input} }}`, String(call.with?.[input] ?? byDefault)),
    text,
  );
  // GitHub gives the job no permission that its caller does not have, and no secret that it does not name.
  const passed = Object.keys(secrets).map((secret) => [secret, `\${{ secrets.${secret} }}`]);
  expect(call.secrets).toEqual(Object.fromEntries(passed));
  const needed = Object.values(jobs).map(({ permissions }) => permissions);
  expect(call.permissions).toEqual(Object.assign({}, ...needed));
  return { ...parse(withInputs), name: caller.name, on: caller.on };
}

const CALLER = recipeOf(PAGE, 'Preview');
const PREVIEW = called(CALLER, 'Preview for all repositories');
const NIGHT = called(recipeOf(PAGE, 'Preview nightly'), 'Preview nightly for all repositories');

const { harness, gitHub, slugs } = openPreviewHarness({ followsSteps: true });
const { run, runAll, letKeysBeCounted } = openRecipeJobs({ harness, gitHub });

const open = () => openPull(gitHub.server.github, gitHub.repository)[0];

const RUN_TESTS = 'bash -eo pipefail -c "$COMMAND"';

describe('the files of each repository', () => {
  test('call those of the other repository at its protected tag, by the names that the page gives them', () => {
    const text = readFileSync(join(ROOT, PAGE), 'utf8');
    for (const [caller, file] of [
      ['Preview', 'preview.yml'],
      ['Preview nightly', 'preview-nightly.yml'],
    ] as const) {
      const { uses } = jobOf(recipeOf(PAGE, caller));
      expect(uses).toBe(`octo-org/workflows/.github/workflows/${file}@stable`);
      for (const path of [`\`.github/workflows/${file}\`:`, `\`callers/${file}\`:`]) {
        expect(text).toContain(path);
      }
    }
  });

  test('give a pull request what those of the README give it', () => {
    const { concurrency, ...readme } = recipeOf('README.md', 'Preview');
    expect(CALLER.concurrency).toEqual(concurrency);
    const jobs = Object.entries(PREVIEW.jobs).map(([name, job]) => {
      const steps = job.steps.map(({ env: { COMMAND, ...env } = {}, ...step }) => ({
        ...step,
        ...(COMMAND !== undefined && { run: COMMAND }),
        ...(Object.keys(env).length > 0 && { env }),
      }));
      return [name, { ...job, steps }];
    });
    expect(Object.fromEntries(jobs)).toEqual(readme.jobs);
    const { concurrency: ofNight, ...night } = recipeOf('README.md', 'Preview nightly');
    const atNight = jobOf(night);
    expect(NIGHT).toEqual({ ...night, jobs: { 'clean-up': { ...atNight, concurrency: ofNight } } });
  });

  test('give a pull request a workspace and a key, disable the key when its tests end, and delete both in the night', async () => {
    const { repository, server } = gitHub;
    const { test: tested, end } = await runAll(PREVIEW, open());
    expect(end?.result).toBe('success');
    const { key } = tested?.main['unseal-key']?.outputs ?? {};
    expect(key).toMatch(/^sk-or-v1-/);
    expect(tested?.scripts).toEqual([
      { run: 'bash -eo pipefail -c "$COMMAND"', env: { COMMAND: 'npm ci' } },
      { run: RUN_TESTS, env: { COMMAND: 'npm test', OPENROUTER_API_KEY: key } },
    ]);
    const { account } = harness.sandbox;
    expect([slugs(), account.keys]).toMatchObject([['preview-shop-1'], [{ disabled: true }]]);
    const [closed] = closePull(server.github, repository, 1);
    expect(await runAll(PREVIEW, closed)).toMatchObject({ key: { result: 'success' } });
    expect(slugs()).toEqual(['preview-shop-1']);
    letKeysBeCounted();
    expect(await run(NIGHT, scheduleEvent(server.github, repository))).toMatchObject({
      result: 'success',
    });
    expect([slugs(), account.keys]).toEqual([[], []]);
  });

  test('run other commands in a repository that writes them', () => {
    const commands = { install: 'uv sync', test: 'uv run pytest' };
    const caller = structuredClone(CALLER);
    Object.assign(jobOf(caller), { with: commands });
    const { steps } = jobOf(called(caller, 'Preview for all repositories'), 'test');
    const ran = steps.flatMap(({ env }) => env?.['COMMAND'] ?? []);
    expect(ran).toEqual(Object.values(commands));
  });

  test('succeed without a key for a fork', async () => {
    const { repository, server } = gitHub;
    const from = addRepository(server.github, { name: 'mona/shop', isFork: true });
    const [opened] = openPull(server.github, repository, { from });
    const secrets = { OPENROUTER_MANAGEMENT_KEY: '', OPENROUTER_SEAL: '' };
    const { key, ...others } = await runAll(PREVIEW, opened, { secrets });
    expect([key?.result, slugs()]).toEqual(['success', []]);
    expect(others).toEqual({ test: SKIPPED, end: SKIPPED });
  });
});

/** The product of the amounts in a text, such as `60 × 100`, or `1,000`. */
const amountIn = (text: string) =>
  (text.match(/\d[\d,]*/g) ?? []).reduce((all, part) => all * Number(part.replace(',', '')), 1);

/** The rows of the table of costs, and the first cell of each. */
const ROWS = readTable(join(ROOT, PAGE), 'What');
const COSTS = ROWS.map(([, ...cells]) => cells.slice(0, 2).map(amountIn));
const WHATS = ROWS.map(([what = '']) => what);

describe('the table of costs', () => {
  test('follows from the limits of the file, the credit and the numbers of the page', () => {
    const text = readFileSync(join(ROOT, PAGE), 'utf8');
    const pulls = Number(/each repository has (\d+) pull requests/.exec(text)?.[1]);
    const repositories = amountIn(String(WHATS.find((what) => what.endsWith(' repositories'))));
    const { 'limit-usd': limit, 'preview-limit-usd': cap } =
      jobOf(PREVIEW, 'key').steps[0]?.with ?? {};
    const ofAll = repositories * pulls * Number(cap);
    const [, ofOneAccount = '', ofAllAccounts = ''] =
      /credit that you choose to load: here ([\d,]+), or (\d+ × \d+)/.exec(text) ?? [];
    const [credit = 0, credits = 0] = [ofOneAccount, ofAllAccounts].map(amountIn);
    const accounts = [credit, credits / repositories];
    const ofOne = [Number(limit), Number(cap), pulls * Number(cap)];
    expect(COSTS).toEqual([
      ...ofOne.map((most) => accounts.map((account) => Math.min(most, account))),
      [Math.min(ofAll, credit), Math.min(ofAll, credits)],
      accounts,
    ]);
    const sums = [ofAll, credit].map((sum) => sum.toLocaleString('en'));
    expect(text).toContain(`the limits allow ${sums[0]} USD, and the credit ${sums[1]}.`);
  });

  test('has what the jobs of a pull request can spend', async () => {
    const { server, repository } = gitHub;
    const [[ofJob] = [], [ofPull] = []] = COSTS;
    const { account } = harness.sandbox;
    let event: GitHubEvent = open();
    for (let spent = 0; spent < Number(ofPull); spent += Number(ofJob)) {
      await runAll(PREVIEW, event, {
        onScript({ env }) {
          const [key] = account.keys;
          if (!env['OPENROUTER_API_KEY'] || !key) return true;
          expect(key['limit']).toBe(ofJob);
          seedUsage(harness.sandbox, key, { credits: Number(ofJob) });
          return true;
        },
      });
      letKeysBeCounted();
      event = pushTo(server.github, repository, 'feature')[1] as GitHubEvent;
    }
    expect(account.spends).toHaveLength(Number(ofPull) / Number(ofJob));
    const { key, test: tested } = await runAll(PREVIEW, event);
    expect([key?.result, tested]).toEqual(['failure', SKIPPED]);
    expect(key?.main['preview']?.annotations[0]?.title).toContain('preview limit reached');
  });
});

describe('the commands', () => {
  const [TAG, FORKS = '', ENTER, SET_UP, PROPOSE = '', PROTECT = '', LAST_RUNS = '', , , MOVE] =
    marked
      .lexer(readFileSync(join(ROOT, PAGE), 'utf8'))
      .flatMap((token) => (token.type === 'code' && token['lang'] === 'sh' ? [token['text']] : []));
  const REPOSITORIES = Array.from({ length: 60 }, (_, at) => `octo-org/service-${at + 1}`);
  const shell = openShell();
  shell.run('mkdir callers');
  for (const [name, file] of [
    ['Preview', 'preview.yml'],
    ['Preview nightly', 'preview-nightly.yml'],
  ] as const) {
    shell.write(`callers/${file}`, readWorkflow(join(ROOT, PAGE), name));
  }
  // Like GitHub, it fails for a rule and a branch that exist, and for a file without the SHA of the one that exists.
  shell.stub(
    'gh',
    `add() { grep -qsxF "$2" "$1" && echo "exists: $2" && exit 1; printf '%s\n' "$2" >> "$1"; }
case "$*" in
  *octo-org/gone*) echo 'gh: Not Found (HTTP 404)' >&2; exit 1 ;;
  *'--jq .default_branch') echo trunk ;;
  *'git/ref/heads/trunk --jq .object.sha') echo 0a1b2c ;;
  *'--jq .branch_policies[].name') sed -n "s|^$2 name=||p" rules ;;
  *deployment-branch-policies*) add rules "$3 $5" ;;
  *--method\\ PUT*/contents/*) add files "$5" && echo "$5 $*" >> contents ;;
  *--method\\ PUT*/environments/*) echo "$5 $*" >> environments ;;
  *git/refs*) add branches "$3 $5 $7" ;;
  *fork-pr-workflows-private-repos*) echo "$*" > forks ;;
  *rulesets*) echo "$3 $(tr -d '\n')" >> rulesets ;;
  *pulls*) add pulls "$2" && echo "https://github.com/$2" ;;
  'run list '*) echo "success https://github.com/$8" ;;
  'secret list '*) sed -n "s|^secret set \\(OPENROUTER_SEAL\\) --repo $4 .*|\\1|p" secrets ;;
  'secret set '*) echo "$* $(cat)" >> secrets ;;
  *) echo "unexpected: $*" && exit 1 ;;
esac`,
  );
  const linesOf = (file: string) => shell.read(file).split('\n').filter(Boolean);
  beforeEach(() => {
    shell.run(
      'rm -f environments files contents branches pulls forks rulesets; : > rules; : > secrets',
    );
  });
  const on = (repositories: readonly string[], script: string, input = '') => {
    shell.write('repositories.txt', repositories.join('\n'));
    return shell.run(script, input);
  };
  const setUp = (repositories: readonly string[], key = 'sk-or-mgmt-1') =>
    on(repositories, `${ENTER}\n${SET_UP}`, `${key}\n`);

  test('set up sixty environments, that only the default branch and pull requests can use', () => {
    expect(setUp(REPOSITORIES)).toEqual({ status: 0, output: '' });
    const environments = REPOSITORIES.map(
      (each) => `repos/${each}/environments/openrouter-preview`,
    );
    expect(linesOf('environments').map((line) => line.split(' ')[0])).toEqual(environments);
    for (const line of linesOf('environments')) {
      expect(line).toContain('[protected_branches]=false');
      expect(line).toContain('[custom_branch_policies]=true');
    }
    expect(linesOf('rules')).toEqual(
      environments.flatMap((each) =>
        ['trunk', 'refs/pull/*/merge'].map(
          (name) => `${each}/deployment-branch-policies name=${name}`,
        ),
      ),
    );
    const [keys, seals] = [linesOf('secrets'), linesOf('secrets')].map((lines, at) =>
      lines.filter((_, line) => line % 2 === at),
    );
    expect(keys).toEqual(
      REPOSITORIES.map(
        (each) =>
          `secret set OPENROUTER_MANAGEMENT_KEY --repo ${each} --env openrouter-preview sk-or-mgmt-1`,
      ),
    );
    const texts = (seals ?? []).map((line, at) => {
      const [command, text = ''] = line.split(/ (?=\S+$)/);
      expect(command).toBe(`secret set OPENROUTER_SEAL --repo ${REPOSITORIES[at]}`);
      expect(z.safeParse(seal(), text).success).toBe(true);
      return text;
    });
    expect(new Set(texts).size).toBe(REPOSITORIES.length);
  });

  test('go on after a repository that cannot be set up, and replace the key in those that are', () => {
    const repositories = ['octo-org/shop', 'octo-org/gone', 'octo-org/web'];
    for (const key of ['sk-or-mgmt-1', 'sk-or-mgmt-2']) {
      const { status, output } = setUp(repositories, key);
      expect(status).toBe(0);
      expect(output).toContain('Not set up: octo-org/gone');
      expect(output).not.toMatch(/exists|shop|web/);
    }
    expect(linesOf('rules')).toHaveLength(4);
    // The seals stay.
    const ofKeys = linesOf('secrets').filter((line) => !line.includes('OPENROUTER_SEAL'));
    expect(ofKeys.map((line) => line.split(' ').at(-1))).toEqual([
      ...['sk-or-mgmt-1', 'sk-or-mgmt-1'],
      ...['sk-or-mgmt-2', 'sk-or-mgmt-2'],
    ]);
    expect(linesOf('secrets')).toHaveLength(ofKeys.length + 2);
  });

  test('change nothing without a key', () => {
    const { output } = setUp(['octo-org/shop'], '');
    expect(output).toBe('Not set up: octo-org/shop\n');
    expect([linesOf('rules'), linesOf('secrets')]).toEqual([[], []]);
  });

  test('store no key where a rule of the environment cannot be created', () => {
    on(
      ['octo-org/shop'],
      `gh() { case "$*" in *name=*) return 1;; *) command gh "$@";; esac; }
${ENTER}\n${SET_UP}`,
      'sk-or-mgmt-1\n',
    );
    expect(linesOf('secrets')).toEqual([]);
  });

  /** The file that was written to a repository, by its name. */
  function written(repository: string, file: string): Workflow {
    const path = `repos/${repository}/contents/.github/workflows/${file}`;
    const line = linesOf('contents').find((each) => each.startsWith(`${path} `)) ?? '';
    expect(line).toContain(' branch=openrouter-preview ');
    return parse(Buffer.from(String(/content=(\S+)/.exec(line)?.[1]), 'base64').toString());
  }

  test('propose the files to sixty repositories, whose schedules do not start all at once', () => {
    const { status, output } = on(REPOSITORIES, PROPOSE);
    expect(status).toBe(0);
    expect(output.split('\n').filter(Boolean)).toEqual(
      REPOSITORIES.map((each) => `https://github.com/repos/${each}/pulls`),
    );
    expect(linesOf('branches')).toEqual(
      REPOSITORIES.map(
        (each) => `repos/${each}/git/refs ref=refs/heads/openrouter-preview sha=0a1b2c`,
      ),
    );
    const times = REPOSITORIES.map((each) => {
      expect(written(each, 'preview.yml')).toEqual(CALLER);
      const { on: triggers, ...rest } = written(each, 'preview-nightly.yml');
      const { on: own, ...others } = recipeOf(PAGE, 'Preview nightly');
      expect(rest).toEqual(others);
      const { schedule, ...more } = Object(triggers);
      expect({ ...more, schedule: Object(own)['schedule'] }).toEqual(own);
      return String(schedule[0].cron);
    });
    for (const time of times) expect(time).toMatch(/^([1-9]|[1-5]\d) [1-4] \* \* \*$/);
    const most = Math.max(...[...Map.groupBy(times, String).values()].map(({ length }) => length));
    expect(most).toBeLessThanOrEqual(3);
    expect(on(REPOSITORIES.slice(0, 1), PROPOSE).output).toContain('Not proposed: ');
  });

  test('replace no file that exists, and go on', () => {
    shell.write('files', 'repos/octo-org/shop/contents/.github/workflows/preview.yml');
    const { output } = on(['octo-org/shop', 'octo-org/gone', 'octo-org/web'], PROPOSE);
    expect(output).toContain('Not proposed: octo-org/shop');
    expect(output).toContain('Not proposed: octo-org/gone');
    expect(linesOf('pulls')).toEqual(['repos/octo-org/web/pulls']);
  });

  test('stop the workflows of forks in private repositories', () => {
    expect(on([], FORKS)).toEqual({ status: 0, output: '' });
    const [setting] = linesOf('forks');
    expect(setting).toContain('orgs/octo-org/actions/permissions/fork-pr-workflows-private-repos');
    expect(setting).toMatch(/ -F run_workflows_from_fork_pull_requests=false$/);
  });

  test('refuse changes of workflows in each repository, and go on after one that fails', () => {
    const { output } = on(['octo-org/shop', 'octo-org/gone', 'octo-org/web'], PROTECT);
    const rules = linesOf('rulesets').map((line) => {
      const [path, json = ''] = line.split(/ (.*)/);
      return [path, JSON.parse(json)];
    });
    const parameters = { restricted_file_paths: ['.github/workflows/**'] };
    const ruleset = expect.objectContaining({
      target: 'push',
      enforcement: 'active',
      bypass_actors: [{ actor_type: 'OrganizationAdmin', actor_id: 1, bypass_mode: 'always' }],
      rules: [{ type: 'file_path_restriction', parameters }],
    });
    expect(rules).toEqual([
      ['repos/octo-org/shop/rulesets', ruleset],
      ['repos/octo-org/web/rulesets', ruleset],
    ]);
    expect(output).toContain('Not protected: octo-org/gone');
  });

  test('list the last night of each repository', () => {
    const { output } = on(['octo-org/shop', 'octo-org/web'], LAST_RUNS);
    expect(output.split('\n').filter(Boolean)).toEqual([
      'success https://github.com/octo-org/shop',
      'success https://github.com/octo-org/web',
    ]);
  });

  test('set the tag to the newest commit of the branch, and move it there', () => {
    shell.run('rm -rf workflows clone; git init -q --initial-branch main workflows');
    const commit = () =>
      shell.run(
        'git -C workflows -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m Change',
      );
    const isTagged = (command: unknown) => {
      commit();
      expect(shell.run(`cd clone; ${command}`).status).toBe(0);
      const compare = 'test "$(git rev-parse stable)" = "$(git rev-parse main)"';
      return shell.run(`cd workflows; ${compare}`).status === 0;
    };
    commit();
    shell.run('git clone -q workflows clone');
    expect([TAG, MOVE, MOVE].map(isTagged)).toEqual([true, true, true]);
  });

  test('set up no new seal if the list of secrets cannot be read', () => {
    const failing = `gh() { [ "$1 $2" = 'secret list' ] && return 1; command gh "$@"; }`;
    const { output } = on(['octo-org/shop'], `${failing}\n${ENTER}\n${SET_UP}`, 'sk-or-mgmt-1\n');
    expect(output).toContain('Not set up: octo-org/shop');
    expect(shell.read('secrets')).not.toContain('OPENROUTER_SEAL');
  });
});
