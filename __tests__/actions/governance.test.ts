import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { annotations, expectFailure, openHarness } from '../support/harness.ts';

const harness = openHarness();

const SLUG = 'governed';
const GOVERNED = {
  'allowed-models': 'openai/gpt-5-mini\nanthropic/claude-4:free',
  'ignored-providers': 'azure, deepinfra',
  'enforce-zdr': 'true',
  'guardrail-limit-usd': '5',
  'guardrail-limit-reset': 'daily',
  'budget-daily-usd': '1.5',
  'budget-weekly-usd': '5',
  'budget-monthly-usd': '20',
  'budget-lifetime-usd': '100',
  'include-byok-in-budgets': 'true',
  members: 'BRUNO@example.com, user_2chandra',
};

const PATCH_GUARDRAIL = 'PATCH /guardrails/:id';
const PUT_BUDGET = 'PUT /workspaces/:id/budgets/:interval';
const ADD_MEMBERS = 'POST /workspaces/:id/members/add';
const WRITES = /^(POST|PUT|PATCH|DELETE) /;

beforeEach(() => {
  const { account, requests, faults } = harness.sandbox;
  account.workspaces.length = 1;
  const { budgets, guardrails, memberships } = account;
  for (const list of [budgets, guardrails, memberships, requests, faults]) list.length = 0;
});

const create = (inputs: Record<string, string> = {}) =>
  harness.create({ name: 'Governed', slug: SLUG, ...inputs });
const update = (inputs: Record<string, string> = {}) =>
  create({ 'if-exists': 'update', ...inputs });

/** The calls, and the bodies of those that write. */
const calls = () =>
  harness.sandbox.requests.map(({ method, path }) => harness.sandbox.account.callOf(method, path));
const writes = () => calls().filter((call) => WRITES.test(call));
const bodiesOf = (call: string) =>
  harness.sandbox.requests
    .filter(({ method, path }) => harness.sandbox.account.callOf(method, path) === call)
    .map(({ body }) => JSON.parse(body));
const limits = () =>
  harness.sandbox.account.budgets.map(({ reset_interval, limit_usd }) => [
    reset_interval,
    limit_usd,
  ]);
const members = () => harness.sandbox.account.memberships.map(({ user_id }) => user_id);

describe('a new workspace', () => {
  test('is governed as it is asked for: guardrail, budgets, members', async () => {
    const step = await create(GOVERNED);
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ created: 'true', outcome: 'created' });
    expect(calls()).toEqual([
      'GET /organization/members',
      'POST /workspaces',
      PATCH_GUARDRAIL,
      ...Array(4).fill(PUT_BUDGET),
      ADD_MEMBERS,
    ]);
    expect(bodiesOf('POST /workspaces')).toEqual([{ name: 'Governed', slug: SLUG }]);
    expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([
      {
        allowed_models: ['openai/gpt-5-mini', 'anthropic/claude-4:free'],
        ignored_providers: ['azure', 'deepinfra'],
        enforce_zdr_anthropic: true,
        enforce_zdr_google: true,
        enforce_zdr_openai: true,
        enforce_zdr_other: true,
        enforce_zdr_xai: true,
        limit_usd: 5,
        reset_interval: 'daily',
      },
    ]);
    expect(bodiesOf(PUT_BUDGET)).toEqual([
      { limit_usd: 1.5, include_byok_in_budgets: true },
      { limit_usd: 5 },
      { limit_usd: 20 },
      { limit_usd: 100 },
    ]);
    expect(bodiesOf(ADD_MEMBERS)).toEqual([{ user_ids: ['user_2bruno', 'user_2chandra'] }]);
    expect(members()).toEqual(['user_2bruno', 'user_2chandra']);
    expect(step.log).toContain('Set the guardrail.\nSet the daily budget.\n');
    expect(step.summary).toContain('<code>budget weekly</code></td><td><code>5</code>');
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test('costs no request more where nothing governs it', async () => {
    await create();
    expect(calls()).toEqual(['POST /workspaces']);
  });

  test('sends only what was written', async () => {
    await create({ 'allowed-providers': 'openai' });
    expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([{ allowed_providers: ['openai'] }]);
    expect(writes()).toEqual(['POST /workspaces', PATCH_GUARDRAIL]);
  });

  test('takes null for no restriction, which it has none of', async () => {
    const nulls = {
      'allowed-models': 'null',
      'budget-daily-usd': 'null',
      'guardrail-limit-usd': 'null',
    };
    expect((await create(nulls)).exitCode).toBe(0);
    expect(calls()).toEqual(['POST /workspaces']);
  });
});

