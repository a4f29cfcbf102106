import { describe, expect, test } from '@jest/globals';
import type { Effect } from '../../src/http/effect.ts';
import type { ApiErrorDetails } from '../../src/http/request.ts';
import { FAILURE_CLASSES, type FailureClass, type Method } from '../../src/http/retry-policy.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { Failure, type FailureCode, type FailureDetails } from '../../src/shared/failure.ts';
import {
  apiError,
  EMPTY_SWEEP,
  KEY,
  STALE,
  UNDELETED_KEY,
  WORKSPACE,
} from '../support/failures.ts';

const NOTHING_CHANGED = 'Nothing was changed at OpenRouter.';
const NOTHING_DELETED = 'Nothing was deleted.';
const PERHAPS_CHANGED =
  'This step may have changed something at OpenRouter before that: see its log.';
const EFFECTS: Readonly<Record<Effect, string>> = {
  none: NOTHING_CHANGED,
  throttled:
    'OpenRouter reports that it rejected each change of this step, so nothing should have changed.',
  possible: PERHAPS_CHANGED,
};

const COST = { workspace: WORKSPACE, key: undefined, cost: 0n, gaps: [] };
const REJECTED = apiError();

/** The effect of all requests of the step. */
const OF_STEP = Symbol('the effect of the step');

type Expectations = {
  readonly [Code in FailureCode]: {
    details: FailureDetails[Code];
    /** A line that states the effect. */
    effect: string | typeof OF_STEP;
  };
};

