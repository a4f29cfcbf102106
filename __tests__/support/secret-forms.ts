import { masksOf } from './harness.ts';

/** The names of those `secrets` that are in a text: as they are, in hexadecimal, in Base64 or as part of a URI. */
export function secretsIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  const searched = text.toLowerCase();
  const isIn = (secret: string) => formsOf(secret).some((form) => searched.includes(form));
  return Object.keys(secrets).filter((name) => isIn(secrets[name] ?? ''));
}

/** The forms, in lower case, of a secret without its prefix, and of the bytes that it encodes. */
function formsOf(secret: string): string[] {
  const text = String(masksOf(secret)[1]);
  const encoding = /^[\da-f]+$/.test(text) ? 'hex' : 'base64';
  return [Buffer.from(text), Buffer.from(text, encoding)]
    .flatMap((bytes) => [bytes.toString('latin1'), bytes.toString('hex'), ...base64Of(bytes)])
    .flatMap((form) => [form, encodeURIComponent(form)])
    .map((form) => form.toLowerCase());
}

/** The characters that depend on these bytes alone, in the Base64 and Base64url of any text that has them. */
function base64Of(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    const form = encoded.slice(Math.ceil((before * 8) / 6), end);
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
