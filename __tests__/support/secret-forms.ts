/** What of a secret makes a text a leak: as many letters and digits of it in a row, in whatever form. */
const PART = 16;

/**
 * Those `secrets` of which a text has a part, as it is or encoded, whatever divides it: 16 letters and
 * digits of it, in upper or lower case. The actions redact encodings nowhere, so their own texts must not have any.
 */
export function secretsIn(text: string, secrets: readonly (string | undefined)[]): string[] {
  // As in a URI, `+` and `/` of Base64 can be escapes, whose digits would divide a part.
  const parts = new Set([text, text.replaceAll(/%[\da-f]{2}/gi, '')].flatMap(partsOf));
  const isIn = (form: string) => partsOf(form).some((part) => parts.has(part));
  return secrets.filter((secret) => secret !== undefined && formsOf(secret).some(isIn)) as string[];
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

function partsOf(text: string): string[] {
  const letters = text.replaceAll(/[^a-z\d]/gi, '').toLowerCase();
  const count = Math.max(letters.length - PART + 1, 0);
  return Array.from({ length: count }, (_, at) => letters.slice(at, at + PART));
}