describe('refused before anything is created:', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'a limit without its interval',
      { 'guardrail-limit-usd': '5' },
      'guardrail-limit-usd needs guardrail-limit-reset',
    ],
    [
      'an interval without its limit',
      { 'guardrail-limit-reset': 'daily' },
      'guardrail-limit-reset needs guardrail-limit-usd',
    ],
    [
      'a limit of nothing',
      { 'guardrail-limit-usd': '0', 'guardrail-limit-reset': 'daily' },
      'must be an amount in USD above 0',
    ],
    [
      'a budget that is no number',
      { 'budget-daily-usd': '5 USD' },
      'budget-daily-usd must be an amount in USD above 0, or "null"',
    ],
    [
      'budgets that are equal',
      { 'budget-daily-usd': '5', 'budget-weekly-usd': '5' },
      'budget-weekly-usd must be more than budget-daily-usd, which is 5',
    ],
    [
      'budgets out of order, over a gap',
      { 'budget-daily-usd': '5', 'budget-lifetime-usd': '4' },
      'budget-lifetime-usd must be more than budget-daily-usd',
    ],
    [
      'a flag without a budget',
      { 'include-byok-in-budgets': 'true' },
      'include-byok-in-budgets needs one of the budgets',
    ],
    ['an empty list', { 'allowed-models': '[]' }, '"null" lifts the restriction'],
    [
      'a model with a blank',
      { 'allowed-models': 'gpt 5' },
      'allowed-models (entry 1) must be a model, as author/model',
    ],
    [
      'a model without its author',
      { 'allowed-models': 'gpt-5-mini' },
      'allowed-models (entry 1) must be a model, as author/model',
    ],
    [
      'what is allowed and ignored',
      { 'allowed-models': 'a/b', 'ignored-models': 'a/c, a/b' },
      'ignored-models has what allowed-models has too: a/b',
    ],
    [
      'an interval of no limit',
      { 'guardrail-limit-reset': 'null' },
      'guardrail-limit-reset needs guardrail-limit-usd',
    ],
    ['a word for true', { 'enforce-zdr': 'yes' }, 'enforce-zdr must be true or false'],
  ])('%s', async (_, inputs, problem) => {
    expect(expectFailure(await create(inputs)).message).toContain(problem);
    expect(calls()).toEqual([]);
  });

  test('all at once, with what is wrong by itself', async () => {
    const { message } = expectFailure(
      await create({
        slug: 'Not A Slug',
        'guardrail-limit-usd': '5',
        'budget-daily-usd': '5',
        'budget-weekly-usd': '1',
      }),
    );
    expect(message.split('\n')).toHaveLength(4);
  });

  test('and no pair is missed where one of it is wrong by itself', async () => {
    const { message } = expectFailure(
      await create({
        'guardrail-limit-usd': '5 USD',
        'guardrail-limit-reset': 'daily',
        'budget-daily-usd': '5 USD',
        'include-byok-in-budgets': 'true',
      }),
    );
    expect(message.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'guardrail-limit-usd',
      'budget-daily-usd',
      'Nothing',
    ]);
    expect(message.match(/try: 5$/gm)).toHaveLength(2);
  });

  test('an address that two people have', async () => {
    const { members: organization } = harness.sandbox.account;
    organization.push({ ...(organization[1] as (typeof organization)[0]), id: 'user_twin' });
    const { message } = expectFailure(await create({ members: 'bruno@example.com' }));
    organization.pop();
    expect(message).toContain('members: 2 people in it have bruno@example.com');
  });

  test('who is not in the organization', async () => {
    const { title, message } = expectFailure(
      await create({ members: 'bruno@example.com, nobody@example.com, user_x' }),
    );
    expect(title).toBe('Not all members are in the organization');
    expect(message).toContain('nobody@example.com');
    expect(message).toContain('user_x');
    expect(message).not.toContain('bruno');
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(calls()).toEqual(['GET /organization/members']);
  });

  test('members of an account that has none', async () => {
    harness.sandbox.faults.push({ kind: 'answer', status: 403 });
    const { message } = expectFailure(await create({ members: 'bruno@example.com' }));
    expect(message).toContain('Only an organization has members');
    expect(writes()).toEqual([]);
  });
});

