import { sceneOf } from '../../sandbox/cli/scenes.ts';
import { stepIn } from '../../sandbox/github/environment.ts';
import { addRepository } from '../../sandbox/github/seed.ts';
import { startGitHub } from '../../sandbox/github/server.ts';
import type { StepOptions } from '../../sandbox/runner/runner.ts';
import type { Resources } from './resources.ts';

/** What a step has of the run that the first occurrence of its scene starts, if it has any. */
export async function startFirstRun(
  folder: string,
  resources: Resources,
): Promise<Partial<Pick<StepOptions, 'with' | 'env' | 'event'>>> {
  const [first] = sceneOf(folder).occurrences ?? [];
  if (!first) return {};
  const server = resources.add(await startGitHub());
  const repository = addRepository(server.github, { name: 'octo-org/app' });
  return stepIn(server, first.happen(server.github, repository));
}
