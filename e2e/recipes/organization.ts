import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';
import { playPullRequest } from './pull-request.ts';

/** What the files of the recipe do, by a sentence that says what holds. */
export const ORGANIZATION: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'a pull request has a preview by the files of another repository, until the night after its close'(
    sandbox,
  ) {
    const reader = await openReader('docs/recipes/organization.md', sandbox);
    reader.share('Preview for all repositories', 'preview.yml');
    reader.share('Preview nightly for all repositories', 'preview-nightly.yml');
    await playPullRequest(reader);
    await reader.close();
  },
};