describe('if-exists: update', () => {
  test('writes nothing where nothing differs', async () => {
    await create(GOVERNED);
    harness.sandbox.requests.length = 0;
    const step = await update(GOVERNED);
    expect(step.outputs).toMatchObject({ created: 'false', outcome: 'unchanged' });
    expect(writes()).toEqual([]);
  });

  test('writes what differs, and no more', async () => {
    await create(GOVERNED);
    harness.sandbox.requests.length = 0;
    const step = await update({
      ...GOVERNED,
      'ignored-providers': 'null',
      'budget-daily-usd': '6',
      'budget-weekly-usd': 'null',
      'budget-monthly-usd': '10',
      members: 'ada@example.com, bruno@example.com',
    });
    expect(step.outputs).toMatchObject({ created: 'false', outcome: 'updated' });
    expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([{ ignored_providers: null }]);
    expect(writes()).toEqual([
      PATCH_GUARDRAIL,
      'DELETE /workspaces/:id/budgets/:interval',
      PUT_BUDGET,
      PUT_BUDGET,
      ADD_MEMBERS,
    ]);
    expect(limits()).toEqual(
      expect.arrayContaining([
        ['daily', 6],
        ['monthly', 10],
        [null, 100],
      ]),
    );
    expect(limits()).toHaveLength(3);
    expect(bodiesOf(ADD_MEMBERS)).toEqual([{ user_ids: [harness.sandbox.account.owner] }]);
    expect(step.log).toContain('budget daily: 1.5 → 6');
    expect(step.summary).toContain(
      '<code>budget monthly</code></td><td><code>10</code></td><td><code>was 20</code>',
    );
  });

  test('sets the flag with a budget, also where no budget differs', async () => {
    await create(GOVERNED);
    harness.sandbox.requests.length = 0;
    await update({ ...GOVERNED, 'include-byok-in-budgets': 'false' });
    expect(writes()).toEqual([PUT_BUDGET]);
    expect(bodiesOf(PUT_BUDGET)).toEqual([{ limit_usd: 1.5, include_byok_in_budgets: false }]);
  });

  test('is refused, and nothing written, where the budgets would not be in order', async () => {
    await create(GOVERNED);
    harness.sandbox.requests.length = 0;
    const step = await update({ description: 'New', 'budget-weekly-usd': '30' });
    expect(annotations(step)[0]?.properties['title']).toBe('The budgets would not be in order');
    expect(step.exitCode).toBe(1);
    expect(writes()).toEqual([]);
  });

  test('reads budgets that are 404 as none', async () => {
    await create();
    const body = '{"error":{"code":404,"message":"No budgets"}}';
    harness.sandbox.faults.push({
      on: 'GET /workspaces/:id/budgets',
      kind: 'answer',
      status: 404,
      body,
    });
    expect((await update({ 'budget-daily-usd': '5' })).outputs['outcome']).toBe('updated');
    expect(limits()).toEqual([['daily', 5]]);
  });
});

