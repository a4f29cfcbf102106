import type { History } from './history.ts';

export interface User {
  login: string;
  /** Apps, and the token of a job, are bots. */
  type: 'User' | 'Bot';
}

export interface Repository {
  id: number;
  /** `octo-org/shop` */
  name: string;
  /** Requests for these are redirected. */
  formerNames: string[];
  isPrivate: boolean;
  isFork: boolean;
  defaultBranch: string;
  /** The SHA of the newest commit of each branch. */
  branches: History<ReadonlyMap<string, string>>;
  pulls: History<readonly PullRequest[]>;
  /** The comments of all pull requests, the oldest first. */
  comments: History<readonly Comment[]>;
}

export interface PullRequest {
  number: number;
  /** A merged pull request is closed. */
  state: 'open' | 'closed';
  merged: boolean;
  author: User;
  head: {
    ref: string;
    sha: string;
    /** The id of its repository, which may no longer exist. */
    repository: number;
  };
  createdAt: Date;
  updatedAt: Date;
}

export interface Comment {
  id: number;
  /** The number of the pull request. */
  pull: number;
  body: string;
  author: User;
  createdAt: Date;
  updatedAt: Date;
}

/** What the `permissions` of a job name, and `metadata`, which every token may read. */
export type Permission = 'metadata' | 'contents' | 'pull-requests';

export type Access = 'none' | 'read' | 'write';

export interface Token {
  secret: string;
  /** Whom comments are written by. */
  user: User;
  permissions: Record<Permission, Access>;
  /** The id of the only repository that the permissions are for; undefined for all repositories. */
  repository: number | undefined;
  /** The primary rate limit. */
  limit: { total: number; remaining: number; resetsAt: Date };
}

/** The state of a GitHub, and the rules that differ from one sandbox to another. */
export interface GitHubState {
  /** Whose API and events it has. */
  engine: 'GitHub' | 'Gitea';
  repositories: Repository[];
  tokens: Token[];
  /** How old the state is that reads show, in milliseconds. */
  lag: Record<'branches' | 'pulls' | 'comments', number>;
  /** Until when a secondary rate limit rejects all requests. */
  limitedUntil: Date | undefined;
  /** Whether a response that a secondary rate limit rejects says how long to wait. GitHub often does not. */
  limitSaysHowLong: boolean;
  /** When comments were written lately, and how many the secondary rate limit for content allows a minute. */
  writtenAt: Date[];
  writesPerMinute: number;
  /** The status of a request that a rate limit rejects: GitHub documents both. */
  limitStatus: 403 | 429;
  /** `https://github.com` */
  serverUrl: string;
  /** The server's time of day. */
  now(): Date;
  /** As many bytes as requested, which SHAs and tokens are made of. */
  random(size: number): Buffer;
  /** A number that was not used before. */
  nextId(): number;
}