/** What each failure says about its effect. */
const EXPECTATIONS: Expectations = {
  'invalid-inputs': { details: { problems: [] }, effect: 'Nothing was sent to OpenRouter.' },
  'slug-taken': {
    details: { workspace: WORKSPACE, creatorUnknown: false, changes: [], governanceInputs: [] },
    effect: NOTHING_CHANGED,
  },
  'budgets-out-of-order': {
    details: { shorter: 'daily', longer: 'weekly', budgets: { daily: 2, weekly: 1 } },
    effect: OF_STEP,
  },
  'unknown-members': { details: { members: [] }, effect: OF_STEP },
  'members-not-added': { details: { workspace: WORKSPACE, userIds: [] }, effect: OF_STEP },
  'guardrail-not-found': { details: { workspace: WORKSPACE }, effect: OF_STEP },
  'limits-differ': {
    details: { workspace: WORKSPACE, what: 'guardrail', values: {} },
    effect: OF_STEP,
  },
  'partly-applied': {
    details: {
      error: REJECTED,
      workspace: WORKSPACE,
      applied: ['the guardrail'],
      notApplied: ['the members'],
      recovery: 'run-again',
    },
    effect: 'Not applied, or unknown: the members.',
  },
  'workspace-not-found': { details: { workspace: 'preview-42' }, effect: OF_STEP },
  'unexpected-key': {
    details: { key: KEY, workspace: WORKSPACE, name: 'CI', revoked: false },
    effect: "This step neither outputs nor revokes it, because it may be another job's key.",
  },
  'key-looser': {
    details: { key: KEY, changes: [], revoked: true },
    effect: 'It was revoked. No other step has its secret.',
  },
  'key-owner-unknown': {
    details: { name: 'CI', workspace: WORKSPACE, isDistinguishable: true, keys: [KEY, KEY] },
    effect: 'There are more of them than this step can have created, so none was deleted.',
  },
  'orphan-not-deleted': {
    details: UNDELETED_KEY,
    effect:
      'Orphaned: the API key "CI" (sk-or-v1-ab...cd), hash ab. This step created it, but its secret was lost with the response.',
  },
  'replaced-keys-not-deleted': {
    details: { key: KEY, undeleted: [UNDELETED_KEY], count: 1 },
    effect: 'The new API key exists, and the outputs are set: "CI" (sk-or-v1-ab...cd).',
  },
  'key-not-found': { details: { hash: 'ab', workspace: WORKSPACE }, effect: OF_STEP },
  'usage-unknown': { details: { key: KEY, warnings: [] }, effect: OF_STEP },
  'spending-above-limit': { details: { ...COST, limit: 0n }, effect: OF_STEP },
  'key-unusable': { details: { key: KEY, state: 'expired' }, effect: OF_STEP },
  'remaining-too-low': {
    details: {
      key: KEY,
      minimum: 2n,
      limit: { amount: 3n, reset: undefined, remaining: 1n },
      remaining: 1n,
    },
    effect: OF_STEP,
  },
  'remaining-unknown': { details: { key: KEY, minimum: 1n }, effect: OF_STEP },
  'figures-incomplete': { details: { ...COST, allGaps: [] }, effect: OF_STEP },
  'default-workspace': { details: { workspace: WORKSPACE }, effect: NOTHING_DELETED },
  'slug-prefix-mismatch': {
    details: { written: 'a', slug: 'a', prefix: 'b' },
    effect: NOTHING_DELETED,
  },
  'workspace-has-keys': { details: { workspace: WORKSPACE, keys: [KEY] }, effect: NOTHING_DELETED },
  'keys-keep-appearing': {
    details: { workspace: WORKSPACE, rounds: 5, deletedKeys: 7 },
    effect: 'API keys deleted before that: 7.',
  },
  'workspace-still-exists': {
    details: { workspace: WORKSPACE },
    effect: `OpenRouter reported that it was deleted or missing, but still returns it: id ${WORKSPACE.id}.`,
  },
  'deletion-not-verified': {
    details: { workspace: WORKSPACE, error: REJECTED },
    effect: `OpenRouter reported that it deleted the workspace preview-42, id ${WORKSPACE.id}.`,
  },
  'teardown-incomplete': {
    details: { workspace: WORKSPACE, errors: [REJECTED], hasMore: false, deletedKeys: 2 },
    effect: 'API keys deleted before that: 2.',
  },
  'too-many-stale': {
    details: { result: { ...EMPTY_SWEEP, staleCount: 3 }, maxDeletions: 2, check: 'keep' },
    effect: NOTHING_DELETED,
  },
  'sweep-incomplete': {
    details: {
      result: { ...EMPTY_SWEEP, deleted: [STALE], failed: [STALE, STALE], staleCount: 3 },
    },
    effect: 'Deleted: 1 workspace.',
  },
  'created-workspace-missing': {
    details: { workspace: WORKSPACE },
    effect: `This step created it, id ${WORKSPACE.id}, and OpenRouter now reports that it does not exist.`,
  },
  'created-key-missing': {
    details: { key: KEY },
    effect: 'This step created it, hash ab, and OpenRouter now reports that it does not exist.',
  },
  'no-subject': { details: { event: 'release' }, effect: OF_STEP },
  'preview-not-ours': {
    details: { workspace: WORKSPACE, description: '', expected: 'Preview of a' },
    effect: `The workspace, id ${WORKSPACE.id}, was left alone.`,
  },
  'stale-response': { details: { number: 42 }, effect: OF_STEP },
  'preview-reopened': {
    details: { workspace: WORKSPACE },
    effect: `The workspace with the id ${WORKSPACE.id} was deleted, with its API keys.`,
  },
  'preview-deleted': {
    details: { workspace: WORKSPACE },
    effect: `The workspace with the id ${WORKSPACE.id} does not exist any more.`,
  },
  'key-replaced': {
    details: { key: KEY, olderEnded: false },
    effect: `The key, hash ${KEY.hash}, is disabled or deleted.`,
  },
  'state-invalid': { details: { name: 'task' }, effect: OF_STEP },
  'outputs-not-written': { details: { reason: 'ENOSPC', values: {} }, effect: OF_STEP },
  'secret-output-not-written': {
    details: { reason: 'ENOSPC', name: 'key' },
    effect: 'The step stopped there. The post step deletes the API key.',
  },
  'state-not-written': { details: { reason: 'ENOSPC' }, effect: OF_STEP },
};

