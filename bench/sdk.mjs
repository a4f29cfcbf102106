// Creates a workspace with the official SDK of OpenRouter.
import { appendFileSync } from 'node:fs';
import { OpenRouter } from '@openrouter/sdk';

const { env } = process;
const client = new OpenRouter({
  apiKey: env['INPUT_MANAGEMENT-KEY'],
  serverURL: env['INPUT_API-URL'],
});
const createWorkspaceRequest = { name: env.INPUT_NAME, slug: env.INPUT_SLUG };
const { data } = await client.workspaces.create({ createWorkspaceRequest });
appendFileSync(env.GITHUB_OUTPUT, `id=${data.id}\nslug=${data.slug}\n`);
