import { describe, expect, test } from '@jest/globals';
import { WORKSPACE_DEFAULTS } from '../../../sandbox/openrouter/resources/workspaces.ts';
import { createSummary } from '../../../src/actions/create/report.ts';
import type { CreateRequest, CreateResult } from '../../../src/actions/create/request.ts';
import type { SettingChange } from '../../../src/governance/governance.ts';
import type { Cell } from '../../../src/lib/table.ts';
import { toUsd } from '../../../src/lib/usd.ts';
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

/** The summary of a result, as a reader sees it. */
function summaryOf(result: Partial<CreateResult>, request: Partial<CreateRequest> = {}) {
  const workspace = result.outcome === 'would-create' ? {} : { workspace: WORKSPACE };
  const summary = createSummary(
    { outcome: 'created', ...workspace, changes: [], governanceChanges: [], ...result },
    { ...WITHOUT_LOOKUP, desired: NAMED, ...request },
  );
  const { title, url, paragraphs = [], table, notes } = summary;
  return {
    title,
    url,
    lines: paragraphs.map(textOf),
    header: table?.header,
    rows: table?.rows.map((row) => row.map(textOf).join(' | ')),
    notes,
  };
}

/** The summary of an update, or of one in a dry run. */
const updateOf = (result: Partial<CreateResult>, request: Partial<CreateRequest> = {}) =>
  summaryOf({ outcome: 'updated', ...result }, { ifExists: 'update', ...request });

const SLUG_LINE = `Slug: \`preview-42\`, id: \`${ID}\``;

describe('the summary of a new workspace', () => {
  test('has its name with its link, its slug and id, and what the author wrote', () => {
    const desired = { ...NAMED, description: 'For tests', io_logging_sampling_rate: 0.5 };
    expect(summaryOf({ workspace: { ...WORKSPACE, ...desired } }, { desired })).toEqual({
      title: '✅ Created the OpenRouter workspace "Preview"',
      url: URL,
      lines: [SLUG_LINE],
      header: ['Inputs'],
      rows: ['`description: "For tests"`', '`io-logging-sampling-rate: 0.5`'],
      notes: [],
    });
  });

  test('has no table if the author wrote nothing but name and slug', () => {
    expect(summaryOf({}).rows).toBeUndefined();
  });

  test('that has another value than requested shows that value, and names its input', () => {
    const desired = { ...NAMED, description: 'Mine', io_logging_sampling_rate: 0.5 };
    const workspace = { ...WORKSPACE, description: null, io_logging_sampling_rate: 0.5 };
    const { title, lines, rows } = summaryOf({ workspace }, { desired });
    expect(title).toBe('⚠️ Created the OpenRouter workspace "Preview": 1 input not applied');
    expect(lines).toEqual([
      'OpenRouter returned other values than requested: description.',
      SLUG_LINE,
    ]);
    expect(rows).toEqual(['`description: null`', '`io-logging-sampling-rate: 0.5`']);
  });

  test('that a dry run would create has no link and no id', () => {
    const desired = { ...NAMED, description: null };
    expect(summaryOf({ outcome: 'would-create' }, { desired, dryRun: true })).toMatchObject({
      title: '🔎 Dry run: would create the OpenRouter workspace "Preview"',
      url: undefined,
      lines: ['Slug: `preview-42`'],
      header: ['Inputs'],
      rows: ['`description: null`'],
    });
  });

  test('has the values of guardrail, budgets and members, without those before', () => {
    const { rows } = summaryOf(
      {
        governanceChanges: [
          { kind: 'guardrail', field: 'limit_usd', from: null, to: toUsd(5) },
          { kind: 'guardrail', field: 'allowed_models', from: null, to: ['a/b'] },
          { kind: 'field', field: 'members', from: 0, to: 2 },
        ],
      },
      { governanceInputs: ['guardrail-limit-usd', 'allowed-models', 'members'] },
    );
    expect(rows).toEqual(['`guardrail-limit-usd: 5`', '`allowed-models: ["a/b"]`', '`members: 2`']);
  });
});

describe('the summary of an update', () => {
  test.each([
    [false, '✅ Updated the OpenRouter workspace "Preview": 3 changes'],
    [true, '🔎 Dry run: would update the OpenRouter workspace "Preview": 3 changes'],
  ])('has what changes, before and after it (dry run: %s)', (dryRun, title) => {
    const shown = updateOf(
      {
        outcome: dryRun ? 'would-update' : 'updated',
        changes: [
          { kind: 'field', field: 'name', from: 'Old', to: 'Preview' },
          { kind: 'field', field: 'default_provider_sort', from: 'price', to: null },
        ],
        governanceChanges: [{ kind: 'budget', field: 'daily', from: toUsd(5), to: toUsd(10) }],
      },
      { dryRun, governanceInputs: ['budget-daily-usd'] },
    );
    expect(shown).toMatchObject({
      title,
      url: URL,
      lines: [SLUG_LINE],
      header: ['Changes'],
      rows: [
        '`name: "Old" → "Preview"`',
        '`default-provider-sort: "price" → null`',
        '`budget-daily-usd: 5 → 10`',
      ],
    });
  });

  test('with one change is singular', () => {
    const changes: SettingChange[] = [{ kind: 'field', field: 'name', from: 'Old', to: 'Preview' }];
    expect(updateOf({ changes }).title).toBe(
      '✅ Updated the OpenRouter workspace "Preview": 1 change',
    );
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
  ])('that changes nothing has no table (dry run: %s)', (dryRun, title) => {
    const shown = updateOf(
      { outcome: 'unchanged' },
      {
        dryRun,
        governance: { budgets: { limits: { daily: toUsd(5) } } },
        governanceInputs: ['budget-daily-usd'],
      },
    );
    expect(shown).toMatchObject({ title, lines: [SLUG_LINE] });
    expect(shown.rows).toBeUndefined();
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
  ])('shows what is not applied, and of a field both values (dry run: %s)', (dryRun, title) => {
    const shown = reuse({
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
      header: ['Not applied'],
      rows: [
        '`name: "Preview" → "Mine"`',
        '`description: null → "Mine"`',
        '`guardrail-limit-usd`',
        '`guardrail-limit-reset`',
        '`budget-daily-usd`',
        '`members`',
      ],
    });
  });
});

test('a workspace that is too large for its output is noted', () => {
  const workspace = { ...WORKSPACE, icon: '🎈'.repeat(15_000) };
  expect(summaryOf({ workspace }).notes).toHaveLength(1);
});
