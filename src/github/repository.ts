/** A repository, as the runner names it. */
export interface Repository {
  /** `octo-org/shop` */
  name: string;
  /** The number that stays the same when a repository is renamed; undefined where it is unknown. */
  id: number | undefined;
  /** `https://github.com` */
  serverUrl: string;
  /** Whether the server is Gitea or Forgejo. */
  isGitea: boolean;
}

/** The path of what belongs to a repository: `/repos/octo-org/shop/pulls/42` */
export function pathIn({ name }: Pick<Repository, 'name'>, ...segments: string[]): string {
  return ['/repos', ...name.split('/').map(encodeURIComponent), ...segments].join('/');
}
