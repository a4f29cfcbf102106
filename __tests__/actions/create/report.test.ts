import { describe, expect, test } from '@jest/globals';
import { WORKSPACE_DEFAULTS } from '../../../sandbox/openrouter/resources/workspaces.ts';
import { createSummary } from '../../../src/actions/create/report.ts';
import type { CreateRequest, CreateResult } from '../../../src/actions/create/request.ts';
import {
  desiredSettings,
  type Governance,
  type SettingChange,
} from '../../../src/governance/governance.ts';
import type { Cell, Table } from '../../../src/lib/table.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { ZDR_FIELDS } from '../../../src/openrouter/resources/guardrails.ts';
import { WITHOUT_LOOKUP } from './fixtures.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const URL = 'https://openrouter.ai/workspaces/preview-42';
const NAMED = { name: 'Preview', slug: 'preview-42' };
const WORKSPACE = { id: ID, ...WORKSPACE_DEFAULTS, ...NAMED };

/** What a reader sees of a cell. */
function textOf(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  if ('code' in cell) return `\`${cell.code}\``;
  return 'url' in cell ? cell.text : cell.map(textOf).join('');
}

const rowsOf = (table: Table | undefined) => table?.rows.map((row) => row.map(textOf));
const first = (rows: string[][] | undefined) => rows?.map(([name]) => name);

/** The summary of a result, as a reader sees it. */
function summaryOf(result: Partial<CreateResult>, request: Partial<CreateRequest> = {}) {
  const workspace = result.outcome === 'would-create' ? {} : { workspace: WORKSPACE };
  const summary = createSummary(
    { outcome: 'created', ...workspace, changes: [], governanceChanges: [], ...result },
    { ...WITHOUT_LOOKUP, desired: NAMED, ...request },
  );
  const { title, url, paragraphs = [], table, folded = [], notes } = summary;
  return {
    title,
    url,
    lines: paragraphs.map(textOf),
    header: table?.header,
    rows: rowsOf(table),
    folded: folded.map((part) => [textOf(part.title), rowsOf(part.table)] as const),
    notes,
  };
}

/** The summary of an update, or of one in a dry run. */
const updateOf = (result: Partial<CreateResult>, request: Partial<CreateRequest> = {}) =>
  summaryOf({ outcome: 'updated', ...result }, { ifExists: 'update', ...request });

const SLUG_LINE = 'Slug: `preview-42`';

/** Each field of a guardrail that is requested, with its change from null. */
function governanceOf(governance: Governance, ...governanceInputs: string[]) {
  const governanceChanges = desiredSettings(governance).flatMap(({ value, ...setting }) =>
    value === undefined ? [] : [{ ...setting, from: null, to: value }],
  );
  return { request: { governance, governanceInputs }, governanceChanges };
}

describe('the summary of a new workspace', () => {
  test('has its name with its link, its slug, what the author wrote, and folded what OpenRouter set', () => {
    const desired = { ...NAMED, description: 'For tests', io_logging_sampling_rate: 0.5 };
    const { folded, ...shown } = summaryOf(
      { workspace: { ...WORKSPACE, ...desired } },
      { desired },
    );
    expect(shown).toEqual({
      title: '✅ Created the OpenRouter workspace "Preview"',
      url: URL,
      lines: [SLUG_LINE],
      header: ['Input', 'Value'],
      rows: [
        ['`description`', '`For tests`'],
        ['`io-logging-sampling-rate`', '`0.5`'],
      ],
      notes: [],
    });
    expect(folded).toEqual([
      [
        'Set by OpenRouter',
        [
          ['`id`', `\`${ID}\``],
          ['`default-text-model`', '–'],
          ['`default-image-model`', '–'],
          ['`default-provider-sort`', '–'],
          ['`io-logging-api-key-ids`', '–'],
          ['`is-data-discount-logging-enabled`', '`false`'],
          ['`is-observability-broadcast-enabled`', '`false`'],
          ['`is-observability-io-logging-enabled`', '`false`'],
          ['`disabled-server-tools`', '–'],
        ],
      ],
    ]);
  });

  test('has no table if the author wrote nothing but name and slug', () => {
    const { rows, folded } = summaryOf({});
    expect(rows).toBeUndefined();
    expect(folded).toHaveLength(1);
  });

  test('that has another value than requested shows that value, and names its input', () => {
    const desired = { ...NAMED, description: 'Mine', io_logging_sampling_rate: 0.5 };
    const workspace = { ...WORKSPACE, description: 'Other', io_logging_sampling_rate: 0.5 };
    const { title, lines, rows } = summaryOf({ workspace }, { desired });
    expect(title).toBe('⚠️ Created the OpenRouter workspace "Preview": 1 input not applied');
    expect(lines).toEqual([
      'OpenRouter returned other values than requested: description.',
      SLUG_LINE,
    ]);
    expect(rows).toContainEqual(['`description`', '`Other`']);
  });

  test('that a dry run would create has no link and nothing folded', () => {
    const desired = { ...NAMED, description: null };
    const request = { desired, dryRun: true };
    const { folded, url, ...shown } = summaryOf({ outcome: 'would-create' }, request);
    expect({ folded, url }).toEqual({ folded: [], url: undefined });
    expect(shown).toMatchObject({
      title: '🔎 Dry run: would create the OpenRouter workspace "Preview"',
      lines: [SLUG_LINE],
      header: ['Input', 'Value'],
      rows: [['`description`', 'cleared']],
    });
  });
});

