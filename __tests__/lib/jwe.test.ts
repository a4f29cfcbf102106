import { createCipheriv, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { decryptJwe, encryptJwe, idOfJwe, JWE_KEY_BYTES } from '../../src/lib/jwe.ts';

const keys = fc.uint8Array({ minLength: JWE_KEY_BYTES, maxLength: JWE_KEY_BYTES });
const ivs = fc.uint8Array({ minLength: 12, maxLength: 12 });
const texts = fc.string({ unit: 'grapheme', maxLength: 300 });
const encrypt = (text: string, key: Uint8Array, iv: Uint8Array) =>
  encryptJwe({ text, id: 'id' }, { key: Buffer.from(key), iv: Buffer.from(iv) });

test('jose decrypts what was encrypted here, and finds nothing but the documented header', async () => {
  await fc.assert(
    fc.asyncProperty(texts, keys, ivs, async (text, key, iv) => {
      const { plaintext, protectedHeader } = await compactDecrypt(encrypt(text, key, iv), key);
      expect(new TextDecoder().decode(plaintext)).toBe(text);
      expect(protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM', kid: 'id' });
    }),
  );
});

test('what jose has encrypted is decrypted here', async () => {
  await fc.assert(
    fc.asyncProperty(texts, keys, async (text, key) => {
      const jwe = await new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'id' })
        .encrypt(key);
      expect(decryptJwe(jwe, Buffer.from(key))).toEqual({ text, id: 'id' });
      expect(idOfJwe(jwe)).toBe('id');
    }),
  );
});

test('nothing is decrypted with another key, or once a character was changed', () => {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~ =+/';
  fc.assert(
    fc.property(
      texts,
      keys,
      ivs,
      fc.nat(),
      fc.constantFrom(...ALPHABET),
      (text, key, iv, at, character) => {
        const jwe = encrypt(text, key, iv);
        const index = at % jwe.length;
        const changed = jwe.slice(0, index) + character + jwe.slice(index + 1);
        if (changed !== jwe) expect(decryptJwe(changed, Buffer.from(key))).toBeUndefined();
        const [first = 0, ...rest] = key;
        expect(decryptJwe(jwe, Buffer.from([first ^ 1, ...rest]))).toBeUndefined();
      },
    ),
    { numRuns: 1_000 },
  );
});

test.each([
  ['no text', () => ''],
  ['another text', () => 'none'],
  ['a part too many', (jwe: string) => `${jwe}.AAAA`],
  ['a part too few', (jwe: string) => jwe.split('.').slice(0, 4).join('.')],
  [
    'parts of two',
    (jwe: string, other: string) => [...jwe.split('.').slice(0, 4), other.split('.')[4]].join('.'),
  ],
  ['a shorter tag', (jwe: string) => jwe.slice(0, -6)],
  ['a line break', (jwe: string) => `${jwe}\n`],
  [
    'another header',
    (jwe: string) => {
      const header = Buffer.from('{"alg":"dir","enc":"A128GCM","kid":"id"}').toString('base64url');
      return [header, ...jwe.split('.').slice(1)].join('.');
    },
  ],
])('%s is not decrypted', (_, change) => {
  const key = randomBytes(JWE_KEY_BYTES);
  const [jwe, other] = ['one', 'two'].map((text) => encrypt(text, key, randomBytes(12)));
  expect(decryptJwe(change(String(jwe), String(other)), key)).toBeUndefined();
});

test.each<[string, object]>([
  ['a compressed text', { zip: 'DEF' }],
  ['a field that must be understood', { crit: ['exp'], exp: 1 }],
  ['an id that is no text', { kid: 1 }],
])('a header with %s is not accepted, even with the right key', (_, changes) => {
  const key = randomBytes(JWE_KEY_BYTES);
  const iv = randomBytes(12);
  const fields = { alg: 'dir', enc: 'A256GCM', kid: 'id', ...changes };
  const header = Buffer.from(JSON.stringify(fields)).toString('base64url');
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(header));
  const ciphertext = Buffer.concat([cipher.update('text'), cipher.final()]);
  const rest = [iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'));
  const jwe = [header, '', ...rest].join('.');
  expect([decryptJwe(jwe, key), idOfJwe(jwe)]).toEqual([undefined, undefined]);
});
