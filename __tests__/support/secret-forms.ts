/** What of a secret makes a text a leak: as many letters and digits of it in a row, in whatever form. */
const PART = 16;

/** Wherever a part begins in a text, it has a whole block that begins at a multiple of its length. */
const BLOCK = PART / 2;

/**
 * Those `secrets` of which a text has a part, as it is or encoded, whatever divides it: 16 letters and digits of it, in
 * upper or lower case. The actions redact encodings nowhere, so their own texts must not have any.
 */
export function secretsIn(text: string, secrets: readonly (string | undefined)[]): string[] {
  // As in a URI, `+` and `/` of Base64 can be escapes, whose digits would divide a part.
  const letters = [text, text.replaceAll(/%[\da-f]{2}/gi, '')].map(lettersOf);
  const blocks = new Set(letters.flatMap((each) => piecesOf(each, BLOCK, BLOCK)));
  const isIn = (form: string) =>
    piecesOf(form, BLOCK, 1).some((block) => blocks.has(block)) &&
    piecesOf(form, PART, 1).some((part) => letters.some((each) => each.includes(part)));
  return secrets.filter(
    (secret) => secret !== undefined && formsOf(secret).map(lettersOf).some(isIn),
  ) as string[];
}

/** `secret` as text, its characters in other forms, and the bytes that it encodes in these. */
function formsOf(secret: string): string[] {
  return [secret, ...[Buffer.from(secret), bytesIn(secret)].flatMap(encodingsOf)];
}

/** The bytes that an API key has in hexadecimal at its end, or a seal in Base64. */
function bytesIn(secret: string): Buffer {
  const [digits] = /[\da-f]{32,}$/.exec(secret) ?? [];
  return digits === undefined ? Buffer.from(secret, 'base64') : Buffer.from(digits, 'hex');
}

/** `bytes` in Base64 at each place of a group, in hexadecimal and in decimal. Base64url differs in no letter. */
function encodingsOf(bytes: Buffer): string[] {
  const base64 = [0, 1, 2].map((start) => bytes.subarray(start).toString('base64'));
  return [...base64, bytes.toString('hex'), bytes.join()];
}

function lettersOf(text: string): string {
  return text.replaceAll(/[^a-z\d]/gi, '').toLowerCase();
}

/** The pieces of a text that have `length` characters, each `distance` after the one before. */
function piecesOf(text: string, length: number, distance: number): string[] {
  const count = Math.max(Math.floor((text.length - length) / distance) + 1, 0);
  return Array.from({ length: count }, (_, at) =>
    text.slice(at * distance, at * distance + length),
  );
}
