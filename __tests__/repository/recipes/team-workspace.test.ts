import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { dispatchEvent } from '../../../sandbox/github/events.ts';
import { pushTo } from '../../../sandbox/github/people.ts';
import { duringOutage } from '../../../sandbox/openrouter/outage.ts';
import { seedKey, seedUsage } from '../../../sandbox/openrouter/seed.ts';
import type { StepResult } from '../../../sandbox/runner/runner.ts';
import { governanceInputs } from '../../../src/governance/inputs.ts';
import { inputName } from '../../../src/inputs/read-inputs.ts';
import { WORKSPACE_FIELDS } from '../../../src/openrouter/resources/workspaces.ts';
import { GOVERNANCE, PUT_BUDGET } from '../../support/governance-harness.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';
import { openRecipeJobs, recipeOf, stepsOf } from '../../support/recipe-harness.ts';
import { ROOT } from '../../support/root.ts';
import { jobOf, type Step, type Workflow } from '../../support/workflow.ts';

const PAGE = 'docs/recipes/team-workspace.md';
const WORKSPACES = recipeOf(PAGE, 'Workspaces');
const DELETE = recipeOf(PAGE, 'Delete the workspace of a team');
const [BUDGETS = [], UNDO = []] = stepsOf(PAGE);

const { harness, gitHub, slugs } = openPreviewHarness();
const { run } = openRecipeJobs({ harness, gitHub });
const push = () => pushTo(gitHub.server.github, gitHub.repository, 'main')[0];

const TEAMS = jobOf(WORKSPACES).strategy?.matrix.include ?? [];
const [SEARCH = {}] = TEAMS;

/** Runs the job of one team, by its entry in the matrix. */
const runTeam = (matrix: Record<string, unknown> = SEARCH, recipe: Workflow = WORKSPACES) =>
  run(recipe, push(), { matrix });

const ENVIRONMENT = { name: 'openrouter-teams' };

/** Runs one of the steps of the page. */
const runSteps = (steps: Step[]) =>
  run(
    { name: 'Steps', on: { push: null }, jobs: { job: { environment: ENVIRONMENT, steps } } },
    push(),
  );

/** The workflow with more inputs of its first step. */
function withInputs(inputs: Record<string, unknown>): Workflow {
  const [first, ...rest] = jobOf(WORKSPACES).steps;
  const steps = [{ ...first, with: { ...first?.with, ...inputs } }, ...rest];
  return { ...WORKSPACES, jobs: { workspace: { environment: ENVIRONMENT, steps } } };
}

/** What limits the workspace of the team search, without what differs in each workspace. */
function settings() {
  const { account } = harness.sandbox;
  const { id, created_at, updated_at, default_guardrail_id, ...workspace } =
    account.workspaces.find(({ slug }) => slug === 'team-search') ?? {};
  const { updated_at: _, ...guardrail } =
    account.guardrails.find((one) => one.workspace_id === id) ?? {};
  const budgets = account.budgets.filter((one) => one.workspace_id === id);
  return {
    workspace,
    guardrail,
    budgets: budgets.map(({ reset_interval, limit_usd }) => [reset_interval, limit_usd]),
    members: account.memberships.filter((one) => one.workspace_id === id).length,
  };
}

const outcomeOf = ({ main }: { main: Record<string, StepResult> }) => main['']?.outputs['outcome'];
const titlesOf = (step: StepResult | undefined) =>
  step?.annotations.map(({ level, title }) => `${level} ${title}`);

