/** What the comment of a preview says about its cap. */
import { formatExactUsd, formatUsd } from '../../lib/format-usd.ts';
import { maxUsd, minUsd, roundDown, sumUsd, toUsd, type Usd } from '../../lib/usd.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import { readKeyName } from '../../shared/key-name.ts';
import { capUseOf, isAlmostSpent, totalsOf } from './cap.ts';
import {
  type CommentFacts,
  type Doubt,
  doubtOf,
  type ListedWorkspace,
  listedIn,
  totalOf,
} from './comment.ts';
import { latestCreation, newestFirst } from './render-keys.ts';

/** What counts towards a cap. */
export interface TowardsCap {
  amount: Usd;
  /** Why it is only a lower bound; undefined if it is exact. */
  doubt: Doubt | undefined;
  cap: Usd;
}

/**
 * What counts towards the cap, as the log of a step shows it: only the keys that exist, in the workspace that
 * exists. Undefined if there is no cap, or more than one workspace.
 */
export function towardsCap(facts: CommentFacts): TowardsCap | undefined {
  const one = onlyOf(facts);
  if (!one) return undefined;
  const cap = toUsd(facts.data.workspaces[one.workspace.id]?.cap?.usd);
  if (cap === undefined) return undefined;
  const listed = { ...facts, data: listedIn(facts.data, one) };
  return { amount: totalOf(listed).amount + byokOf(one.keys), doubt: doubtOf(listed), cap };
}

function onlyOf({ existing }: CommentFacts): ListedWorkspace | undefined {
  return existing.length === 1 ? existing[0] : undefined;
}

/** What was paid with one's own provider keys, if that counts towards the limits. */
function byokOf(keys: readonly Key[]): Usd {
  return countsByok(keys) ? sumUsd(keys.map((key) => toUsd(key['byok_usage']) ?? 0n)) : 0n;
}

/** Whether usage with one's own provider keys counts towards the limit of the newest key. */
function countsByok(keys: readonly Key[]): boolean {
  return newestFirst(keys)[0]?.['include_byok_in_limit'] === true;
}

/** Says what is left for new jobs, if that is little; undefined if a reader need not notice. */
export function capWarning(facts: CommentFacts, counted: TowardsCap): string | undefined {
  const one = onlyOf(facts);
  if (!one || facts.isBeingDeleted) return undefined;
  const { amount, cap } = counted;
  const { jobs, deployments, others, replaceable } = heldBy(one.keys, counted);
  const leftNextTo = (held: Usd) => roundDown(maxUsd(cap - amount - held, 0n));
  const all = jobs + deployments + others;
  const left = leftNextTo(all);
  // The key of a new deployment replaces the older ones, and may spend what they can, up to its own limit.
  const isForJobsOnly = deployments > 0n && leftNextTo(all - replaceable) > 0n;
  const without = isForJobsOnly ? ' without a deployment' : '';
  if (left > 0n) {
    if (!isAlmostSpent(amount, cap)) return undefined;
    return `⚠️ The next key${without} can spend ${formatUsd(left, 'up')} at most: preview-limit-usd is ${formatExactUsd(cap)}.`;
  }
  const failing = `new jobs${without} get no key and fail`;
  if (leftNextTo(deployments + others) > 0n) {
    return `⚠️ Nothing is left: running jobs hold ${formatUsd(jobs)}. Until they end, ${failing}. Then run the failed ones again.`;
  }
  return `⚠️ Nothing is left: ${failing}. To go on, raise preview-limit-usd and push.`;
}

/**
 * What keys can still spend: those of jobs until these end. Of what those of deployments can, `replaceable` does
 * not count for the next deployment, as far as its limit is known: from the keys that work.
 */
function heldBy(keys: readonly Key[], { cap }: TowardsCap) {
  const now = latestCreation(keys);
  const rule = { amount: cap, withByok: countsByok(keys), replaced: [] };
  const usesOf = (kind: string) =>
    keys
      .filter(({ name }) => readKeyName(name).kind === kind)
      .map((key) => capUseOf(key, rule, now));
  const ofDeployments = usesOf('deployment');
  const deployments = totalsOf(ofDeployments).held;
  const limits = ofDeployments.map(({ spent, held }) => (held > 0n ? spent + held : 0n));
  return {
    jobs: totalsOf(usesOf('job')).held,
    deployments,
    others: totalsOf(usesOf('other')).held,
    replaceable: minUsd(deployments, limits.reduce(maxUsd, 0n)),
  };
}
