import { describe, expect, test } from '@jest/globals';
import * as create from '../../src/actions/create/failures.ts';
import * as deletion from '../../src/actions/delete/failures.ts';
import * as key from '../../src/actions/key/failures.ts';
import * as preview from '../../src/actions/preview/failures.ts';
import { SWEEP } from '../../src/actions/sweep/report.ts';
import * as usage from '../../src/actions/usage/failures.ts';
import type { UsageResult } from '../../src/actions/usage/result.ts';
import * as governance from '../../src/governance/failures.ts';
import type { Effect } from '../../src/http/effect.ts';
import type { ApiErrorDetails } from '../../src/http/request.ts';
import { FAILURE_CLASSES, type FailureClass, type Method } from '../../src/http/retry-policy.ts';
import { invalidInputs } from '../../src/inputs/failures.ts';
import { describeError } from '../../src/report/describe-error.ts';
import type { EffectFacts } from '../../src/report/description.ts';
import * as report from '../../src/report/failures.ts';
import { stateInvalid } from '../../src/runtime/failures.ts';
import * as sealing from '../../src/sealing/failures.ts';
import { Failure } from '../../src/shared/failure.ts';
import { workspaceNotFound } from '../../src/shared/failures.ts';
import * as teardown from '../../src/teardown/failures.ts';
import { apiError, KEY, sweptTo, UNDELETED_KEY, WORKSPACE } from '../support/failure-facts.ts';
import { FAILURES } from '../support/failure-kinds.ts';
import { seen } from '../support/seen-keys.ts';

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

const RESULT: UsageResult = {
  spender: { kind: 'workspace', workspace: WORKSPACE },
  since: 'created',
  from: 0,
  to: 1,
  serverTime: 1,
  cost: 0n,
  byok: 0n,
  requests: 0n,
  tokens: 0n,
  models: [],
  keys: [],
  limit: undefined,
  gaps: [],
};
const OF_KEY = { result: RESULT, key: KEY, minimum: 2n };
const REJECTED = apiError();
const TAKEN = { workspace: WORKSPACE, creatorUnknown: false, changes: [], governanceInputs: [] };
const PARTLY_APPLIED = {
  error: REJECTED,
  workspace: WORKSPACE,
  applied: ['the guardrail'],
  notApplied: ['the members'],
  recovery: 'run-again',
} as const;

const OF_STEP = Symbol('the effect of the step');

