import { isDeepStrictEqual } from 'node:util';
import { OpenRouterError } from '../../openrouter/api-error.ts';
import type { Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Surroundings } from '../shared/context.ts';
import type { Change } from '../shared/diff.ts';
import { Failure } from '../shared/failure.ts';

/** One write to a workspace, or to what governs it. */
export interface Part {
  /** As the object of a sentence. */
  name: string;
  /** What the log says once it is written. */
  done: string;
  changes: readonly Change[];
  /** @throws {OpenRouterError} */
  write(workspace: Workspace): Promise<void>;
}

/** What `parts` change. */
export function changesOf(parts: readonly Part[]): Change[] {
  return parts.flatMap(({ changes }) => changes);
}

/**
 * Writes `parts`, one after the other.
 * @param remedy what completes the work, or undoes it, if one of them fails.
 * @throws {OpenRouterError | Failure} that says which are in force by then, and which are not.
 */
export async function bringIntoForce(
  parts: readonly Part[],
  workspace: Workspace,
  { log, remedy }: Surroundings & { remedy: readonly string[] },
): Promise<void> {
  for (const [at, part] of parts.entries()) {
    try {
      await part.write(workspace);
    } catch (error) {
      const left = [
        ...namesOf('In force', parts.slice(0, at)),
        ...namesOf('Not in force, or not known to be', parts.slice(at)),
        ...remedy,
      ];
      if (error instanceof OpenRouterError) throw error.with({ left });
      if (error instanceof Failure) throw new Failure(error.title, [...error.lines, ...left]);
      throw error;
    }
    log.info(part.done);
  }
}

function namesOf(state: string, parts: readonly Part[]): string[] {
  return parts.length > 0 ? [`${state}: ${parts.map(({ name }) => name).join(', ')}.`] : [];
}

/** Why a part is not in force that OpenRouter has taken; `facts` are what it has answered. */
export function notAsAsked(what: string, facts: readonly string[]): Failure {
  return new Failure(`${what} is not what was asked for`, [
    `OpenRouter has taken it, and answered: ${facts.join(', ')}.`,
  ]);
}

/** Those of `changes` that change something. */
export function differing(changes: Change[]): Change[] {
  return changes.filter(({ from, to }) => !isDeepStrictEqual(from, to));
}
