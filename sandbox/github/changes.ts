import type { Comment, GitHubState, PullRequest, Repository } from './state.ts';

/** Adds a comment to a pull request, which is an update of that too. */
export function addComment(
  github: GitHubState,
  repository: Repository,
  { pull, body, author }: Pick<Comment, 'pull' | 'body' | 'author'>,
): Comment {
  const now = github.now();
  const comment = { id: github.nextId(), pull, body, author, createdAt: now, updatedAt: now };
  repository.comments.change([...repository.comments.now(), comment]);
  changePull(github, repository, pull, {});
  return comment;
}

/** Replaces the text of a comment. Returns undefined if it does not exist. */
export function changeComment(
  github: GitHubState,
  { comments }: Repository,
  { id, body }: Pick<Comment, 'id' | 'body'>,
): Comment | undefined {
  const found = comments.now().find((comment) => comment.id === id);
  if (!found) return undefined;
  const changed = { ...found, body, updatedAt: github.now() };
  comments.change(comments.now().map((comment) => (comment.id === id ? changed : comment)));
  return changed;
}

/** Deletes a comment. Returns whether it existed. */
export function deleteComment({ comments }: Repository, { id }: Pick<Comment, 'id'>): boolean {
  const left = comments.now().filter((comment) => comment.id !== id);
  const existed = left.length < comments.now().length;
  if (existed) comments.change(left);
  return existed;
}

/** @throws {Error} when there is no such pull request. */
export function findPull({ pulls, name }: Repository, number: number): PullRequest {
  const found = pulls.now().find((pull) => pull.number === number);
  if (!found) throw new Error(`${name} has no pull request #${number}`);
  return found;
}

/**
 * Changes a pull request, which is then updated now.
 * @throws {Error} when there is no such pull request.
 */
export function changePull(
  github: GitHubState,
  repository: Repository,
  number: number,
  changes: Partial<PullRequest>,
): PullRequest {
  const { pulls } = repository;
  const changed = { ...findPull(repository, number), ...changes, updatedAt: github.now() };
  pulls.change(pulls.now().map((pull) => (pull.number === number ? changed : pull)));
  return changed;
}

/** Creates a branch, moves it to another commit, or deletes it if `sha` is undefined. */
export function changeBranch({ branches }: Repository, name: string, sha: string | undefined) {
  const others = [...branches.now()].filter(([other]) => other !== name);
  branches.change(new Map(sha === undefined ? others : [...others, [name, sha]]));
}