describe('inputs for guardrail, budgets and members', () => {
  const shownOf = (governance: Governance, ...inputs: string[]) => {
    const { request, governanceChanges } = governanceOf(governance, ...inputs);
    return summaryOf({ governanceChanges }, request).rows;
  };
  const zdr = (value: boolean) => Object.fromEntries(ZDR_FIELDS.map((field) => [field, value]));

  test.each<[string, Governance, string[], string[][]]>([
    [
      'enforce-zdr is one row',
      { guardrail: zdr(true) },
      ['enforce-zdr'],
      [['`enforce-zdr`', '`true`']],
    ],
    [
      'a field of enforce-zdr that the author wrote has a row of its own',
      { guardrail: { enforce_zdr_xai: true } },
      ['guardrail'],
      [['`guardrail: enforce_zdr_xai`', '`true`']],
    ],
    [
      'amount and interval of the guardrail are one row',
      { guardrail: { limit_usd: toUsd(5), reset_interval: 'daily' } },
      ['guardrail-limit-usd', 'guardrail-limit-reset'],
      [['`guardrail-limit-usd`', '$5.00 daily, for each key and member']],
    ],
    [
      'a limit of the guardrail that is "null" is cleared',
      { guardrail: { limit_usd: null, reset_interval: null } },
      ['guardrail-limit-usd'],
      [['`guardrail-limit-usd`', 'cleared']],
    ],
    [
      'each budget is a row with its interval',
      {
        budgets: {
          limits: { daily: toUsd(1.5), weekly: null, lifetime: toUsd(1_000) },
          include_byok_in_budgets: false,
        },
      },
      ['budget-daily-usd', 'budget-weekly-usd', 'budget-lifetime-usd', 'include-byok-in-budgets'],
      [
        ['`budget-daily-usd`', '$1.50 daily, for the whole workspace'],
        ['`budget-weekly-usd`', 'cleared'],
        ['`budget-lifetime-usd`', '$1,000.00 lifetime, for the whole workspace'],
        ['`include-byok-in-budgets`', '`false`'],
      ],
    ],
    [
      'the flag about provider keys that only the guardrail has is another one',
      { guardrail: { include_byok_in_budgets: true } },
      ['guardrail'],
      [['`guardrail: include_byok_in_budgets`', '`true`']],
    ],
    [
      'fields of the guardrail are named as the author wrote them',
      {
        guardrail: {
          content_filters: [{ pattern: 'a', action: 'block' }],
          'a b': {},
          constructor: 1,
        },
      },
      ['guardrail'],
      [
        ['`guardrail: content_filters`', '`{"pattern":"a","action":"block"}`'],
        ['`guardrail: a b`', '`{}`'],
        ['`guardrail: constructor`', '`1`'],
      ],
    ],
    [
      'a list of models has the name of its input',
      { guardrail: { allowed_models: ['openai/gpt-5-mini', 'a/b'], ignored_providers: null } },
      ['allowed-models', 'ignored-providers'],
      [
        ['`allowed-models`', '`openai/gpt-5-mini, a/b`'],
        ['`ignored-providers`', 'cleared'],
      ],
    ],
    [
      'members are counted, without their addresses',
      { members: ['bruno@example.com', 'user_2chandra'] },
      ['members'],
      [['`members`', '2 added']],
    ],
  ])('%s', (_, governance, inputs, rows) => {
    expect(shownOf(governance, ...inputs)).toEqual(rows);
  });
});