describe('the file of the teams', () => {
  test('creates a workspace for each team, and a second run changes nothing', async () => {
    expect(TEAMS).toHaveLength(2);
    for (const team of TEAMS) expect(outcomeOf(await runTeam(team))).toBe('created');
    const before = settings();
    for (const team of TEAMS) expect(outcomeOf(await runTeam(team))).toBe('unchanged');
    expect(settings()).toEqual(before);
    expect(slugs()).toEqual(['team-search', 'team-support']);
    expect(settings()).toMatchObject({
      workspace: {
        default_text_model: 'openai/gpt-5-mini',
        is_observability_io_logging_enabled: false,
        is_data_discount_logging_enabled: false,
      },
      guardrail: {
        limit_usd: 20,
        reset_interval: 'monthly',
        enforce_zdr_openai: true,
        allowed_models: expect.any(Array),
      },
      members: 2,
    });
  });

  test('sets back what the file names, and leaves what it does not name', async () => {
    await runTeam();
    const [, workspace] = harness.sandbox.account.workspaces;
    const [guardrail] = harness.sandbox.account.guardrails;
    Object.assign(workspace ?? {}, { default_text_model: 'a/b', description: 'By hand' });
    Object.assign(guardrail ?? {}, { limit_usd: 500 });
    expect(outcomeOf(await runTeam())).toBe('updated');
    expect(settings()).toMatchObject({
      workspace: { default_text_model: 'openai/gpt-5-mini', description: 'By hand' },
      guardrail: { limit_usd: 20 },
    });
  });

  test('undoes nothing if lines are removed', async () => {
    await runTeam();
    const before = settings();
    const gone = Object.fromEntries(
      ['default-text-model', 'guardrail-limit-usd', 'guardrail-limit-reset', 'enforce-zdr'].map(
        (input) => [input, ''],
      ),
    );
    await runTeam(SEARCH, withInputs(gone));
    expect(settings()).toEqual(before);
  });

  test('changes nothing, not even a limit, if a member has left the organization', async () => {
    await runTeam();
    const members = 'eve@example.com';
    const { result, main } = await runTeam({ ...SEARCH, limit: 5, members });
    expect(result).toBe('failure');
    expect(titlesOf(main[''])).toEqual(['error openrouter-workspace: unknown members']);
    expect(main['usage']?.outputs).toMatchObject({ 'cost-usd': '0' });
    expect(settings()).toMatchObject({ guardrail: { limit_usd: 20 }, members: 2 });
  });

  test('fails for a team that has spent more than its alarm, whose keys still work', async () => {
    const { main } = await runTeam();
    const key = seedKey(harness.sandbox, { id: String(main['']?.outputs['id']) });
    seedUsage(harness.sandbox, key, { credits: 100.5 });
    const ended = await runTeam();
    expect(ended.result).toBe('failure');
    expect(titlesOf(ended.main['usage'])).toEqual(['error usage: spending above limit']);
    expect(harness.sandbox.account.keys[0]?.disabled).toBe(false);
  });

  test('keeps the limits during an outage of OpenRouter', async () => {
    await runTeam();
    const before = settings();
    const ended = await duringOutage(harness.sandbox, () => runTeam({ ...SEARCH, limit: 5 }));
    expect(ended.result).toBe('failure');
    expect(settings()).toEqual(before);
  });

  test('finishes in a second run what a failure has left half-way', async () => {
    const on = 'PATCH /guardrails/:id';
    harness.sandbox.faults.push({ on, kind: 'response', status: 403 });
    const { result, main } = await runTeam();
    expect(result).toBe('failure');
    expect(main['']?.outputs['created']).toBe('true');
    expect(outcomeOf(await runTeam())).toBe('updated');
    expect(settings()).toMatchObject({ guardrail: { limit_usd: 20 }, members: 2 });
  });

  test('leaves a workspace without budgets and members if OpenRouter rejects budgets', async () => {
    const recipe = withInputs({ 'budget-monthly-usd': 100 });
    for (const created of ['true', 'false']) {
      harness.sandbox.faults.push({ on: PUT_BUDGET, kind: 'response', status: 403 });
      const { result, main } = await runTeam(SEARCH, recipe);
      expect(result).toBe('failure');
      expect(main['']?.outputs['created']).toBe(created);
      expect(settings()).toMatchObject({ guardrail: { limit_usd: 20 }, budgets: [], members: 0 });
    }
    expect(await runTeam()).toMatchObject({ result: 'success' });
    expect(settings()).toMatchObject({ members: 2 });
  });

  test('sets the budgets of the page where OpenRouter accepts them', async () => {
    await runTeam();
    expect(outcomeOf(await runSteps(BUDGETS))).toBe('updated');
    expect(settings().budgets).toEqual([['monthly', 100]]);
  });
});

describe('the strictest privacy', () => {
  test('turns off logging, retention and training next to the limit, even if all are on', async () => {
    await runTeam();
    const [, workspace] = harness.sandbox.account.workspaces;
    const [guardrail] = harness.sandbox.account.guardrails;
    for (const each of [workspace, guardrail]) Object.assign(each ?? {}, turnedOver(each));
    expect(await runTeam()).toMatchObject({ result: 'success' });
    expect(settings()).toMatchObject({
      workspace: {
        is_observability_broadcast_enabled: false,
        is_observability_io_logging_enabled: false,
        is_data_discount_logging_enabled: false,
      },
      guardrail: {
        limit_usd: 20,
        ...Object.fromEntries(
          ['anthropic', 'google', 'openai', 'other', 'xai'].map((by) => [
            `enforce_zdr_${by}`,
            true,
          ]),
        ),
        allow_safety_retention_google: false,
        allow_safety_retention_other: false,
        enable_paid_model_training: false,
        enable_free_model_training: false,
        enable_free_model_publication: false,
      },
    });
  });

  test('cannot be written with enforce-zdr and a field of one company', async () => {
    const guardrail = `${jobOf(WORKSPACES).steps[0]?.with?.['guardrail']}enforce_zdr_openai: false`;
    const { result, main } = await runTeam(SEARCH, withInputs({ guardrail }));
    expect(result).toBe('failure');
    expect(main['']?.annotations[0]?.message).toContain('because the input enforce-zdr sets it');
    expect(slugs()).toEqual([]);
  });
});

/** The fields that are true or false, with the other value. */
function turnedOver(fields: object = {}) {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) =>
      typeof value === 'boolean' ? [[field, !value]] : [],
    ),
  );
}

