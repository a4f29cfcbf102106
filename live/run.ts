import { sleep } from '../src/lib/clock.ts';
import { type Context, createSend } from './api.ts';
import type { Assumption, Finding } from './assumption.ts';
import {
  type Created,
  type Deleter,
  deleteCreated,
  deleteLeftovers,
  type Leftovers,
  record,
  slugPrefix,
} from './created.ts';
import { ProbeError } from './exchange.ts';
import { Interrupted, openScene, type Scene } from './scene.ts';

/** What a run has observed about one assumption. */
export interface Observation extends Finding {
  assumption: Assumption;
}

export interface RunResult {
  /** In the order of the catalogue; without those that an interrupted run did not come to. */
  observations: Observation[];
  /** What could not be deleted, of this run or of earlier ones, and why. */
  undeleted: string[];
}

/**
 * Probes each assumption of `catalogue`, one after the other. Begins by deleting what earlier runs have
 * left, and ends by deleting what it has created, however it ends.
 * @throws {ProbeError} if the workspaces of the account cannot be listed
 */
export async function runCatalogue(
  catalogue: readonly Assumption[],
  context: Context,
): Promise<RunResult> {
  const prefix = slugPrefix(context.random(4));
  const created: Created = { prefix, slugs: new Set(), hashes: new Set() };
  const scene = openScene(context, created);
  const observations: Observation[] = [];
  const undeleted: string[] = [];
  try {
    const leftovers = await deleteLeftovers(scene);
    undeleted.push(...leftovers.problems);
    logLeftovers(leftovers, context);
    for (const assumption of catalogue) {
      const observation = await observe(assumption, scene);
      observations.push(observation);
      context.log(`${observation.verdict}: ${assumption.id}: ${observation.observed}`);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  } finally {
    undeleted.push(...(await deleteCreated(openDeleter(context, created), created)));
  }
  return { observations, undeleted };
}

/** @throws {Interrupted} */
async function observe(assumption: Assumption, scene: Scene): Promise<Observation> {
  try {
    return { assumption, ...(await assumption.probe(scene)) };
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    return { assumption, verdict: 'failed', observed: error.message };
  }
}

/** Sends requests although the run was told to stop. */
function openDeleter(context: Context, created: Created): Deleter {
  const { signal } = new AbortController();
  return {
    send: createSend({ ...context, signal }, (exchange) => record(exchange, created)),
    async wait(ms) {
      await sleep(context.clock, ms, signal);
    },
  };
}

function logLeftovers({ deleted, kept }: Leftovers, { log }: Context): void {
  if (deleted.length > 0) log(`Deleted what an earlier run has left: ${deleted.join(', ')}`);
  if (kept.length > 0) {
    log(`Kept, because they may belong to a run that is still running: ${kept.join(', ')}`);
  }
}
