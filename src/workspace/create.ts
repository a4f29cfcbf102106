import { Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Client } from '../openrouter/client.ts';
import type { Clock } from '../openrouter/clock.ts';
import {
  type CreateWorkspaceRequest,
  dashboardUrl,
  postWorkspace,
  type Workspace,
} from '../openrouter/workspaces.ts';

export interface Surroundings {
  client: Client;
  clock: Clock;
  log: Log;
}

/**
 * Creates the workspace that `asked` describes.
 * @throws {OpenRouterError} when OpenRouter did not create it, or it is not known whether it did.
 * @throws {Failure} when what it created is not what was asked for.
 */
export async function createWorkspace(
  asked: CreateWorkspaceRequest,
  { client, clock, log }: Surroundings,
): Promise<Workspace> {
  const start = clock.now();
  log.info(`Creating the workspace ${JSON.stringify(asked.name)} with the slug ${asked.slug}.`);
  const workspace = await postWorkspace(client, asked);
  if (workspace.slug !== asked.slug) {
    throw new Failure(`OpenRouter answered with another workspace than ${asked.slug}`, [
      `The slug in its answer is ${JSON.stringify(workspace.slug)}, the id ${JSON.stringify(workspace.id)}.`,
      'Before running this again, look for both slugs at https://openrouter.ai/workspaces.',
    ]);
  }
  const seconds = ((clock.now() - start) / 1000).toFixed(1);
  log.info(`Created it in ${seconds} s: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`);
  return workspace;
}
