import type { Failure } from '../../shared/failure.ts';
import type { SweepResult } from '../../teardown/deletion.ts';
import { sweepFailure } from '../../teardown/failures.ts';
import { cleanUp } from './clean-up.ts';
import { closeAll, type Ending } from './close-preview.ts';
import { describePreview, identify } from './naming.ts';
import { type OpenedPreview, openPreview } from './open-preview.ts';
import { readSubject } from './read-subject.ts';
import type { Preview, PreviewContext, PreviewRequest } from './request.ts';
import { findTrigger, type Trigger } from './subject.ts';

/** What a run did. An open preview without `opened` was left alone. */
export type PreviewResult =
  | { state: 'skipped'; reason: string }
  | { state: 'open'; preview: Preview; opened?: OpenedPreview }
  | { state: 'closed'; preview: Preview; endings: readonly Ending[] }
  | { state: 'clean-up'; result: SweepResult; failure: Failure | undefined };

/**
 * Makes the workspace of a pull request or branch exist while that is open, and be gone once it is closed.
 * @throws {ApiError}
 * @throws {Failure} `no-subject`, `stale-response`, and those of the operations that it consists of
 */
export async function runPreview(
  request: PreviewRequest,
  context: PreviewContext,
): Promise<PreviewResult> {
  const trigger = findTrigger(request.run, context.repository);
  if (trigger.kind === 'skipped') return { state: 'skipped', reason: trigger.reason };
  if (trigger.kind === 'clean-up') {
    // It is about many pull requests and branches, so it has no output about one.
    // It has the time to wait for GitHub, and what it leaves undone is undone until the next night.
    const github = context.github.withPatience('any');
    const result = await cleanUp(request, { ...context, github, onSubject: undefined });
    const failure = sweepFailure(result, { ...request, kind: 'clean-up' });
    return { state: 'clean-up', result, failure };
  }
  return runFor(trigger, request, context);
}

/** Does what the state of the pull request or branch of a run requires. */
async function runFor(
  trigger: Trigger & { kind: 'subject' },
  request: PreviewRequest,
  context: PreviewContext,
): Promise<PreviewResult> {
  const { log, repository } = context;
  const { subject, since } = trigger;
  const preview = { subject, identity: identify(subject, repository, request.slugPrefix) };
  log.info(`${describePreview(preview.identity)}.`);
  // What happens to a branch is its end, or a push.
  let state = await readSubject(subject, since, context, { wasPushed: !trigger.isEnd });
  if (state.isOpen && !state.isOwn) {
    return { state: 'skipped', reason: 'a pull request from another repository has no preview' };
  }
  if (state.isOpen && trigger.isEnd) {
    log.info('It is open again: this run changes nothing.');
    return { state: 'open', preview };
  }
  while (state.isOpen) {
    const isCurrent = trigger.head === undefined || state.head === trigger.head;
    const opened = await openPreview({ request, preview, isCurrent }, context);
    if (opened) return { state: 'open', preview, opened };
    state = await readSubject(subject, state.since, context);
  }
  if (!request.dryRun) context.saveTask(null, { orWarn: true });
  const endings = await closeAll(preview, { ...request, since: state.since }, context);
  const isLeft = endings.length > 0 && endings.every(({ outcome }) => outcome === 'kept');
  return isLeft ? { state: 'open', preview } : { state: 'closed', preview, endings };
}
