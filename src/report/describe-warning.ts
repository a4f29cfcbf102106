import type { Engine } from '../github/engine.ts';
import { countWorkspaces, formatChange, truncateList } from '../lib/format.ts';
import { exactUsd, formatUsd } from '../lib/usd.ts';
import { describeKey } from '../openrouter/resources/keys.ts';
import { dashboardUrl } from '../openrouter/resources/workspaces.ts';
import { formatTime } from '../openrouter/time.ts';
import type { WarningCode, WarningDetails } from '../shared/failure.ts';
import { rejectionAdvice } from './describe-api-error.ts';
import {
  describeStateNotWritten,
  describeUnknownOwner,
  failedRequests,
} from './describe-failure.ts';
import { type Description, type Descriptions, formatLeftovers, withEffect } from './description.ts';
import { describeByok, describeGap, describeLimit, describeSpender } from './spending.ts';

/** Which of two clocks decides. */
const SAFER_TIMES: Readonly<Record<WarningDetails['clocks-differ']['purpose'], string>> = {
  age: 'Each age is the younger of both, so that nothing is deleted too early.',
  expiry:
    'The API key expires by the clock that is behind, unless what exists shows that this one is wrong.',
  period: "The period is by the runner's clock, and the figures count as incomplete.",
};

/** What to do about a job whose status is unknown. */
function adviseOnStatus(engine: Engine): string {
  switch (engine) {
    case 'GitHub':
      return 'Leave it out: its default is the status of the job.';
    case 'Forgejo':
      return 'No value helps, because Forgejo reports a cancelled job as a success: delete or disable older API keys yourself.';
    default:
      return `For ${engine}, write job-status: \${{ job.status }}, because the default counts on GitHub only.`;
  }
}

