import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newSeal } from '../../../../sandbox/runner/seal.ts';
import { sealedTask } from '../../../../src/actions/end-key/sealed-task.ts';
import { toJson } from '../../../../src/lib/json.ts';
import { encryptJwe, idOfJwe } from '../../../../src/lib/jwe.ts';
import { openTask } from '../../../../src/sealing/sealed-key.ts';
import { runs } from '../../../properties/runs.ts';
import { expectFailure } from '../../../support/harness.ts';
import { sha256 } from '../../../support/key-harness.ts';
import { openSealedHarness, RUN } from '../../../support/sealed-harness.ts';

const { harness, seal, sealOne, unseal, end, keys } = openSealedHarness();

const headerOf = (half: string) => half.split('.', 1)[0];

/** Two sealed keys of this run, then one of another, each with the hash of its key. */
async function sealThree() {
  const sealed = [
    (await sealOne({ name: 'A' })).step.outputs,
    (await sealOne({ name: 'B' })).step.outputs,
    (await sealOne({ name: 'C' }, { GITHUB_RUN_ID: '17000000002' })).step.outputs,
  ];
  return sealed.map(({ hash = '', 'sealed-key': text = '' }) => {
    const [first = '', second = ''] = text.split('~');
    return { hash, text, halves: [first, second] as const };
  });
}

/** What code can write that has the sealed keys of all runs, knows what is in them, and encrypts with `key`. */
function forgeries(sealed: Awaited<ReturnType<typeof sealThree>>, key: string) {
  const { managementKey } = harness.sandbox;
  const run = RUN.GITHUB_RUN_ID;
  const forged = sealed.slice(0, 2).map(({ text }) => {
    const opened = openTask(text, { managementKey, run, task: sealedTask() });
    const id = String(idOfJwe(text));
    const content = { key: 'sk-or-v1-of-somebody-else', ...Object(opened), version: 1, run, id };
    const options = { key: Buffer.from(key, 'base64'), iv: Buffer.alloc(12) };
    return encryptJwe({ text: toJson(content), id }, options);
  });
  const genuine = sealed.flatMap(({ halves }) => halves);
  const half = fc.constantFrom(...genuine, ...forged);
  const halves = fc.oneof(
    fc.constantFrom(...sealed.map((one) => one.halves)),
    fc.tuple(half, half),
  );
  /** Takes a part of one half from another one. */
  const mixed = fc.tuple(halves, half, fc.nat(9)).map(([[first, second], other, at]) => {
    const parts = `${first}.${second}`.split('.').with(at, String(other.split('.')[at % 5]));
    return [parts.slice(0, 5), parts.slice(5)].map((one) => one.join('.')).join('~');
  });
  const added = fc.constantFrom('', '', '', '~', '.', '=', ' ', ...genuine.map((one) => `~${one}`));
  return fc.tuple(mixed, added).map((parts) => parts.join(''));
}

// With the seal, anyone can make up an API key: the forger of one for `unseal-key` has another seal.
test.each([
  ['end-key ends nothing but the key', 1, () => seal],
  ['unseal-key outputs nothing but the key', 0, newSeal],
] as const)(
  '%s of a half that this run has sealed, and sends no request for any other text',
  async (_, at, keyOfForger) => {
    const sealed = await sealThree();
    const before = structuredClone(keys());
    await fc.assert(
      fc.asyncProperty(forgeries(sealed, keyOfForger()), async (text) => {
        harness.sandbox.requests.length = 0;
        keys().splice(0, keys().length, ...structuredClone(before));
        const step = await (at === 1 ? end(text) : unseal(text));
        const halves = text.trim().split('~');
        const own = sealed.slice(0, 2).find((one) => halves[at] === one.halves[at]);
        const isWhole = halves.length === 2 && headerOf(text) === headerOf(String(halves[1]));
        if (!own || !isWhole) {
          expect(expectFailure(step).code).toBe('sealed-key-mismatch');
          expect(harness.sandbox.requests).toEqual([]);
          return;
        }
        expect(step).toMatchObject({ exitCode: 0, annotations: [] });
        const left = before.filter(({ hash }) => at === 0 || hash !== own.hash);
        expect(keys()).toEqual(left);
        if (at === 0) expect(sha256(step.outputs['key'])).toBe(own.hash);
      }),
      runs(150),
    );
  },
);