describe('a workspace that is reused', () => {
  test('is governed as it was', async () => {
    await create();
    harness.sandbox.requests.length = 0;
    await create({ ...GOVERNED, 'if-exists': 'reuse' });
    expect(calls()).toEqual(['GET /workspaces/:id']);
  });

  const warningsOf = (step: StepResult) =>
    annotations(step, 'warning').map(({ data }) => [
      data.split('\n', 1)[0],
      data.slice(data.indexOf('\n') + 1),
    ]);
  const LIMIT = {
    'guardrail-limit-usd': '5',
    'guardrail-limit-reset': 'daily',
    'enforce-zdr': 'false',
    'budget-daily-usd': 'null',
    'if-exists': 'reuse',
  };
  const NAMES = 'enforce-zdr, guardrail-limit-usd, guardrail-limit-reset, budget-daily-usd';
  const POLICY = 'With if-exists: reuse, the step changes nothing in a workspace that exists.';
  const REMEDY = 'To apply them, use if-exists: update.';

  test('gets a warning that names the guardrail, budget and member inputs not applied', async () => {
    await create();
    const step = await create(LIMIT);
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ created: 'false', outcome: 'unchanged' });
    expect(warningsOf(step)).toEqual([
      [
        `Inputs were not applied to the workspace ${SLUG}`,
        `Not applied: ${NAMES}.\n${POLICY}\n${REMEDY}`,
      ],
    ]);
  });

  test('gets a warning in a dry run that names the inputs that would not be applied', async () => {
    await create();
    const step = await create({ ...LIMIT, 'dry-run': 'true' });
    expect(step.exitCode).toBe(0);
    expect(warningsOf(step)).toEqual([
      [
        `Inputs would not be applied to the workspace ${SLUG}`,
        `Would not be applied: ${NAMES}.\n${POLICY}\n${REMEDY}`,
      ],
    ]);
  });

  test('gets no warning without a guardrail, budget or member input', async () => {
    await create();
    const step = await create({ description: 'New', members: '[]', 'if-exists': 'reuse' });
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test('gets no warning about inputs when the step creates it', async () => {
    const step = await create(LIMIT);
    expect(step.outputs['created']).toBe('true');
    expect(annotations(step, 'warning')).toEqual([]);
  });
});

describe('a dry run shows the plan', () => {
  test('for a new one', async () => {
    const step = await create({ ...GOVERNED, 'dry-run': 'true' });
    expect(step.exitCode).toBe(0);
    expect(writes()).toEqual([]);
    expect(step.log).toContain('budget lifetime: null → 100');
    expect(step.summary).toContain(
      '<code>guardrail limit_usd</code></td><td><code>5</code></td><td>would be set</td>',
    );
  });

  test('for one that exists', async () => {
    await create(GOVERNED);
    harness.sandbox.requests.length = 0;
    const step = await update({ ...GOVERNED, 'budget-daily-usd': '2', 'dry-run': 'true' });
    expect(step.outputs['outcome']).toBe('would-update');
    expect(writes()).toEqual([]);
    expect(step.log).toContain('budget daily: 1.5 → 2');
    expect(step.log).not.toContain('guardrail');
  });
});

