import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { Failure } from '../../shared/failure.ts';
import { sweepFailure } from '../../teardown/failures.ts';
import type { SweepResult } from '../../teardown/outcome.ts';
import { CLEAN_UP, cleanUp } from './clean-up.ts';
import { type ClosedWorkspace, closePreview, closeUnread } from './close-preview.ts';
import { describePreview, identify } from './naming.ts';
import { type OpenedPreview, openPreview } from './open-preview.ts';
import { readSubject, type SubjectState } from './read-subject.ts';
import type { Preview, PreviewOpener, PreviewRequest } from './request.ts';
import { findTrigger, type Trigger } from './subject.ts';

/** What a run did. An open preview without `opened` was left alone. */
export type PreviewResult =
  | { state: 'skipped'; reason: string }
  | { state: 'open'; preview: Preview; opened?: OpenedPreview }
  | { state: 'closed'; preview: Preview; closed: readonly ClosedWorkspace[] }
  | { state: 'clean-up'; result: SweepResult; failure: Failure | undefined };

/**
 * Makes the workspace of a pull request or branch exist while that is open, and ends its API keys once it is closed. A
 * clean-up deletes what ended an hour ago.
 * @throws {ApiError}
 * @throws {Failure} `no-subject`, `stale-response`, and those of the operations that it consists of
 */
export async function runPreview(
  request: PreviewRequest,
  context: PreviewOpener,
): Promise<PreviewResult> {
  const trigger = findTrigger(request.run, context.repository);
  if (trigger.kind === 'skipped') return { state: 'skipped', reason: trigger.reason };
  if (trigger.kind === 'clean-up') {
    // It is about many pull requests and branches, so it has no output about one.
    // It has the time to wait for GitHub, and no other run does what it leaves before the next night.
    const github = context.github.withPatience('any');
    const result = await cleanUp(request, { ...context, github, onSubject: undefined });
    return { state: 'clean-up', result, failure: sweepFailure(result, CLEAN_UP) };
  }
  return runFor(trigger, request, context);
}

/** Does what the state of the pull request or branch of a run requires. */
async function runFor(
  trigger: Trigger & { kind: 'subject' },
  request: PreviewRequest,
  context: PreviewOpener,
): Promise<PreviewResult> {
  const { log, repository } = context;
  const { subject } = trigger;
  const preview = { subject, identity: identify(subject, repository, request.slugPrefix) };
  log.info(`${describePreview(preview.identity)}.`);
  // A close does not wait for GitHub: what its comment lacks then, a clean-up adds.
  const closeContext = { ...context, github: context.github.withPatience('none') };
  let state = await readFirst(trigger, preview, trigger.isEnd ? closeContext : context);
  if (state.isOpen && !state.isOwn) {
    return { state: 'skipped', reason: 'a pull request from another repository has no preview' };
  }
  if (state.isOpen && trigger.isEnd) {
    log.info('It is open again: this run changes nothing.');
    return { state: 'open', preview };
  }
  while (state.isOpen) {
    const isCurrent = trigger.head === undefined || state.head === trigger.head;
    const opening = { request, preview, since: state.since, isCurrent };
    const opened = await openPreview(opening, context);
    if (opened) return { state: 'open', preview, opened };
    state = await readSubject(subject, state.since, context, { wasOpen: true });
  }
  if (!request.dryRun) context.saveTask(null, { orWarn: true });
  const closed = await closePreview(preview, { ...request, since: state.since }, closeContext);
  const isOpen = closed.length > 0 && closed.every(({ outcome }) => outcome === 'open');
  return isOpen ? { state: 'open', preview } : { state: 'closed', preview, closed };
}

/**
 * Reads the state of what a run is about.
 * @throws {ApiError}
 * @throws {Failure} `stale-response`, and `preview-not-ended` if the event is its end: then, its keys may have to end
 */
async function readFirst(
  { subject, since, isEnd }: Trigger & { kind: 'subject' },
  preview: Preview,
  context: PreviewOpener,
): Promise<SubjectState> {
  // What happens to a branch is its end, or a push.
  const lookup = readSubject(subject, since, context, { wasOpen: !isEnd });
  const { value: state, error } = await catching(lookup, ApiError, Failure);
  if (state) return state;
  throw isEnd ? await closeUnread(preview, error, context) : error;
}
