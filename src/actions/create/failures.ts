import type { SettingChange } from '../../governance/governance.ts';
import { countOf } from '../../lib/format.ts';
import {
  dashboardUrl,
  type Workspace,
  type WorkspaceRef,
} from '../../openrouter/resources/workspaces.ts';
import { createdAt, formatMinute } from '../../openrouter/time.ts';
import { describeEffect } from '../../report/description.ts';
import { declareFailure, declareWarning } from '../../shared/failure.ts';
import { describeVanished } from '../../shared/failures.ts';
import { changeLines } from './setting-lines.ts';

export const slugTaken = declareFailure<{
  workspace: Workspace;
  /** Whether it cannot be determined if this step created the workspace. */
  creatorUnknown: boolean;
  /** The fields that `if-exists: update` would change. */
  changes: readonly SettingChange[];
  /** The provided inputs for guardrail, budgets and members, by their names in the workflow. */
  governanceInputs: readonly string[];
}>('slug-taken', ({ workspace, creatorUnknown, changes, governanceInputs }) => {
  const { slug, name, id } = workspace;
  const created = createdAt(workspace);
  return {
    title: creatorUnknown
      ? `Cannot determine who created the workspace "${slug}"`
      : `The slug "${slug}" is taken`,
    lines: [
      'If this workspace is yours, set if-exists: reuse or update. If not, choose another slug.',
      `It belongs to the workspace ${JSON.stringify(name)}, id ${id}, created ${created === undefined ? 'at an unknown time' : formatMinute(created, { withYear: true })}: ${dashboardUrl(slug)}`,
      'It may belong to another repository, which can delete it at any time.',
      'if-exists: reuse uses it unchanged.',
      ...describeUpdate(changes, governanceInputs),
    ],
    // A slug is unique: if another job has it, no request of this step was applied.
    effect: [
      creatorUnknown
        ? 'The workspace was created while this step was creating one, by this step or by another job.'
        : describeEffect('none'),
    ],
  };
});

/** What `if-exists: update` would do. */
function describeUpdate(
  changes: readonly SettingChange[],
  governanceInputs: readonly string[],
): string[] {
  const governed =
    governanceInputs.length > 0
      ? [`if-exists: update applies ${governanceInputs.join(', ')}, where that differs.`]
      : [];
  if (changes.length === 0)
    return governed.length > 0 ? governed : ['if-exists: update does, too.'];
  return ['if-exists: update changes these inputs:', ...changeLines(changes), ...governed];
}

export const workspaceDiffers = declareWarning<{
  workspace: WorkspaceRef;
  changes: readonly SettingChange[];
}>('workspace-differs', ({ workspace, changes }) => ({
  title: `The workspace "${workspace.slug}" has other values than requested`,
  lines: ['OpenRouter returned other values:', ...changeLines(changes)],
}));

/** What to do about inputs that `if-exists: reuse` does not apply. */
export const TO_APPLY = 'To apply them: if-exists: update.';

/** That spending may have no limit, if inputs that limit it were not applied. */
export function limitsUnknown(inputs: readonly string[]): string[] {
  const isLimit = (input: string) =>
    input === 'guardrail-limit-usd' || /^budget-.*-usd$/.test(input);
  const limits = inputs.filter(isLimit);
  if (limits.length === 0) return [];
  return [`Whether the workspace has these limits is unknown: ${limits.join(', ')}.`];
}

export const governanceNotApplied = declareWarning<{
  workspace: WorkspaceRef;
  /** The inputs, by their names in the workflow. */
  inputs: readonly string[];
  creatorUnknown: boolean;
  dryRun: boolean;
}>('governance-not-applied', ({ workspace, inputs, creatorUnknown, dryRun }) => ({
  title: `${countOf(inputs.length, 'input')} ${dryRun ? 'would not be' : 'not'} applied to the OpenRouter workspace "${workspace.slug}"`,
  lines: [
    ...limitsUnknown(inputs),
    TO_APPLY,
    `Not applied: ${inputs.join(', ')}.`,
    `The workspace: ${dashboardUrl(workspace.slug)}`,
    'With if-exists: reuse, the step changes nothing in a workspace that exists, and does not compare guardrail, budgets and members.',
    ...(creatorUnknown
      ? [
          'Whether this step created the workspace cannot be determined. If it did, the workspace has no guardrail, budgets and members yet.',
        ]
      : []),
  ],
}));

export const notDeletedAfterJob = declareWarning<{ workspace: WorkspaceRef }>(
  'not-deleted-after-job',
  ({ workspace: { id, slug } }) => ({
    title: `The workspace "${slug}" is not deleted after the job`,
    lines: [`Whether this step created it cannot be determined: id ${id}, ${dashboardUrl(slug)}`],
  }),
);

export const workspaceLeftAlone = declareWarning<{ workspace: WorkspaceRef }>(
  'workspace-left-alone',
  ({ workspace: { id, slug } }) => ({
    title: `The workspace "${slug}" was not deleted`,
    lines: [`The workspace exists, id ${id}, but nothing shows that this step created it.`],
  }),
);

export const createdWorkspaceMissing = declareFailure<{ workspace: WorkspaceRef }>(
  'created-workspace-missing',
  ({ workspace: { id, slug } }) => describeVanished(`workspace "${slug}"`, `id ${id}`),
);
