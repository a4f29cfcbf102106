/** The repository of this action, for when the runner does not name it, as with `uses: ./`. */
const DEFAULT_REPOSITORY = 'OWNER/openrouter-workspace';

/**
 * The section of `docs/troubleshooting.md` about `code`, at the version of the action that runs
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/variables).
 */
export function troubleshootingUrl(code: string, env: NodeJS.ProcessEnv): string {
  const server = env['GITHUB_SERVER_URL'] || 'https://github.com';
  const repository = env['GITHUB_ACTION_REPOSITORY'] || DEFAULT_REPOSITORY;
  const ref = env['GITHUB_ACTION_REF'] || 'main';
  return `${server}/${repository}/blob/${ref}/docs/troubleshooting.md#${code}`;
}
