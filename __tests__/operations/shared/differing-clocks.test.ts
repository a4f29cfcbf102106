import { expect, test } from '@jest/globals';
import { differingClocks } from '../../../src/operations/shared/time-window.ts';

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