describe('when a part fails', () => {
  const parts: [string, string, string, string][] = [
    [PATCH_GUARDRAIL, 'Could not set the guardrail', '', 'the guardrail, the daily budget'],
    [PUT_BUDGET, 'Could not set the daily budget', 'the guardrail', 'the daily budget, the weekly'],
    [ADD_MEMBERS, 'Could not add members', 'the guardrail, the daily budget', 'the members'],
  ];

  test.each(parts)('%s: the step says what is in force', async (on, title, inForce, notInForce) => {
    harness.sandbox.faults.push({ on, kind: 'answer', status: 422 });
    const step = await create(GOVERNED);
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ slug: SLUG, created: 'true' });
    expect(step.outputs).not.toHaveProperty('outcome');
    const [error] = annotations(step);
    expect(error?.properties['title']).toContain(title);
    if (inForce) expect(error?.data).toContain(`In force: ${inForce}`);
    expect(error?.data).toContain(`Not in force, or not known to be: ${notInForce}`);
    expect(error?.data).toContain('running this again with if-exists: update completes it.');
    expect(error?.data).not.toContain('Nothing was changed');

    const again = await update(GOVERNED);
    expect(again.outputs['outcome']).toBe('updated');
    expect(limits()).toHaveLength(4);
    expect(members()).toHaveLength(2);
  });

  test.each([402, 403, 404])('%i of a budget says which plan it needs', async (status) => {
    const body = '{"error":{"message":"No"}}';
    harness.sandbox.faults.push({ on: PUT_BUDGET, kind: 'answer', status, body });
    const step = await create({ 'budget-daily-usd': '5' });
    expect(annotations(step)[0]?.data).toContain('need the Enterprise plan of OpenRouter');
  });

  test('delete-after-job deletes the workspace', async () => {
    harness.sandbox.faults.push({ on: PUT_BUDGET, kind: 'answer', status: 422 });
    const step = await create({ ...GOVERNED, 'delete-after-job': 'true' });
    expect(annotations(step)[0]?.data).toContain(
      'With delete-after-job, the workspace is deleted when the job ends.',
    );
    const post = await harness.post(step);
    expect(post.exitCode).toBe(0);
    expect(harness.sandbox.account.workspaces).toHaveLength(1);
  });

  const passing: [string, ScheduledFault][] = [
    ['502', { kind: 'answer', status: 502 }],
    ['a reset after it was carried out', { kind: 'reset', applied: true }],
    ['a reset before', { kind: 'reset' }],
    ['429', { kind: 'answer', status: 429, headers: { 'retry-after': '0' } }],
  ];
  test.each(passing)('by %s, it is tried again', async (_, fault) => {
    for (const on of [PATCH_GUARDRAIL, PUT_BUDGET, ADD_MEMBERS]) {
      harness.sandbox.faults.push({ on, ...fault });
    }
    const step = await create(GOVERNED);
    expect(step.exitCode).toBe(0);
    expect(limits()).toHaveLength(4);
    expect(members()).toEqual(['user_2bruno', 'user_2chandra']);
  });
});

describe('members', () => {
  test('are added a hundred at a time, each once', async () => {
    const { members: organization } = harness.sandbox.account;
    const people = Array.from({ length: 150 }, (_, at) => ({
      id: `user_${at}`,
      email: `${at}@example.com`,
      first_name: null,
      last_name: null,
      role: 'org:member' as const,
    }));
    organization.push(...people);
    const written = [...people.map(({ email }) => email), 'user_3', '3@example.com'];
    await create({ members: written.join('\n') });
    organization.length -= people.length;
    expect(bodiesOf(ADD_MEMBERS).map(({ user_ids }) => user_ids.length)).toEqual([100, 50]);
    expect(members()).toHaveLength(150);
  });

  test('a POST that may have landed is looked into before another', async () => {
    harness.sandbox.faults.push({ on: ADD_MEMBERS, kind: 'reset', applied: true });
    const step: StepResult = await create({ members: 'user_2bruno' });
    expect(step.exitCode).toBe(0);
    expect(calls().slice(-2)).toEqual([ADD_MEMBERS, 'GET /workspaces/:id/members']);
  });
});

