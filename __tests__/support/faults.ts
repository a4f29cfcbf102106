import fc from 'fast-check';
import type { InProcessFault } from '../../sandbox/openrouter/in-process.ts';

const applied = fc.boolean();

/** Of something else than was asked for; a POST that is answered so is not made again. */
const OTHER = '{"data":{"id":"1","slug":"other","name":"x"}}';

/** Faults that pass: another try, or a look, leads on. */
const passing: fc.Arbitrary<InProcessFault> = fc.oneof(
  fc.record({ kind: fc.constant('refused' as const) }),
  fc.record({
    kind: fc.constantFrom('reset' as const, 'cut' as const, 'endless' as const),
    applied,
  }),
  fc.record({ kind: fc.constantFrom('silence' as const, 'stall' as const), applied }),
  fc.record({ kind: fc.constant('late' as const), after: fc.integer({ min: 1, max: 40_000 }) }),
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524),
    body: fc.constantFrom('', '<html>Bad gateway</html>', '{"error":{"message":"No"}}'),
    applied,
  }),
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(200, 201),
    body: fc.constantFrom('', '{}', '<html>Sign in</html>', OTHER),
    applied,
  }),
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(429, 503),
    headers: fc.constantFrom('0', '1', '5').map((seconds) => ({ 'retry-after': seconds })),
  }),
);

const LASTING = [301, 307, 400, 401, 402, 403, 422, 501, 525];

/** Faults that no other try can mend. */
const lasting: fc.Arbitrary<InProcessFault> = fc.record({
  kind: fc.constant('answer' as const),
  status: fc.constantFrom(...LASTING),
  headers: fc.constant({ location: 'https://elsewhere.example/' }),
});

export function isPermanent(fault: InProcessFault): boolean {
  return fault.kind === 'answer' && (LASTING.includes(fault.status) || fault.body === OTHER);
}

/** Up to `maxLength` faults, few of which last, each on one of `calls` or on any. */
export function schedules(
  calls: readonly string[],
  maxLength: number,
): fc.Arbitrary<InProcessFault[]> {
  const fault = fc.oneof({ weight: 9, arbitrary: passing }, { weight: 1, arbitrary: lasting });
  const on = fc.constantFrom(...calls.map((call) => ({ on: call })), {});
  return fc.array(
    fc.tuple(fault, on).map(([what, where]) => ({ ...what, ...where }) as InProcessFault),
    { maxLength },
  );
}

/** Draws of the jitter. */
export const jitters = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), {
  minLength: 1,
  maxLength: 5,
});