describe('the summary of an update', () => {
  const zdrChanges = (from: (field: string) => unknown): SettingChange[] =>
    ZDR_FIELDS.map((field) => ({ kind: 'guardrail', field, from: from(field), to: true }));

  test.each([
    [false, '✅ Updated the OpenRouter workspace "Preview": 3 changes'],
    [true, '🔎 Dry run: would update the OpenRouter workspace "Preview": 3 changes'],
  ])(
    'has what changes, before and after it, and the rest folded (dry run: %s)',
    (dryRun, title) => {
      const desired = {
        ...NAMED,
        description: 'New',
        default_provider_sort: null,
        default_text_model: 'a/b',
      };
      const governance = {
        guardrail: { limit_usd: toUsd(10), reset_interval: 'daily', allowed_models: ['a/b'] },
        members: ['a@example.com', 'b@example.com'],
      } as const satisfies Governance;
      const before = { ...WORKSPACE, default_provider_sort: 'price', default_text_model: 'a/b' };
      const after = { ...before, description: 'New', default_provider_sort: null };
      const { folded, ...shown } = updateOf(
        {
          outcome: dryRun ? 'would-update' : 'updated',
          workspace: dryRun ? before : after,
          changes: [
            { kind: 'field', field: 'description', from: null, to: 'New' },
            { kind: 'field', field: 'default_provider_sort', from: 'price', to: null },
          ],
          governanceChanges: [
            { kind: 'guardrail', field: 'limit_usd', from: toUsd(5), to: toUsd(10) },
          ],
        },
        {
          dryRun,
          desired: desired as CreateRequest['desired'],
          governance: governance as Governance,
          governanceInputs: [
            'guardrail-limit-usd',
            'guardrail-limit-reset',
            'allowed-models',
            'members',
          ],
        },
      );
      expect(shown).toMatchObject({
        title,
        url: URL,
        lines: [SLUG_LINE],
        header: ['Input', 'Change'],
        rows: [
          ['`description`', '– → `New`'],
          ['`default-provider-sort`', '`price` → cleared'],
          [
            '`guardrail-limit-usd`',
            '$5.00 daily, for each key and member → $10.00 daily, for each key and member',
          ],
        ],
      });
      const [[heading, rows] = []] = folded;
      expect(heading).toBe('Unchanged');
      expect(rows).toContainEqual(['`default-text-model`', '`a/b`']);
      expect(rows).toContainEqual(['`default-image-model`', '–']);
      expect(rows).toContainEqual(['`allowed-models`', '`a/b`']);
      expect(rows).toContainEqual(['`members`', '2']);
      expect(first(rows)).not.toContain('`description`');
      expect(first(rows)).not.toContain('`name`');
      expect(first(rows)).not.toContain('`guardrail-limit-usd`');
    },
  );

  test('of the name has it in the table, and one change is singular', () => {
    const changes: SettingChange[] = [{ kind: 'field', field: 'name', from: 'Old', to: 'Preview' }];
    const { title, rows } = updateOf({ changes });
    expect(title).toBe('✅ Updated the OpenRouter workspace "Preview": 1 change');
    expect(rows).toEqual([['`name`', '`Old` → `Preview`']]);
  });

  test.each([
    ['none', zdrChanges(() => null), '–'],
    ['all false', zdrChanges(() => false), '`false`'],
    [
      'some unknown',
      zdrChanges((field) => (field.endsWith('xai') ? false : null)),
      'not for all companies',
    ],
    ['some already', zdrChanges(() => false).slice(0, 2), 'not for all companies'],
  ])('of enforce-zdr is one change (before: %s)', (_, governanceChanges, before) => {
    const guardrail = Object.fromEntries(ZDR_FIELDS.map((field) => [field, true]));
    const { title, rows } = updateOf(
      { governanceChanges },
      { governance: { guardrail }, governanceInputs: ['enforce-zdr'] },
    );
    expect(title).toMatch(/: 1 change$/);
    expect(rows).toEqual([['`enforce-zdr`', `${before} → \`true\``]]);
  });

  test('of a limit shows one that was set without an interval, and one that is cleared', () => {
    const limit = (fields: object) => ({ limit_usd: null, reset_interval: null, ...fields });
    const { rows } = updateOf(
      {
        governanceChanges: [
          { kind: 'guardrail', field: 'limit_usd', from: toUsd(2.5), to: null },
          { kind: 'budget', field: 'daily', from: toUsd(1), to: null },
        ],
      },
      {
        governance: { guardrail: limit({}), budgets: { limits: { daily: null } } },
        governanceInputs: ['guardrail-limit-usd', 'budget-daily-usd'],
      },
    );
    expect(rows).toEqual([
      ['`guardrail-limit-usd`', '$2.50 in total, for each key and member → cleared'],
      ['`budget-daily-usd`', '$1.00 daily, for the whole workspace → cleared'],
    ]);
  });

  test('of a description has its URLs as text, which makes them links', () => {
    const to = 'For https://github.com/octo-org/shop/pull/42';
    const { rows } = updateOf(
      { changes: [{ kind: 'field', field: 'description', from: 'Mine', to }] },
      { desired: { ...NAMED, description: to } },
    );
    expect(rows).toEqual([['`description`', `\`Mine\` → ${to}`]]);
  });

  test('of a limit has all its decimals, which can be all that changes', () => {
    const limits = { daily: toUsd(1.234561) };
    const { rows } = updateOf(
      {
        governanceChanges: [
          { kind: 'budget', field: 'daily', from: toUsd(1.23456), to: limits.daily },
        ],
      },
      { governance: { budgets: { limits } }, governanceInputs: ['budget-daily-usd'] },
    );
    expect(rows).toEqual([
      [
        '`budget-daily-usd`',
        '$1.23456 daily, for the whole workspace → $1.234561 daily, for the whole workspace',
      ],
    ]);
  });

  test('tells a field of the guardrail from the field of the workspace that has its name', () => {
    const guardrail = { description: 'Strict' };
    const { rows, folded } = updateOf(
      {
        governanceChanges: [{ kind: 'guardrail', field: 'description', from: null, to: 'Strict' }],
      },
      { governance: { guardrail }, governanceInputs: ['guardrail'] },
    );
    expect(rows).toEqual([['`guardrail: description`', '– → `Strict`']]);
    expect(first(folded[0]?.[1])).toContain('`description`');
  });

  test.each([
    [['a', 'b'], ['b', 'c', 'd'], '+ `c, d`\n− `a`'],
    [['a'], ['a', 'b'], '+ `b`'],
    [['a', 'b'], ['b'], '− `a`'],
    // All are allowed if none is named.
    [null, ['a'], '– → `a`'],
    [['a'], null, '`a` → cleared'],
  ])('of a list from %j to %j shows what is added and removed', (from, to, change) => {
    const { rows } = updateOf(
      { governanceChanges: [{ kind: 'guardrail', field: 'allowed_models', from, to }] },
      { governance: { guardrail: { allowed_models: to } }, governanceInputs: ['allowed-models'] },
    );
    expect(rows).toEqual([['`allowed-models`', change]]);
  });

  test('counts only the members that were missing', () => {
    const members = Array.from({ length: 5 }, (_, at) => `${at}@example.com`);
    const { rows } = updateOf(
      {
        governanceChanges: [{ kind: 'new', field: 'members', from: null, to: members.slice(2) }],
      },
      { governance: { members }, governanceInputs: ['members'] },
    );
    expect(rows).toEqual([['`members`', '3 added']]);
  });

  test('whose response has another value than requested has ⚠️', () => {
    const changes: SettingChange[] = [
      { kind: 'field', field: 'description', from: null, to: 'Mine' },
    ];
    const { title, lines } = updateOf({ changes }, { desired: { ...NAMED, description: 'Mine' } });
    expect(title).toBe('⚠️ Updated the OpenRouter workspace "Preview": 1 input not applied');
    expect(lines[0]).toBe('OpenRouter returned other values than requested: description.');
  });

  test.each([
    [false, '✅ Unchanged: the OpenRouter workspace "Preview"'],
    [true, '🔎 Dry run: would not change the OpenRouter workspace "Preview"'],
  ])('that changes nothing has all folded (dry run: %s)', (dryRun, title) => {
    const { folded, rows, ...shown } = updateOf(
      { outcome: 'unchanged' },
      {
        dryRun,
        governance: { budgets: { limits: { daily: toUsd(5) } } },
        governanceInputs: ['budget-daily-usd'],
      },
    );
    expect(shown).toMatchObject({ title, lines: [SLUG_LINE] });
    expect(rows).toBeUndefined();
    const [[heading, unchanged] = []] = folded;
    expect(heading).toBe('Unchanged');
    expect(unchanged).toHaveLength(1 + 10 + 1);
    expect(unchanged?.at(-1)).toEqual([
      '`budget-daily-usd`',
      '$5.00 daily, for the whole workspace',
    ]);
  });
});