describe('an answer that is not what was asked for is red', () => {
  const LIMIT = { 'guardrail-limit-usd': '5', 'guardrail-limit-reset': 'daily' };
  test.each<[string, Record<string, string>, string, object, string]>([
    [
      'a limit',
      LIMIT,
      PATCH_GUARDRAIL,
      { limit_usd: 500, reset_interval: 'daily' },
      'limit_usd is 500',
    ],
    ['no limit', LIMIT, PATCH_GUARDRAIL, { limit_usd: null }, 'limit_usd is null'],
    [
      'no models',
      { 'allowed-models': 'a/b' },
      PATCH_GUARDRAIL,
      { allowed_models: null },
      'allowed_models is null',
    ],
    [
      'a budget',
      { 'budget-daily-usd': '5' },
      PUT_BUDGET,
      { limit_usd: 4, reset_interval: 'daily' },
      'daily 4 USD',
    ],
    [
      'an interval',
      { 'budget-daily-usd': '5' },
      PUT_BUDGET,
      { limit_usd: 5, reset_interval: 'monthly' },
      'monthly 5 USD',
    ],
  ])('%s', async (_, inputs, on, data, fact) => {
    harness.sandbox.faults.push({
      on,
      kind: 'answer',
      status: 200,
      body: JSON.stringify({ data }),
    });
    const step = await create(inputs);
    expect(step.exitCode).toBe(1);
    const [error] = annotations(step);
    expect(error?.properties['title']).toContain('is not what was asked for');
    expect(error?.data).toContain(fact);
    expect(error?.data).toContain('Not in force, or not known to be: the ');
    expect(calls().filter((call) => call === on)).toHaveLength(1);
  });

  test('but for a model, which may have another slug', async () => {
    const body = JSON.stringify({
      data: { allowed_models: ['anthropic/claude-4.5-opus-20251124'] },
    });
    harness.sandbox.faults.push({ on: PATCH_GUARDRAIL, kind: 'answer', status: 200, body });
    expect((await create({ 'allowed-models': 'anthropic/claude-opus-4.5' })).exitCode).toBe(0);
  });

  test('the flag of the budgets', async () => {
    const data = { limit_usd: 5, reset_interval: 'daily' };
    const body = JSON.stringify({ data, include_byok_in_budgets: false });
    harness.sandbox.faults.push({ on: PUT_BUDGET, kind: 'answer', status: 200, body });
    const step = await create({ 'budget-daily-usd': '5', 'include-byok-in-budgets': 'true' });
    expect(annotations(step)[0]?.data).toContain('include_byok_in_budgets is false');
  });

  test('members who were not added', async () => {
    const body = JSON.stringify({ data: [], added_count: 0 });
    harness.sandbox.faults.push({ on: ADD_MEMBERS, kind: 'answer', status: 200, body });
    const step = await create({ members: 'user_2bruno' });
    expect(annotations(step)[0]?.properties['title']).toBe(
      'Not all members were added to the workspace governed',
    );
  });
});

describe('a workspace that is answered without its guardrail', () => {
  const withoutId = () => {
    const { default_guardrail_id: _, ...rest } = harness.sandbox.account.workspaces.at(-1) ?? {};
    return JSON.stringify({ data: rest });
  };
  test('is looked at once more', async () => {
    await create();
    const body = withoutId();
    harness.sandbox.account.workspaces.length = 1;
    // Carried out, and answered as an older API would.
    harness.sandbox.faults.push({
      on: 'POST /workspaces',
      kind: 'answer',
      status: 201,
      applied: true,
      body: body.replace(/"id":"[^"]*"/, '"id":"governed"'),
    });
    const step = await create({ 'enforce-zdr': 'true' });
    expect(step.exitCode).toBe(0);
    expect(harness.sandbox.account.guardrails).toHaveLength(1);
  });

  test('is red with update, before anything is written', async () => {
    await create();
    harness.sandbox.faults.push({
      on: 'GET /workspaces/:id',
      kind: 'answer',
      status: 200,
      body: withoutId(),
    });
    harness.sandbox.requests.length = 0;
    const step = await update({ description: 'New', 'enforce-zdr': 'true' });
    expect(annotations(step)[0]?.properties['title']).toBe(
      'The guardrail of the workspace governed cannot be found',
    );
    expect(writes()).toEqual([]);
  });
});