const CODES = Object.keys(EXPECTATIONS) as FailureCode[];
const linesOf = <Code extends FailureCode>(
  code: Code,
  effect: Effect,
  details = EXPECTATIONS[code].details as FailureDetails[Code],
) => describeError(new Failure(code, details), effect).lines;

describe.each(Object.keys(EFFECTS) as Effect[])('the effect of a step: %s', (effect) => {
  test.each(CODES)('%s states what is known about it', (code) => {
    const { effect: expected } = EXPECTATIONS[code];
    expect(linesOf(code, effect)).toContain(expected === OF_STEP ? EFFECTS[effect] : expected);
  });

  test('a defect states it', () => {
    expect(describeError(new TypeError('x'), effect).lines).toContain(EFFECTS[effect]);
  });
});

test.each(CODES.filter((code) => EXPECTATIONS[code].effect !== NOTHING_CHANGED))(
  '%s does not say that nothing was changed by a step that may have changed something',
  (code) => {
    for (const effect of ['throttled', 'possible'] as const) {
      expect(linesOf(code, effect)).not.toContain(NOTHING_CHANGED);
    }
  },
);

test('slug-taken says that this step may have created the workspace, and not that nothing was changed', () => {
  const { details } = EXPECTATIONS['slug-taken'];
  const lines = linesOf('slug-taken', 'possible', { ...details, creatorUnknown: true });
  expect(lines).toContain(
    'The workspace was created while this step was creating one, by this step or by another job.',
  );
  expect(lines).not.toContain(NOTHING_CHANGED);
});

test('state-not-written names what exists, and does not say that nothing was changed', () => {
  const exists = 'the workspace preview-42';
  const lines = linesOf('state-not-written', 'none', { reason: 'ENOSPC', exists });
  expect(lines.slice(1)).toEqual(['Already exists at OpenRouter: the workspace preview-42.']);
});

test('partly-applied says that nothing was changed if the first write of the step was rejected', () => {
  const { details } = EXPECTATIONS['partly-applied'];
  expect(linesOf('partly-applied', 'none', { ...details, applied: [] }).slice(-3)).toEqual([
    NOTHING_CHANGED,
    'Not applied, or unknown: the members.',
    'Once the cause is gone, running this again finishes the work.',
  ]);
});

test('partly-applied does not say to check before what finishes the work', () => {
  const { details } = EXPECTATIONS['partly-applied'];
  const error = apiError({ kind: 'ambiguous', ambiguous: true, method: 'PATCH' });
  const lines = linesOf('partly-applied', 'possible', { ...details, error });
  expect(lines).toContain('The request may still have been applied.');
  expect(lines.join()).not.toContain('Before running this again');
});

describe.each(Object.keys(FAILURE_CLASSES) as FailureClass[])(
  'a request that ended as %s',
  (kind) => {
    const { ambiguous } = FAILURE_CLASSES[kind];
    const requests: [Method, Partial<ApiErrorDetails>][] = [
      ['GET', {}],
      ['POST', { readOnly: true }],
      ['POST', {}],
      ['PUT', {}],
      ['PATCH', {}],
      ['DELETE', {}],
    ];

    test.each(requests)('states its effect: %s %j', (method, facts) => {
      for (const effect of Object.keys(EFFECTS) as Effect[]) {
        const error = apiError({ kind, ambiguous, method, mayLeaveBehind: 'a key', ...facts });
        const mayBeApplied = ambiguous && method !== 'GET' && !facts.readOnly;
        expect(describeError(error, effect).lines.join('\n')).toContain(
          mayBeApplied
            ? 'The request may still have been applied.\nBefore running this again, check for a key.'
            : EFFECTS[effect],
        );
      }
    });
  },
);
