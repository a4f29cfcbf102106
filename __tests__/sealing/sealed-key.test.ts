import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { compactDecrypt } from 'jose';
import * as z from 'zod/mini';
import { encryptJwe } from '../../src/lib/jwe.ts';
import { openKey, openTask, sealKey } from '../../src/sealing/sealed-key.ts';

const RUN = '17000000001';
const KEY = `sk-or-v1-${'ab'.repeat(32)}`;
const MANAGEMENT_KEY = `sk-or-v1-${'cd'.repeat(32)}`;
const seal = randomBytes(32);
const task = z.object({ hash: z.string() });
const TASK = { hash: 'abc' };
const BASE64_URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const sealOne = (run = RUN, hash = 'abc') =>
  sealKey({ key: KEY, task: { hash }, run }, { seal, managementKey: MANAGEMENT_KEY, randomBytes });
const open = (sealed: string, options: Partial<Parameters<typeof openKey>[1]> = {}) =>
  openKey(sealed, { seal, run: RUN, ...options });
const openEnd = (sealed: string, managementKey = MANAGEMENT_KEY, run = RUN) =>
  openTask(sealed, { managementKey, run, task });

test('a sealed key is opened with the seal, and what ends the key with the management key', () => {
  const sealed = sealOne();
  expect(open(sealed)).toMatchObject({ key: KEY });
  expect(openEnd(sealed)).toMatchObject({ task: TASK });
});

test('it begins as a workflow recognizes it, and no text in it is plain', async () => {
  const sealed = sealOne();
  expect(sealed).toMatch(/^ey[\w-]+\.\.[\w.-]+~ey[\w-]+\.\.[\w.-]+$/);
  const decoded = sealed.split(/[.~]/).map((part) => Buffer.from(part, 'base64url').toString());
  for (const secret of [KEY, MANAGEMENT_KEY, 'abc"']) expect(decoded.join()).not.toContain(secret);
  const [first = ''] = sealed.split('~');
  const { plaintext } = await compactDecrypt(first, seal);
  // Code with the seal reads all of this.
  expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual({
    version: 1,
    run: RUN,
    id: expect.any(String),
    key: KEY,
  });
});

test('no two are alike, not even in a part, but for the header that both parts have', () => {
  const parts = [sealOne(), sealOne()].flatMap((sealed) => sealed.split(/[.~]/).filter(Boolean));
  expect(new Set(parts).size).toBe(parts.length - 2);
});

describe('nothing is opened', () => {
  test('with another seal or management key', () => {
    const sealed = sealOne();
    expect(open(sealed, { seal: randomBytes(32) })).toBe('not-opened');
    expect(openEnd(sealed, `${MANAGEMENT_KEY}0`)).toBe('not-opened');
  });

  test('with the key of the other part', () => {
    const [first, second] = sealOne().split('~');
    expect(open(`${second}~${first}`)).toBe('not-opened');
    expect(openEnd(`${second}~${first}`)).toBe('not-opened');
    expect(openEnd(`${first}~${first}`)).toBe('not-opened');
  });

  test('of parts of two sealed keys', () => {
    const [one, other] = [sealOne(), sealOne(RUN, 'def')].map((sealed) => sealed.split('~'));
    const mixed = `${one?.[0]}~${other?.[1]}`;
    expect([open(mixed), openEnd(mixed)]).toEqual(['not-opened', 'not-opened']);
  });

  test('of another run', () => {
    const sealed = sealOne('17000000002');
    expect([open(sealed), openEnd(sealed)]).toEqual(['other-run', 'other-run']);
  });

  test('that has another form', () => {
    const sealed = sealKey(
      { key: KEY, task: { other: 1 }, run: RUN },
      { seal, managementKey: MANAGEMENT_KEY, randomBytes },
    );
    expect(openEnd(sealed)).toBe('other-version');
  });

  test('whose header has another id than what it is the header of', () => {
    const parts = ['a', 'b'].map((id) => {
      const text = JSON.stringify({ version: 1, run: RUN, id, key: KEY });
      return encryptJwe({ text, id: 'a' }, { key: seal, iv: randomBytes(12) });
    });
    expect(open(`${parts[0]}~${parts[1]}`)).toMatchObject({ key: KEY });
    expect(open(`${parts[1]}~${parts[0]}`)).toBe('not-opened');
  });

  test('of a part in which one character was changed, even in a bit that means nothing', () => {
    const sealed = sealOne();
    const middle = sealed.indexOf('~');
    const opened: string[] = [];
    for (const [at, character] of [...sealed].entries()) {
      const others = [1, 2, 4, 8, 16, 32].map(
        (bit) => BASE64_URL[BASE64_URL.indexOf(character) ^ bit],
      );
      for (const other of [...others, ...'.~= +/', '']) {
        if (other === undefined || other === character) continue;
        const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
        const results = [at <= middle && open(changed), at >= middle && openEnd(changed)];
        if (results.some((one) => one && one !== 'not-opened')) opened.push(changed);
      }
    }
    expect(opened).toEqual([]);
  });

  test.each(['', 'none', '~', 'ey~ey', 'a.b.c.d.e~a.b.c.d.e'])('of %j', (text) => {
    expect([open(text), openEnd(text)]).toEqual(['not-opened', 'not-opened']);
  });
});
