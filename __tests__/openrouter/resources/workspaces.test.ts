import { expect, test } from '@jest/globals';
import { createdAt } from '../../../src/openrouter/time.ts';

const MOMENT = Date.UTC(2026, 0, 1, 12, 30, 15);

test.each([
  ['2026-01-01T12:30:15Z', MOMENT],
  ['2026-01-01T12:30:15.250Z', MOMENT + 250],
  ['2026-01-01T21:30:15+09:00', MOMENT],
  ['2026-01-01T07:00:15-05:30', MOMENT],
  ['2023-01-01T00:00:00Z', Date.UTC(2023, 0)],
])('createdAt reads %s', (created_at, ms) => {
  expect(createdAt({ created_at })).toBe(ms);
});

test.each([
  // Without a time zone, the moment depends on where it is read.
  '2026-01-01T12:30:15',
  '2026-01-01 12:30:15',
  '2026-01-01T12:30Z',
  '2026-01-01T21:30:15+0900',
  '2026-01-01',
  'Thu, 01 Jan 2026 12:30:15 GMT',
  '2026-13-01T12:30:15Z',
  // What servers write for no time, and others from before OpenRouter existed.
  '0001-01-01T00:00:00Z',
  '1970-01-01T00:00:00Z',
  '2022-12-31T23:59:59.999Z',
  '2023-01-01T08:59:59+09:00',
  'yesterday',
  MOMENT,
  null,
])('createdAt is undefined for %p', (created_at) => {
  expect(createdAt({ created_at })).toBeUndefined();
});
