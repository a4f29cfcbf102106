import { createCipheriv, createDecipheriv } from 'node:crypto';
import * as z from 'zod/mini';
import { parseJson } from './json.ts';

/** The length of a key, in bytes. */
export const JWE_KEY_BYTES = 32;

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

const ENCRYPTION = { alg: 'dir', enc: 'A256GCM' } as const;

const header = z.strictObject({
  alg: z.literal(ENCRYPTION.alg),
  enc: z.literal(ENCRYPTION.enc),
  kid: z.string(),
});

/** A text, and the id in the header of its JWE, which everyone can read. */
interface Plain {
  text: string;
  id: string;
}

/**
 * Encrypts a text as a JWE in compact form (RFC 7516), with a key that both sides have (`dir`) and AES-256 in
 * Galois/Counter Mode (`A256GCM`, RFC 7518).
 * @param key 32 bytes
 * @param iv 12 random bytes, which no other text with this key has
 */
export function encryptJwe({ text, id }: Plain, { key, iv }: { key: Buffer; iv: Buffer }): string {
  const protectedHeader = Buffer.from(JSON.stringify({ ...ENCRYPTION, kid: id })).toString(
    'base64url',
  );
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(protectedHeader));
  const ciphertext = Buffer.concat([cipher.update(text), cipher.final()]);
  const parts = [iv, ciphertext, cipher.getAuthTag()].map((bytes) => bytes.toString('base64url'));
  // With `dir`, there is no encrypted key.
  return [protectedHeader, '', ...parts].join('.');
}

/**
 * Decrypts what `encryptJwe` returns. Undefined if that was done with another key, or if anything was changed since.
 * @param key 32 bytes
 */
export function decryptJwe(jwe: string, key: Buffer): Plain | undefined {
  const [protectedHeader = '', encryptedKey, ...rest] = jwe.split('.');
  const id = idOf(protectedHeader);
  if (id === undefined || encryptedKey !== '' || rest.length !== 3) return undefined;
  const [iv, ciphertext, tag] = rest.map(fromBase64Url) as [Buffer, Buffer, Buffer];
  if (iv.length !== IV_BYTES || tag.length !== TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(protectedHeader));
  decipher.setAuthTag(tag);
  const text = decipher.update(ciphertext, undefined, 'utf8');
  return isAuthentic(decipher) ? { text, id } : undefined;
}

/** The id in the header of a JWE, which anyone may have written; undefined if `encryptJwe` makes no such header. */
export function idOfJwe(jwe: string): string | undefined {
  const [protectedHeader = ''] = jwe.split('.');
  return idOf(protectedHeader);
}

function idOf(protectedHeader: string): string | undefined {
  const json = parseJson(fromBase64Url(protectedHeader).toString());
  return z.safeParse(header, json).data?.kid;
}

function isAuthentic(decipher: { final(): Buffer }): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** Empty if `text` is anything but Base64url without padding, in its only form. */
function fromBase64Url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : Buffer.alloc(0);
}
