import { expect, test } from '@jest/globals';
import { differingClocks, latestTime, wasCreatedWithin } from '../../src/shared/time-window.ts';

const NOW = Date.UTC(2026, 0);
const DAY = 86_400_000;

test.each([
  ['the same time', NOW],
  ['a day later', NOW + DAY],
  ['a day earlier', NOW - DAY],
  ['no time', undefined],
])("the server's clock decides alone if it shows %s", (_, server) => {
  expect(differingClocks({ server, runner: NOW })).toBeUndefined();
});

test.each([
  ['ahead', NOW + DAY + 1],
  ['behind', NOW - DAY - 1],
])('both clocks decide if the server is more than a day %s', (_, server) => {
  expect(differingClocks({ server, runner: NOW })).toEqual({ server, runner: NOW });
});

test.each([
  ['an hour behind', NOW - 3_600_000, NOW - 3_600_000],
  ['an hour ahead', NOW + 3_600_000, NOW + 3_600_000],
  ['two days behind', NOW - 2 * DAY, NOW],
  ['two days ahead', NOW + 2 * DAY, NOW + 2 * DAY],
  ['unknown', undefined, NOW],
])("the latest time, if the server's is %s", (_, server, latest) => {
  expect(latestTime({ server, runner: NOW })).toBe(latest);
});

test.each([
  ['a second before it', -1_000, true],
  ['more than a second before it', -1_001, false],
  ['a second after it', 6_000, true],
  ['more than a second after it', 6_001, false],
])(
  'a window of 5 s includes what was created %s, as times may lack a fraction: %i ms, %s',
  (_, ms, isWithin) => {
    const resource = { created_at: new Date(NOW + ms).toISOString() };
    expect(wasCreatedWithin(resource, { from: NOW, to: NOW + 5_000 })).toBe(isWithin);
  },
);

test('whether something without created_at was created within a window is unknown', () => {
  expect(wasCreatedWithin({}, { from: 0, to: NOW })).toBeUndefined();
});