/** Each failure, and a line that states its effect. */
const EXPECTATIONS: readonly [Failure, string | typeof OF_STEP][] = [
  [new Failure(invalidInputs, { problems: [] }), 'Nothing was sent to OpenRouter.'],
  [new Failure(create.slugTaken, TAKEN), NOTHING_CHANGED],
  [
    new Failure(governance.budgetsOutOfOrder, {
      shorter: 'daily',
      longer: 'weekly',
      budgets: { daily: 2n, weekly: 1n },
    }),
    OF_STEP,
  ],
  [new Failure(governance.unknownMembers, { members: [] }), OF_STEP],
  [new Failure(governance.membersNotAdded, { workspace: WORKSPACE, userIds: [] }), OF_STEP],
  [new Failure(governance.guardrailNotFound, { workspace: WORKSPACE }), OF_STEP],
  [
    new Failure(governance.limitsDiffer, { workspace: WORKSPACE, what: 'guardrail', values: {} }),
    OF_STEP,
  ],
  [new Failure(governance.partlyApplied, PARTLY_APPLIED), 'Not applied, or unknown: the members.'],
  [new Failure(workspaceNotFound, { workspace: 'preview-42' }), OF_STEP],
  [
    new Failure(key.unexpectedKey, { key: KEY, workspace: WORKSPACE, name: 'CI', isOwn: false }),
    "This step neither outputs nor revokes it, because it may be another job's key.",
  ],
  [
    new Failure(key.keyLooser, { key: KEY, changes: [], deleted: true }),
    'It was revoked. No other step has its secret.',
  ],
  [
    new Failure(key.orphanNotDeleted, UNDELETED_KEY),
    'Orphaned: the API key "CI" (sk-or-v1-ab...cd), hash ab. This step created it, but its secret was lost with the response.',
  ],
  [
    new Failure(key.replacedKeysNotDeleted, { key: KEY, undeleted: [UNDELETED_KEY], count: 1 }),
    'The new API key exists, and the outputs are set: "CI" (sk-or-v1-ab...cd).',
  ],
  [new Failure(usage.keyNotFound, { hash: 'ab', workspace: WORKSPACE, warnings: [] }), OF_STEP],
  [new Failure(usage.usageUnknown, { key: KEY, warnings: [] }), OF_STEP],
  [new Failure(usage.spendingAboveLimit, { result: RESULT, limit: 0n }), OF_STEP],
  [new Failure(usage.keyUnusable, { ...OF_KEY, hash: 'ab', state: 'expired' }), OF_STEP],
  [
    new Failure(usage.remainingTooLow, {
      ...OF_KEY,
      limit: { amount: 3n, reset: undefined, remaining: 1n },
      remaining: 1n,
    }),
    OF_STEP,
  ],
  [new Failure(usage.remainingUnknown, OF_KEY), OF_STEP],
  [new Failure(usage.figuresIncomplete, { result: RESULT }), OF_STEP],
  [new Failure(deletion.defaultWorkspace, { workspace: WORKSPACE }), NOTHING_DELETED],
  [
    new Failure(deletion.slugPrefixMismatch, { written: 'a', slug: 'a', prefix: 'b' }),
    NOTHING_DELETED,
  ],
  [
    new Failure(teardown.workspaceHasKeys, {
      workspace: WORKSPACE,
      keys: [seen(KEY, undefined)],
    }),
    NOTHING_DELETED,
  ],
  [
    new Failure(teardown.keysKeepAppearing, { workspace: WORKSPACE, rounds: 5, deletedKeys: 7 }),
    'API keys deleted before that: 7.',
  ],
  [
    new Failure(teardown.workspaceStillExists, { workspace: WORKSPACE }),
    `OpenRouter reported that it was deleted or missing, but still returns it: id ${WORKSPACE.id}.`,
  ],
  [
    new Failure(deletion.deletionNotVerified, { workspace: WORKSPACE, error: REJECTED }),
    `OpenRouter reported that it deleted the workspace "preview-42", id ${WORKSPACE.id}.`,
  ],
  [
    new Failure(teardown.teardownIncomplete, {
      workspace: WORKSPACE,
      errors: [REJECTED],
      deletedKeys: 2,
      keysLeft: [],
    }),
    'API keys deleted before that: 2.',
  ],
  [
    new Failure(teardown.tooManyStale, {
      result: [sweptTo('too-many'), sweptTo('too-many'), sweptTo('too-many')],
      words: SWEEP,
      maxDeletions: 2,
    }),
    'Their API keys may still work, each up to its own limit.',
  ],
  [
    new Failure(teardown.sweepIncomplete, {
      result: [sweptTo('deleted'), sweptTo('failed'), sweptTo('failed')],
      words: SWEEP,
    }),
    'Deleted: 1.',
  ],
  [
    new Failure(preview.previewLimitReached, {
      cap: { amount: 5n, limit: 1n, withByok: false },
      uses: [],
    }),
    'The job has no API key.',
  ],
  [
    new Failure(preview.keyNotCapped, {
      slug: 'preview-42',
      keys: [{ key: KEY, problem: 'unlimited' }],
    }),
    OF_STEP,
  ],
  [
    new Failure(create.createdWorkspaceMissing, { workspace: WORKSPACE }),
    `This step created it, id ${WORKSPACE.id}, and OpenRouter now reports that it does not exist.`,
  ],
  [
    new Failure(key.createdKeyMissing, { key: KEY }),
    'This step created it, hash ab, and OpenRouter now reports that it does not exist.',
  ],
  [new Failure(preview.noSubject, { event: 'release' }), OF_STEP],
  [
    new Failure(preview.previewNotOurs, {
      workspace: WORKSPACE,
      description: '',
      expected: 'Preview of a',
    }),
    `The workspace, id ${WORKSPACE.id}, was left alone.`,
  ],
  [
    new Failure(preview.previewNotEnded, { slug: 'a', errors: [REJECTED], keysLeft: [] }),
    'None of its API keys works.',
  ],
  [new Failure(preview.staleResponse, { number: 42 }), OF_STEP],
  [
    new Failure(preview.previewReopened, { workspace: WORKSPACE }),
    `Its workspace has the id ${WORKSPACE.id}, and stays.`,
  ],
  [
    new Failure(preview.keyNotListed, { key: KEY }),
    'The job has no API key. The post step, if it runs, disables the new one.',
  ],
  [
    new Failure(key.keyReplaced, { key: KEY, olderEnded: false }),
    `The key, hash ${KEY.hash}, is disabled or deleted.`,
  ],
  [new Failure(sealing.sealedKeyEmpty, {}), OF_STEP],
  [new Failure(sealing.sealedKeyMismatch, { problem: 'not-opened', part: 'task' }), OF_STEP],
  [new Failure(sealing.sealedKeyEnded, {}), OF_STEP],
  [new Failure(stateInvalid, { name: 'task' }), OF_STEP],
  [new Failure(report.outputsNotWritten, { reason: 'ENOSPC', values: {} }), OF_STEP],
  [
    new Failure(report.secretOutputNotWritten, { reason: 'ENOSPC', name: 'key' }),
    'The step stopped there, so no later step has the API key.',
  ],
  [new Failure(report.stateNotWritten, { reason: 'ENOSPC' }), OF_STEP],
];

