import * as z from 'zod/mini';
import type { Repository } from '../../github/repository.ts';
import { Failure } from '../../shared/failure.ts';
import { noSubject } from './failures.ts';

/** What a preview is of. */
export type Subject = { kind: 'pull'; number: number } | { kind: 'branch'; name: string };

/** What the runner says about a run. */
export interface RunEvent {
  /** `GITHUB_EVENT_NAME` */
  event: string;
  /** The content of `GITHUB_EVENT_PATH`. */
  payload: unknown;
  /** The input `pull-request`. */
  pullRequest: number | undefined;
}

/** What a run is about. */
export type Trigger =
  | {
      kind: 'subject';
      subject: Subject;
      /** The newest commit of the subject when the event happened; absent if the event does not tell. */
      head?: string | undefined;
      /** When the event happened, in milliseconds since 1970: an older response is outdated. */
      since?: number | undefined;
      /** Whether the event is the end of the subject: it was closed, or deleted. */
      isEnd: boolean;
    }
  | { kind: 'clean-up' }
  | { kind: 'skipped'; reason: string };

const pullEvent = () =>
  z.object({
    action: z.string(),
    pull_request: z.object({
      number: z.number(),
      updated_at: z.string(),
      head: z.object({ sha: z.string() }),
    }),
  });

const pushEvent = () =>
  z.object({
    ref: z.string(),
    after: z.string(),
    deleted: z.optional(z.boolean()),
  });

const deleteEvent = () => z.object({ ref: z.string(), ref_type: z.string() });

/** The events that are about no pull request and no branch. */
const CLEAN_UP_EVENTS: readonly string[] = ['schedule', 'workflow_dispatch', 'repository_dispatch'];

/**
 * Finds out what a run is about.
 * @throws {Failure} `no-subject`
 */
export function findTrigger(run: RunEvent, repository: Repository): Trigger {
  const { event, payload, pullRequest } = run;
  const read = Object.hasOwn(EVENTS, event) ? EVENTS[event] : undefined;
  const trigger =
    readPull(run) ?? (pullRequest === undefined ? read?.(payload, repository) : undefined);
  if (trigger) return trigger;
  if (pullRequest !== undefined) {
    return { kind: 'subject', subject: { kind: 'pull', number: pullRequest }, isEnd: false };
  }
  if (CLEAN_UP_EVENTS.includes(event)) return { kind: 'clean-up' };
  throw new Failure(noSubject, { event });
}

/** The events about a branch, or about something that never has a preview. */
const EVENTS: Readonly<
  Record<string, (payload: unknown, repository: Repository) => Trigger | undefined>
> = {
  merge_group: () => skipped('the merge queue'),
  push(payload, repository) {
    const { data } = z.safeParse(pushEvent(), payload);
    const branch = data?.ref.startsWith(HEADS) ? data.ref.slice(HEADS.length) : undefined;
    if (!data) return undefined;
    if (branch === undefined) return skipped('a tag');
    const isEnd = data.deleted === true;
    return ofBranch(branch, repository, { isEnd, ...(!isEnd && { head: data.after }) });
  },
  delete(payload, repository) {
    const { data } = z.safeParse(deleteEvent(), payload);
    if (!data) return undefined;
    if (data.ref_type !== 'branch') return skipped('a tag');
    // A branch of GitHub can have a name that begins so.
    const name = repository.isGitea ? data.ref.replace(/^refs\/heads\//, '') : data.ref;
    return ofBranch(name, repository, { isEnd: true });
  },
};

const HEADS = 'refs/heads/';

/** The branches that GitHub makes for the merge queue. */
const QUEUE = 'gh-readonly-queue/';

function ofBranch(
  name: string,
  { defaultBranch }: Repository,
  { isEnd, head }: { isEnd: boolean; head?: string },
): Trigger {
  if (name === defaultBranch) return skipped('the default branch');
  if (name.startsWith(QUEUE)) return skipped('the merge queue');
  return { kind: 'subject', subject: { kind: 'branch', name }, isEnd, head };
}

/** The pull request of the event, unless the input names another. */
function readPull({ event, payload, pullRequest }: RunEvent): Trigger | undefined {
  if (!['pull_request', 'pull_request_target'].includes(event)) return undefined;
  const { data } = z.safeParse(pullEvent(), payload);
  if (!data) return undefined;
  const { number, head, updated_at } = data.pull_request;
  if (pullRequest !== undefined && pullRequest !== number) return undefined;
  const time = Date.parse(updated_at);
  return {
    kind: 'subject',
    subject: { kind: 'pull', number },
    head: head.sha,
    since: Number.isNaN(time) ? undefined : time,
    isEnd: data.action === 'closed',
  };
}

function skipped(what: string): Trigger {
  return { kind: 'skipped', reason: `${what} has no preview` };
}
