import { expect, test } from '@jest/globals';
import { currentTime, earlierTime, wasCreatedWithin } from '../../src/shared/time-window.ts';

const NOW = Date.UTC(2026, 0);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Something that was created so many milliseconds after `NOW`. */
const created = (ms: number) => ({ created_at: new Date(NOW + ms).toISOString() });

// The server's time is `NOW`, the runner's an hour later.
test.each<[string, 'server' | 'runner', shown: Record<string, unknown>[]]>([
  ['nothing younger', 'server', []],
  ['something older', 'server', [created(-HOUR)]],
  ['something a minute younger', 'server', [created(MINUTE)]],
  ['something over a minute younger', 'runner', [created(-HOUR), created(MINUTE + 1)]],
  ['nothing that is known to be younger', 'server', [{ created_at: 'soon' }, {}]],
])('if a response shows %s than its Date, the clock of the %s decides', (_, clock, shown) => {
  const clocks = { server: NOW, runner: NOW + HOUR };
  expect(currentTime(clocks, shown)).toBe(clocks[clock]);
});

test('without Date, the clock of the runner decides', () => {
  expect(currentTime({ server: undefined, runner: NOW }, [])).toBe(NOW);
});

test.each([
  ['behind', NOW - HOUR, NOW - HOUR],
  ['ahead', NOW + HOUR, NOW],
  ['unknown', undefined, undefined],
])("the earlier time, if the server's is %s", (_, server, earlier) => {
  expect(earlierTime({ server, runner: NOW })).toBe(earlier);
});

test.each([
  ['a second before it', -1_000, true],
  ['more than a second before it', -1_001, false],
  ['a second after it', 6_000, true],
  ['more than a second after it', 6_001, false],
])(
  'a window of 5 s includes what was created %s, as times may lack a fraction: %i ms, %s',
  (_, ms, isWithin) => {
    expect(wasCreatedWithin(created(ms), { from: NOW, to: NOW + 5_000 })).toBe(isWithin);
  },
);

test('whether something without created_at was created within a window is unknown', () => {
  expect(wasCreatedWithin({}, { from: 0, to: NOW })).toBeUndefined();
});
