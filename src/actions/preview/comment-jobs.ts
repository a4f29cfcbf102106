/** What the jobs of a preview have cost, as its comment remembers it by their labels. */
import * as z from 'zod/mini';
import { asciiJson } from '../../lib/json.ts';
import { exactUsd, type Usd } from '../../lib/usd.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import { readKeyName } from '../../shared/key-name.ts';
import { type Amount, amountOf, isAmount, largerOf, sumKnown, usdOf } from './comment-amounts.ts';

/** The label of a job, what its keys have spent in USD as an exact decimal, and how many they are. */
export type JobCost = [label: string, usd: string, count: number];

/** In characters. */
const MAX_LABEL = 60;

/** An array, because a job can have any name, such as `__proto__`. A comment from before it has none. */
export const jobCosts = () =>
  z.catch(z.array(z.custom<JobCost>(isJobCost)).check(z.refine(isSorted)), []);

function isJobCost(json: unknown): boolean {
  if (!Array.isArray(json) || json.length !== 3) return false;
  const [label, usd, count] = json as readonly unknown[];
  const isLabel = typeof label === 'string' && [...label].length <= MAX_LABEL;
  const isCount = typeof count === 'number' && Number.isSafeInteger(count) && count > 0;
  return isLabel && typeof usd === 'string' && isAmount(usd) && isCount;
}

/** Whether each label is there once, in the order in which labels are written. */
function isSorted(costs: readonly JobCost[]): boolean {
  return costs.every(([label], at) => at === 0 || (costs[at - 1]?.[0] ?? '') < label);
}

interface Labels {
  /** Removes secrets from the name of a key, before its label is cut. */
  toLine(text: string): string;
}

/**
 * What a key was created for, as its name says it: `CI / test`; empty if its name does not say that. A long label
 * lacks its beginning, because the name of the job is its end.
 */
function labelOf({ name }: Key, { toLine }: Labels): string {
  const known = readKeyName(toLine(name));
  return known.kind === 'other' ? '' : [...known.job].slice(-MAX_LABEL).join('');
}

/** What the keys of each job have spent. A key whose counter is unknown is only counted. */
export function jobCostsOf(keys: readonly Key[], labels: Labels): JobCost[] {
  const amounts = new Map<string, Usd[]>();
  for (const key of keys) {
    const label = labelOf(key, labels);
    const spent = amounts.get(label) ?? [];
    spent.push(usdOf(amountOf(key['usage'])));
    if (label !== '') amounts.set(label, spent);
  }
  return [...amounts]
    .map(([label, spent]): JobCost => [label, textOf(sumKnown(spent)), spent.length])
    .sort(compareLabels);
}

/** A sum that is too long to be remembered counts as unknown. */
function textOf(sum: Usd): NonNullable<Amount> {
  return amountOf(exactUsd(sum)) ?? '0';
}

/**
 * Joins what two runs know of the jobs of a workspace: of each, the larger sum and the larger count, because both
 * only grow.
 */
export function mergeJobCosts(a: readonly JobCost[], b: readonly JobCost[]): JobCost[] {
  const merged = new Map(a.map((cost) => [cost[0], cost]));
  for (const [label, usd, count] of b) {
    const [, otherUsd, otherCount] = merged.get(label) ?? [label, usd, count];
    merged.set(label, [label, largerOf(usd, otherUsd), Math.max(count, otherCount)]);
  }
  return [...merged.values()].sort(compareLabels);
}

function compareLabels([a]: JobCost, [b]: JobCost): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** How many jobs of a workspace are remembered, and how many characters those of all workspaces have. */
const MAX_JOBS = 20;
const MAX_CHARACTERS = 6_000;

/**
 * Returns those costs of jobs, by workspace, that are remembered: the largest, as many as fit into `maxLength`
 * characters. A smaller one takes the place of one that is too long, so that the result is the same if those that
 * are left out are joined with it again.
 */
export function limitJobCosts(
  byWorkspace: readonly (readonly [id: string, costs: readonly JobCost[]])[],
  maxLength: number,
): ReadonlyMap<string, JobCost[]> {
  const largest = byWorkspace.flatMap(([id, costs]) =>
    costs
      .map((cost) => ({ id, cost }))
      .sort(compareCosts)
      .slice(0, MAX_JOBS),
  );
  const kept = new Map<string, JobCost[]>();
  let left = Math.min(maxLength, MAX_CHARACTERS);
  for (const { id, cost } of largest.sort(compareCosts)) {
    const length = asciiJson(cost).length + ','.length;
    if (length > left) continue;
    left -= length;
    kept.set(id, [...(kept.get(id) ?? []), cost].sort(compareLabels));
  }
  return kept;
}

interface OwnCost {
  /** The id of the workspace. */
  id: string;
  cost: JobCost;
}

/** The largest first. */
function compareCosts(a: OwnCost, b: OwnCost): number {
  const [usdA, usdB] = [usdOf(a.cost[1]), usdOf(b.cost[1])];
  if (usdA !== usdB) return usdA > usdB ? -1 : 1;
  return compareLabels(a.cost, b.cost) || (a.id < b.id ? -1 : 1);
}

/**
 * Returns how labels are shown: without their workflow, if the jobs in `costs` have only one. A phone has little
 * space for it.
 */
export function labelFormat(costs: readonly JobCost[]): (label: string) => string {
  const workflows = costs.flatMap(([label]) => {
    const end = label.lastIndexOf(SEPARATOR);
    return end < 0 ? [] : [label.slice(0, end + SEPARATOR.length)];
  });
  const [workflow = '', ...others] = new Set(workflows);
  const isOf = (label: string) => others.length === 0 && label.startsWith(workflow);
  return (label) => (isOf(label) ? label.slice(workflow.length) : label);
}

/** Between the name of a workflow and that of a job. */
const SEPARATOR = ' / ';

/** What the keys of a job have spent, in all workspaces. */
export interface JobTotal {
  label: string;
  spent: Usd;
  count: number;
}

/** The costs of the jobs of all workspaces by their labels, the largest first. */
export function sumJobCosts(all: readonly JobCost[]): JobTotal[] {
  const totals = new Map<string, JobTotal>();
  for (const [label, usd, count] of all) {
    const before = totals.get(label) ?? { label, spent: 0n, count: 0 };
    totals.set(label, { label, spent: before.spent + usdOf(usd), count: before.count + count });
  }
  return [...totals.values()].sort((a, b) => {
    if (a.spent !== b.spent) return a.spent > b.spent ? -1 : 1;
    return a.label < b.label ? -1 : 1;
  });
}