/** What the page says about undoing each setting, by the name of its input. */
const TO_UNDO = new Map(
  [
    ...(readPage().split('### One setting')[1] ?? '').matchAll(/^\| (`[^|]*) \| ([^|]*) \|$/gm),
  ].flatMap(([, inputs = '', text = '']) =>
    codeIn(inputs).map((input) => [input, codeIn(text)[0]?.replaceAll('"', '')] as const),
  ),
);

/** What is written as code in a cell. */
function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]*)`/g)].map(([, code = '']) => code);
}

function readPage(): string {
  return readFileSync(join(ROOT, PAGE), 'utf8');
}

/** A value for each field of a workspace that can be undone, other than that of a new one. */
const FIELDS = {
  description: 'For tests',
  'default-text-model': 'openai/gpt-5-mini',
  'default-image-model': 'google/gemini-2.5-flash-image',
  'default-provider-sort': 'price',
  'io-logging-api-key-ids': '1, 2',
  'io-logging-sampling-rate': '0.5',
  'disabled-server-tools': 'openrouter:web_search',
};

describe('the table of what to write instead', () => {
  test('has each input that sets something', () => {
    const inputs = [...WORKSPACE_FIELDS, ...Object.keys(governanceInputs)].map(inputName);
    expect([...TO_UNDO.keys()]).toEqual(expect.arrayContaining(inputs));
  });

  test('undoes each of them', async () => {
    const name = 'Team search';
    const slug = 'team-search';
    await harness.create({ name, slug });
    const { members: _, ...fresh } = settings();
    await harness.run('delete', { workspace: slug });
    const { guardrail: __, ...governance } = GOVERNANCE;
    expect(await harness.create({ name, slug, ...FIELDS, ...governance })).toMatchObject({
      exitCode: 0,
    });
    const inputs = Object.keys({ ...FIELDS, ...governance }).filter((each) => each !== 'members');
    const undo = Object.fromEntries(inputs.map((input) => [input, String(TO_UNDO.get(input))]));
    const { 'include-byok-in-budgets': byok = '', ...others } = undo;
    const { 'budget-daily-usd': budget } = governance;
    const update = { name, slug, 'if-exists': 'update' };
    const steps = [{ 'include-byok-in-budgets': byok, 'budget-daily-usd': budget }, others];
    for (const step of steps) {
      expect(await harness.create({ ...update, ...step })).toMatchObject({ exitCode: 0 });
    }
    const { workspace, guardrail, budgets } = settings();
    expect({ workspace, budgets }).toEqual({ workspace: fresh.workspace, budgets: fresh.budgets });
    expect(restrictionsOf(guardrail)).toEqual([]);
  });
});

/** The fields of a guardrail that restrict something. */
function restrictionsOf(guardrail: object = {}) {
  return Object.entries(guardrail).filter(
    ([field, value]) => !/^(id|name|workspace_id|.*_at)$/.test(field) && Boolean(value),
  );
}

describe('the steps that undo', () => {
  test('leave no limit of the team, and no privacy setting of its guardrail', async () => {
    await runTeam();
    await runSteps(BUDGETS);
    expect(outcomeOf(await runSteps(UNDO))).toBe('updated');
    const { workspace, guardrail, budgets } = settings();
    expect(workspace).toMatchObject({ default_text_model: null });
    expect(budgets).toEqual([]);
    expect(restrictionsOf(guardrail)).toEqual([]);
  });

  test('delete the workspace of a team with its keys, and not that of another team', async () => {
    for (const team of TEAMS) await runTeam(team);
    const [, search] = harness.sandbox.account.workspaces;
    if (search) seedUsage(harness.sandbox, seedKey(harness.sandbox, search), { credits: 3 });
    const inputs = { team: 'search' };
    const byHand = dispatchEvent(gitHub.server.github, gitHub.repository, { inputs });
    const { result, main } = await run(DELETE, byHand);
    expect(result).toBe('success');
    expect(main['usage']?.outputs['cost-usd']).toBe('3');
    expect(slugs()).toEqual(['team-support']);
    expect(harness.sandbox.account.keys).toEqual([]);
  });

  test('delete the workspace of a team even if its report fails, as during an outage of analytics', async () => {
    const { main: created } = await runTeam();
    seedKey(harness.sandbox, { id: String(created['']?.outputs['id']) });
    const inputs = { team: 'search' };
    const byHand = dispatchEvent(gitHub.server.github, gitHub.repository, { inputs });
    const { result, main } = await duringOutage(
      harness.sandbox,
      () => run(DELETE, byHand),
      'POST /analytics/query',
    );
    expect(result).toBe('failure');
    expect(main['usage']?.exitCode).toBe(1);
    expect(main['delete']?.outputs['deleted']).toBe('true');
    expect(slugs()).toEqual([]);
    expect(harness.sandbox.account.keys).toEqual([]);
  });
});
