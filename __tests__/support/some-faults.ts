import fc from 'fast-check';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import { classifyResponse, type FailureClass } from '../../src/http/retry-policy.ts';

const applied = fc.boolean();

/** About another workspace than the requested one. A POST with this response is not sent again. */
const OTHER = '{"data":{"id":"3fa85f64-5717-4562-b3fc-2c963f66afa6","slug":"other","name":"x"}}';

/** The statuses of a POST with one of these classes. `http/client.test.ts` lists them. */
const statusesOf = (...classes: FailureClass[]) =>
  Array.from({ length: 200 }, (_, at) => 400 + at).filter((status) =>
    classes.includes(classifyResponse('POST', status)),
  );

/** The statuses after which a POST is looked up, and sent again. */
const AMBIGUOUS = statusesOf('ambiguous');

/** The statuses with which nothing was applied, and a POST is sent again. */
const NOT_APPLIED = [...statusesOf('throttled', 'conflict'), 503];

/** Faults after which a retry or a lookup can succeed. */
const transient: fc.Arbitrary<InProcessFault> = fc.oneof(
  fc.record({ kind: fc.constant('refused' as const) }),
  fc.record({
    kind: fc.constantFrom('reset' as const, 'cut' as const, 'endless' as const),
    applied,
  }),
  fc.record({ kind: fc.constantFrom('silence' as const, 'stall' as const), applied }),
  fc.record({ kind: fc.constant('late' as const), after: fc.integer({ min: 1, max: 40_000 }) }),
  fc.record({
    kind: fc.constant('response' as const),
    status: fc.constantFrom(...AMBIGUOUS),
    body: fc.constantFrom('', '<html>Bad gateway</html>', '{"error":{"message":"No"}}'),
    applied,
  }),
  fc.record({
    kind: fc.constant('response' as const),
    status: fc.constantFrom(200, 201),
    body: fc.constantFrom('', '{}', '<html>Sign in</html>', OTHER),
    applied,
  }),
  fc.record({
    kind: fc.constant('response' as const),
    status: fc.constantFrom(...NOT_APPLIED),
    headers: fc.constantFrom('0', '1', '5').map((seconds) => ({ 'retry-after': seconds })),
  }),
);

/** A response to `on` that takes up to twelve seconds. */
export const slowResponse = (on: string): fc.Arbitrary<InProcessFault> =>
  fc.record({
    on: fc.constant(on),
    kind: fc.constant('late' as const),
    after: fc.integer({ min: 1, max: 12_000 }),
    responds: fc.constant(true),
  });

/** A response to `on` which says, wrongly, that what the request is about does not exist. */
export const falseNotFound = (on: string) =>
  ({
    on,
    kind: 'response',
    status: 404,
    body: '{"error":{"code":404,"message":"Not Found"}}',
  }) as const satisfies InProcessFault;

const PERMANENT = [301, 307, 400, 401, 402, 403, 422, 501, 525];

/** Faults after which no retry can succeed. */
const permanent: fc.Arbitrary<InProcessFault> = fc.record({
  kind: fc.constant('response' as const),
  status: fc.constantFrom(...PERMANENT),
  headers: fc.constant({ location: 'https://elsewhere.example/' }),
});

/** Whether no retry can succeed after `fault`. */
export function isPermanent(fault: InProcessFault): boolean {
  return fault.kind === 'response' && (PERMANENT.includes(fault.status) || fault.body === OTHER);
}

/** Up to `maxLength` faults, few of them permanent, each for one of `calls` or for any. */
export function schedules(
  calls: readonly string[],
  maxLength: number,
): fc.Arbitrary<InProcessFault[]> {
  const fault = fc.oneof({ weight: 9, arbitrary: transient }, { weight: 1, arbitrary: permanent });
  const on = fc.constantFrom(...calls.map((call) => ({ on: call })), {});
  return fc.array(
    fc.tuple(fault, on).map(([what, where]) => ({ ...what, ...where }) as InProcessFault),
    { maxLength },
  );
}

/** The random part of each wait, from 0 to 1, used in turn. */
export const jitters = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), {
  minLength: 1,
  maxLength: 5,
});

/** How late the counters of OpenRouter's servers are that take turns, in milliseconds: none, or up to a minute. */
export const replicaLags = fc.oneof(
  fc.constant<number[]>([]),
  fc.array(fc.oneof(fc.constant(0), fc.nat(60_000)), { minLength: 2, maxLength: 5 }),
);

/** Undefined `weight` times as often as one of `values`. */
export const rarely = <Value>(values: fc.Arbitrary<Value>, weight = 4) =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });
