/**
 * The two forms of a date in HTTP that name their time zone: `Sun, 06 Nov 1994 08:49:37 GMT` and the
 * obsolete `Sunday, 06-Nov-94 08:49:37 GMT` (RFC 9110, section 5.6.7).
 */
const HTTP_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[a-z]*day)?, \d\d(?: [A-Z][a-z]{2} \d{4}|-[A-Z][a-z]{2}-\d\d) \d\d:\d\d:\d\d GMT$/;

/**
 * The time in an HTTP date, in milliseconds since 1970; undefined for anything else. `Date.parse`
 * alone would accept `99999` and `2099`, and read a date without a zone as local time.
 */
export function parseHttpDate(value: string | string[] | undefined): number | undefined {
  if (typeof value !== 'string' || !HTTP_DATE.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