describe('the summary of a reused workspace', () => {
  const reuse = (request: Partial<CreateRequest>) =>
    summaryOf({ outcome: 'unchanged' }, { ifExists: 'reuse', ...request });

  test('that is as requested has ✅', () => {
    const { title, lines, rows } = reuse({ desired: { ...NAMED, description: null } });
    expect({ title, lines, rows }).toEqual({
      title: '✅ Reused the OpenRouter workspace "Preview"',
      lines: [SLUG_LINE],
      rows: undefined,
    });
  });

  test.each([
    [false, '⚠️ Reused the OpenRouter workspace "Preview": 6 inputs not applied'],
    [true, '⚠️ Dry run: would reuse the OpenRouter workspace "Preview": 6 inputs not applied'],
  ])('shows what is not applied next to what it has (dry run: %s)', (dryRun, title) => {
    const { folded, ...shown } = reuse({
      dryRun,
      desired: { ...NAMED, name: 'Mine', description: 'Mine', default_text_model: null },
      governance: {
        guardrail: { limit_usd: toUsd(5), reset_interval: 'daily' },
        budgets: { limits: { daily: toUsd(5) } },
        members: ['a@example.com'],
      },
      governanceInputs: [
        'guardrail-limit-usd',
        'guardrail-limit-reset',
        'budget-daily-usd',
        'members',
      ],
    });
    expect(shown).toMatchObject({
      title,
      lines: [
        'Whether the workspace has these limits is unknown: guardrail-limit-usd, budget-daily-usd.',
        'To apply them: if-exists: update.',
        SLUG_LINE,
      ],
      header: ['Input', 'Wanted', 'Has'],
      rows: [
        ['`name`', '`Mine`', '`Preview`'],
        ['`description`', '`Mine`', '–'],
        [
          '`guardrail-limit-usd guardrail-limit-reset`',
          '$5.00 daily, for each key and member',
          'unknown',
        ],
        ['`budget-daily-usd`', '$5.00 daily, for the whole workspace', 'unknown'],
        ['`members`', '1', 'unknown'],
      ],
    });
    // What is not applied is not shown as if it were.
    expect(first(folded[0]?.[1])).not.toContain('`budget-daily-usd`');
    expect(folded[0]?.[1]).toContainEqual(['`description`', '–']);
  });
});

test.each([
  [1, ''],
  [10, ''],
  [11, ' and 1 more'],
  [100, ' and 90 more'],
])('of a list of %i entries, at most ten are shown', (length, more) => {
  const ids = Array.from({ length }, (_, at) => at);
  const desired = { ...NAMED, io_logging_api_key_ids: ids };
  const { rows } = summaryOf({ workspace: { ...WORKSPACE, ...desired } }, { desired });
  expect(rows?.[0]?.[1]).toBe(`\`${ids.slice(0, 10).join(', ')}\`${more}`);
});

test('an empty list and an empty text are told apart from a value', () => {
  const desired = { ...NAMED, io_logging_api_key_ids: [] };
  const workspace = { ...WORKSPACE, ...desired, description: '' };
  const { rows, folded } = summaryOf({ workspace }, { desired });
  expect(rows).toEqual([['`io-logging-api-key-ids`', '`[]`']]);
  expect(folded[0]?.[1]).toContainEqual(['`description`', '–']);
});

test('a workspace that is too large for its output is noted', () => {
  const workspace = { ...WORKSPACE, icon: '🎈'.repeat(15_000) };
  expect(summaryOf({ workspace }).notes).toHaveLength(1);
});