describe('what the log says was done', () => {
  test('a budget that was deleted was not set', async () => {
    await create({ 'budget-daily-usd': '5' });
    const step = await update({ 'budget-daily-usd': 'null' });
    expect(step.log).toContain('Deleted the daily budget.');
    expect(step.log).not.toContain('Set the daily budget.');
  });

  test('of a limit, only what differs', async () => {
    const limit = { 'guardrail-limit-usd': '5' };
    await create({ ...limit, 'guardrail-limit-reset': 'daily' });
    const step = await update({ ...limit, 'guardrail-limit-reset': 'weekly' });
    expect(step.log).toContain('guardrail reset_interval: "daily" → "weekly"');
    expect(step.log).not.toContain('5 → 5');
    expect(bodiesOf(PATCH_GUARDRAIL).at(-1)).toEqual({ limit_usd: 5, reset_interval: 'weekly' });
  });

  test('fields are written first, and named where the rest fails', async () => {
    await create();
    harness.sandbox.requests.length = 0;
    harness.sandbox.faults.push({ on: PATCH_GUARDRAIL, kind: 'answer', status: 422 });
    const step = await update({ description: 'New', 'enforce-zdr': 'true' });
    expect(writes()).toEqual(['PATCH /workspaces/:id', PATCH_GUARDRAIL]);
    const [error] = annotations(step);
    expect(error?.data).toContain('In force: description.');
    expect(error?.data).toContain('Not in force, or not known to be: the guardrail.');
    expect(error?.data).toContain('running this again completes it.');
  });

  test('with fail, what update would do', async () => {
    await create();
    const { message } = expectFailure(await create({ 'enforce-zdr': 'true' }));
    expect(message).toContain('With if-exists: update, it would change none of its fields.');
    expect(message).toContain('It would also set what governs it, where that differs.');
  });
});

test('the flag goes with the budget that is set, and not with one that is deleted', async () => {
  await create({ 'budget-daily-usd': '5', 'include-byok-in-budgets': 'true' });
  harness.sandbox.requests.length = 0;
  await update({
    'budget-daily-usd': 'null',
    'budget-weekly-usd': '7',
    'include-byok-in-budgets': 'false',
  });
  expect(bodiesOf(PUT_BUDGET)).toEqual([{ limit_usd: 7, include_byok_in_budgets: false }]);
});

test('an empty list of members asks for nobody', async () => {
  await create({ members: '[]' });
  expect(calls()).toEqual(['POST /workspaces']);
});

describe('a workspace of which it cannot be told who has made it', () => {
  const slugTakenBy500 = openHarness({ takenSlugStatus: 500 });

  /** A step whose POST is answered as that for a slug that is taken, though it has made it. */
  function reuse(inputs: Record<string, string>) {
    const fault = { kind: 'answer', status: 500, applied: true } as const;
    slugTakenBy500.sandbox.faults.push({ on: 'POST /workspaces', ...fault });
    return slugTakenBy500.create({ 'if-exists': 'reuse', ...inputs });
  }

  test('gets a warning with reuse that it may have no guardrail, budgets and members', async () => {
    const step = await reuse({ 'enforce-zdr': 'true', slug: 'governed' });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ created: 'false', outcome: 'unchanged' });
    const warnings = annotations(step, 'warning');
    expect(warnings.map(({ data }) => data.split('\n'))).toEqual([
      [
        'Inputs were not applied to the workspace governed',
        'Not applied: enforce-zdr.',
        'With if-exists: reuse, the step changes nothing in a workspace that exists.',
        'The step cannot determine whether it created this workspace. If it did, the workspace has no guardrail, no budgets and no members yet.',
        'To apply them, use if-exists: update.',
      ],
    ]);
    const { budgets, guardrails, memberships } = slugTakenBy500.sandbox.account;
    expect([budgets, guardrails, memberships]).toEqual([[], [], []]);
  });

  test('is reused without a warning, where nothing was to govern it', async () => {
    const step = await reuse({ slug: 'free' });
    expect(step.outputs).toMatchObject({ created: 'false', outcome: 'unchanged' });
    expect(annotations(step, 'warning')).toEqual([]);
  });
});