/** How to describe each warning, in the order of `WarningDetails`. */
const DESCRIPTIONS: Descriptions<WarningDetails> = {
  'clocks-differ': ({ server, runner, purpose }) => ({
    title: 'The clocks of OpenRouter and of the runner differ by more than a day',
    lines: [
      `OpenRouter's clock shows ${formatTime(server)}, and the runner's ${formatTime(runner)}.`,
      SAFER_TIMES[purpose],
      "Correct the runner's clock. If it is right, check the server at api-url.",
    ],
  }),

  'workspace-differs': ({ workspace, changes }) => ({
    title: `The workspace ${workspace.slug} has other values than requested`,
    lines: ['OpenRouter returned other values:', ...changes.map(formatChange)],
  }),

  'key-stricter': ({ key, changes }) => ({
    title: `The API key ${describeKey(key)} has other values than requested`,
    lines: ['OpenRouter returned other values:', ...changes.map(formatChange)],
  }),

  'unknown-guardrail-fields': ({ fields }) => ({
    title: 'The input guardrail has fields that this version does not know',
    lines: [
      `Unknown: ${fields.join(', ')}.`,
      'Check their names. The step fails if OpenRouter rejects them, or returns other values than requested.',
    ],
  }),

  'governance-not-applied': ({ workspace, inputs, creatorUnknown, dryRun }) => ({
    title: dryRun
      ? `Inputs would not be applied to the workspace ${workspace.slug}`
      : `Inputs were not applied to the workspace ${workspace.slug}`,
    lines: [
      `${dryRun ? 'Would not be applied' : 'Not applied'}: ${inputs.join(', ')}.`,
      'With if-exists: reuse, the step changes nothing in a workspace that exists.',
      ...(creatorUnknown
        ? [
            'Whether this step created the workspace cannot be determined. If it did, the workspace has no guardrail, budgets and members yet.',
          ]
        : []),
      'To apply them, use if-exists: update.',
    ],
  }),

  'not-deleted-after-job': ({ workspace: { id, slug } }) => ({
    title: `The workspace ${slug} is not deleted after the job`,
    lines: [`Whether this step created it cannot be determined: id ${id}, ${dashboardUrl(slug)}`],
  }),

  'workspace-left-alone': ({ workspace: { id, slug } }) => ({
    title: `The workspace ${slug} was not deleted`,
    lines: [`The workspace exists, id ${id}, but nothing shows that this step created it.`],
  }),

  'key-owner-unknown': (owner) => withEffect(describeUnknownOwner(owner)),

  'key-limit-used-up': ({ name, spent, byok, limit }) => ({
    title: `The limit of the API key ${JSON.stringify(name)} is used up`,
    lines: [
      `Spent in total: ${formatUsd(spent)}.`,
      ...(describeByok(byok) ? [`Spent with your own provider keys: ${describeByok(byok)}.`] : []),
      `${describeLimit(limit)}.`,
      'OpenRouter rejects requests beyond the limit with HTTP 403 Forbidden, so requests of this job may have failed.',
      'If the job needs more, raise limit-usd.',
    ],
  }),

  'spending-above-warning': ({ cost, threshold, ...details }) => ({
    title: `${describeSpender(details)} has spent more than ${exactUsd(threshold)} USD`,
    lines: [
      `The cost is ${details.gaps.length > 0 ? 'at least ' : ''}${exactUsd(cost)} USD, and warn-above-usd is ${exactUsd(threshold)}.`,
    ],
  }),

  'usage-incomplete': ({ cost, gaps, undecided, ...details }) => ({
    title: `${describeSpender(details)} may have spent more than is known`,
    lines: [
      `The cost is at least ${exactUsd(cost)} USD. Whether it is above ${undecided.join(' or ')} is unknown.`,
      ...truncateList(gaps.map(describeGap)),
    ],
  }),

  'stale-workspaces': ({ result }) => {
    const { staleCount, deleted, alreadyDeleted, failed, wouldDelete, tooMany } = result;
    const found = [...failed, ...deleted, ...alreadyDeleted, ...wouldDelete, ...tooMany];
    const named = found.slice(0, MAX_NAMED).map(({ slug }) => slug);
    const more = staleCount > named.length ? ` and ${staleCount - named.length} more` : '';
    return {
      title: `Stale: ${countWorkspaces(staleCount)}`,
      lines: [
        `Slugs: ${named.join(', ')}${more}.`,
        deleted.length + alreadyDeleted.length > 0
          ? 'Check why the workflow that deletes previews did not.'
          : 'The pull request of a preview may still be open. If it is closed, check why the workflow that deletes previews did not.',
      ],
    };
  },

  'preview-not-checked': ({ workspace, error }) => ({
    title: `Whether the preview ${workspace} is still needed could not be checked`,
    lines: [
      `${error.message}.`,
      ...rejectionAdvice(failedRequests(error)),
      'Nothing was deleted. The next clean-up checks it again.',
    ],
  }),

  'job-status-unknown': ({ text, engine }) => ({
    title: 'Whether the job succeeded is unknown',
    lines: [
      `The input job-status is ${JSON.stringify(text)}. ${adviseOnStatus(engine)}`,
      'Older API keys stay as they are.',
    ],
  }),

  'main-still-running': ({ seconds, leftovers }) => ({
    title: 'The step is still running after its job ended',
    lines: [
      `It was sent SIGTERM, and has not ended within ${seconds} s. Whatever it creates from now on stays.`,
      formatLeftovers(leftovers),
    ],
  }),

  'main-was-running': ({ leftovers }) => ({
    title: 'The step was still running after its job ended',
    lines: [
      'It was ended with SIGTERM. Whether it had created anything by then is unknown.',
      formatLeftovers(leftovers),
    ],
  }),

  'state-not-written': describeStateNotWritten,

  'summary-not-written': ({ reason }) => ({
    title: 'The job summary could not be written',
    lines: [reason],
  }),
};

/** The codes of warnings. */
export function warningCodes(): string[] {
  return Object.keys(DESCRIPTIONS);
}

/** The maximum number of workspaces that an annotation names. */
const MAX_NAMED = 10;

/** Describes a warning. */
export function describeWarning<Code extends WarningCode>(
  code: Code,
  details: WarningDetails[Code],
): Description {
  return { code, ...DESCRIPTIONS[code](details) };
}
