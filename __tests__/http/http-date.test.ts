import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseHttpDate, retryAfter } from '../../src/http/response.ts';

describe('parseHttpDate', () => {
  test('reads back every date that a server writes', () => {
    const dates = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        const seconds = Math.floor(date.getTime() / 1000) * 1000;
        expect(parseHttpDate(date.toUTCString())).toBe(seconds);
      }),
    );
  });

  test('reads the obsolete form with the name of a day', () => {
    expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT')).toBe(784_111_777_000);
  });

  test.each([
    undefined,
    '',
    '2099',
    '99999',
    '2099-01-01T00:00:00Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun Nov  6 08:49:37 1994',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 99:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
  ])('is undefined for %j, which counts as missing', (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  });

  test('is undefined for a header that comes twice', () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    expect(parseHttpDate([date, date])).toBeUndefined();
  });
});

describe('retryAfter', () => {
  const NEW_YEAR = 'Tue, 01 Jan 2030 00:00:00 GMT';
  const read = (desired: string, date?: string) =>
    retryAfter({ status: 503, headers: { 'retry-after': desired, date }, body: '' });

  test.each([
    ['0', 0],
    [' 7 ', 7_000],
    ['Tue, 01 Jan 2030 00:00:07 GMT', 7_000],
    ['Mon, 31 Dec 2029 23:59:59 GMT', 0],
  ])('of %j is %i ms, by the clock of the server', (desired, ms) => {
    expect(read(desired, NEW_YEAR)).toBe(ms);
  });

  test.each(['2099-01-01', '-5', '1.5', 'soon', ''])('is undefined for %j', (desired) => {
    expect(read(desired, NEW_YEAR)).toBeUndefined();
  });

  test('is undefined for a date if the server does not send its own', () => {
    expect(read(NEW_YEAR)).toBeUndefined();
  });

  test('never throws, and is never negative', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (desired, date) => {
        expect(read(desired, date) ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