/** The lines of a message, but for its title. */
const linesOf = (failure: Failure, effect: Effect, context: EffectFacts = {}) => {
  const { rows = [], lines } = describeError(failure, effect, context);
  return [...rows, ...lines];
};
const ROWS = EXPECTATIONS.map(([failure, effect]) => ({ code: failure.code, failure, effect }));

test('the effect of each failure is tested', () => {
  const codes = FAILURES.map(({ code }) => code);
  expect(ROWS.map(({ code }) => code).toSorted()).toEqual(codes.toSorted());
});

describe.each(Object.keys(EFFECTS) as Effect[])('the effect of a step: %s', (effect) => {
  test.each(ROWS)('$code states what is known about it', ({ failure, effect: expected }) => {
    const lines = linesOf(failure, effect);
    expect(lines).toContain(expected === OF_STEP ? EFFECTS[effect] : expected);
    if (effect !== 'none' && expected !== NOTHING_CHANGED) {
      expect(lines).not.toContain(NOTHING_CHANGED);
    }
  });

  test.each(ROWS)(
    '$code does not state that nothing was changed if something may be left',
    ({ failure }) => {
      const lines = linesOf(failure, effect, { leftovers: 'the workspace "preview-42"' });
      expect(lines).not.toContain(NOTHING_CHANGED);
      expect(lines).not.toContain(NOTHING_DELETED);
      expect(lines.at(-1)).toBe('May still exist at OpenRouter: the workspace "preview-42".');
      const others = linesOf(failure, effect).filter(
        (line) => line !== NOTHING_CHANGED && line !== NOTHING_DELETED,
      );
      expect(lines.slice(0, -1)).toEqual(others);
    },
  );

  test.each(ROWS)(
    '$code does not state that nothing was changed if the step only reads',
    ({ failure }) => {
      const lines = linesOf(failure, effect, { onlyReads: true });
      const others = linesOf(failure, effect).filter(
        (line) => line !== NOTHING_CHANGED && line !== NOTHING_DELETED,
      );
      expect(lines).toEqual(others);
    },
  );

  test('a defect states it', () => {
    expect(describeError(new TypeError('x'), effect).lines).toContain(EFFECTS[effect]);
  });
});

test('slug-taken says that this step may have created the workspace, and not that nothing was changed', () => {
  const lines = linesOf(
    new Failure(create.slugTaken, { ...TAKEN, creatorUnknown: true }),
    'possible',
  );
  expect(lines).toContain(
    'The workspace was created while this step was creating one, by this step or by another job.',
  );
  expect(lines).not.toContain(NOTHING_CHANGED);
});

test('partly-applied says that nothing was changed if the first write of the step was rejected', () => {
  const failure = new Failure(governance.partlyApplied, { ...PARTLY_APPLIED, applied: [] });
  expect(linesOf(failure, 'none').slice(-3)).toEqual([
    'Once the cause is gone, running this again finishes the work.',
    NOTHING_CHANGED,
    'Not applied, or unknown: the members.',
  ]);
});

test('partly-applied does not say to check before what finishes the work', () => {
  const error = apiError({ kind: 'ambiguous', ambiguous: true, method: 'PATCH' });
  const lines = linesOf(
    new Failure(governance.partlyApplied, { ...PARTLY_APPLIED, error }),
    'possible',
  );
  expect(lines).toContain('Whether OpenRouter did it, and only the response was lost, is unknown.');
  expect(lines.join()).not.toContain('Before running this again');
});

const REQUESTS: readonly [Method, Partial<ApiErrorDetails>][] = [
  ['GET', {}],
  ['POST', { readOnly: true }],
  ...(['POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method): [Method, object] => [method, {}]),
];

test.each(Object.keys(FAILURE_CLASSES) as FailureClass[])(
  'a request that ended as %s states its effect',
  (kind) => {
    const { ambiguous } = FAILURE_CLASSES[kind];
    for (const [method, facts] of REQUESTS) {
      const error = apiError({ kind, ambiguous, method, mayLeaveBehind: 'a key', ...facts });
      const mayBeApplied = ambiguous && method !== 'GET' && !facts.readOnly;
      for (const effect of Object.keys(EFFECTS) as Effect[]) {
        expect(describeError(error, effect).lines.join('\n')).toContain(
          mayBeApplied ? 'Before running this again, check for a key.' : EFFECTS[effect],
        );
      }
    }
  },
);
