/** What runs the jobs of a workflow. */
export type Engine = 'GitHub' | 'Gitea' | 'Forgejo' | 'act';

/**
 * The variables of the engines that are not GitHub's. The runners of Forgejo and Gitea contain act, and the
 * first is a fork of the second, so one that sets several of them is the first in this list.
 */
const VARIABLES = [
  ['FORGEJO_ACTIONS', 'Forgejo'],
  ['GITEA_ACTIONS', 'Gitea'],
  ['ACT', 'act'],
] as const;

/** Which engine runs this job. */
export function engineOf(env: NodeJS.ProcessEnv): Engine {
  return VARIABLES.find(([name]) => env[name])?.[1] ?? 'GitHub';
}

/** Whether the server is Gitea, or Forgejo, whose API and pages are those of Gitea. */
export function isGitea(env: NodeJS.ProcessEnv): boolean {
  return ['Gitea', 'Forgejo'].includes(engineOf(env));
}
