import { type Assumption, finding } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { dataOf, listOf, type Resource, serverTimeOf } from '../exchange.ts';
import { keysPath } from '../paths.ts';
import { findDelay } from '../poll.ts';
import { sharedWorkspace } from '../scene.ts';

const RESOURCE = 'src/openrouter/resources/keys.ts';

/** What can be set for a key, other than its expiry. */
const VALUES = { limit: 0.5, limit_reset: 'weekly', include_byok_in_limit: true };

/** The fields of `written` that have another value in `key`. */
function changesOf(written: object, key: Resource): string[] {
  return Object.entries(written)
    .filter(([field, value]) => key[field] !== value)
    .map(
      ([field, value]) => `${field} ${JSON.stringify(value)} became ${JSON.stringify(key[field])}`,
    );
}

/** How many keys are created one after the other, to see whether a list misses one. */
const NEW_KEYS = 5;

/** How much earlier a change is that must not count as the end of a key, in milliseconds. */
const EARLIER_MS = 5_000;

/** How the limits of keys hold, and how keys end. */
export const KEYS: readonly Assumption[] = [
  {
    id: 'created-key-limits',
    sentence:
      'POST /keys returns the limit, its reset, include_byok_in_limit and the expiry as they were written.',
    documented: DOCS.createKey,
    reliedOnBy: { file: 'src/actions/key/key-diff.ts', name: 'compareKey' },
    async probe(scene) {
      const workspace = await sharedWorkspace(scene);
      const expires_at = new Date(scene.serverTime() + 3_600_000).toISOString();
      const { fields } = await scene.createKey(workspace, { ...VALUES, expires_at });
      const changes = changesOf(VALUES, fields);
      const returned = fields['expires_at'];
      if (Date.parse(String(returned)) !== Date.parse(expires_at)) {
        changes.push(`expires_at ${expires_at} became ${returned}`);
      }
      return finding(changes.join('; ') || 'unchanged', { agrees: changes.length === 0 });
    },
  },
  {
    id: 'key-name-unchanged',
    sentence: 'The name of a key comes back as it was written.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/key/orphans.ts', name: 'deleteOrphans' },
    async probe(scene) {
      const name = { name: `Cafe\u0301 \u{1f680} ${'x'.repeat(300)} #0ab1c2` };
      const { hash } = await scene.createKey(await sharedWorkspace(scene), name);
      const key = dataOf(await scene.send('GET', `/keys/${hash}`));
      const changes = changesOf(name, key);
      return finding(changes.join('; ') || 'unchanged', { agrees: changes.length === 0 });
    },
  },
  {
    id: 'key-list-after-create',
    sentence: 'The list of the keys of a workspace has a new key at once.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/key/orphans.ts', name: 'deleteOrphans' },
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      const { hash } = await scene.createKey({ id });
      const isListed = async () =>
        listOf(await scene.send('GET', keysPath(id))).some((key) => key['hash'] === hash);
      return findDelay(scene, isListed);
    },
  },
  {
    id: 'key-list-order',
    sentence: 'A list of keys that has a new key has all keys that were created before it.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/preview/cap-key.ts', name: 'admit' },
    async probe(scene) {
      const { id } = await scene.createWorkspace();
      const hashes: string[] = [];
      const gaps: string[] = [];
      for (let count = 0; count < NEW_KEYS; count += 1) {
        const { hash } = await scene.createKey({ id });
        hashes.push(hash);
        const listed = listOf(await scene.send('GET', keysPath(id))).map((key) => key['hash']);
        const newest = hashes.findLastIndex((one) => listed.includes(one));
        gaps.push(...hashes.slice(0, newest + 1).filter((one) => !listed.includes(one)));
      }
      const observed = gaps.length > 0 ? `without ${gaps.length} earlier ones` : 'all earlier ones';
      return finding(observed, { agrees: gaps.length === 0 });
    },
  },
  {
    id: 'disabled-key',
    sentence:
      'PATCH /keys/{hash} with disabled: true returns the key as disabled, and leaves other fields alone.',
    documented: DOCS.updateKey,
    reliedOnBy: { file: RESOURCE, name: 'disableKey' },
    async probe(scene) {
      const { hash } = await scene.createKey(await sharedWorkspace(scene));
      const before = dataOf(await scene.send('GET', `/keys/${hash}`));
      const body = { disabled: true };
      const disabled = dataOf(await scene.send('PATCH', `/keys/${hash}`, { body }));
      const { updated_at: _updated, ...kept } = before;
      const changes = changesOf({ ...kept, ...body }, disabled);
      return finding(changes.join('; ') || 'only disabled', { agrees: changes.length === 0 });
    },
  },
  {
    id: 'disabled-key-name',
    sentence: 'PATCH /keys/{hash} takes disabled: true and a new name at once, and returns both.',
    documented: DOCS.updateKey,
    reliedOnBy: { file: 'src/actions/preview/open-preview.ts', name: 'giveUp' },
    async probe(scene) {
      const { hash } = await scene.createKey(await sharedWorkspace(scene), { limit: 0.5 });
      const body = { disabled: true, name: 'Given way' };
      const disabled = dataOf(await scene.send('PATCH', `/keys/${hash}`, { body }));
      const changes = changesOf(body, disabled);
      return finding(changes.join('; ') || 'both', { agrees: changes.length === 0 });
    },
  },
  {
    id: 'disabled-key-time',
    sentence:
      'The updated_at of a key that was disabled is at most two seconds from the Date of that response, in PATCH, GET and list, although the key was changed before.',
    documented: undefined,
    reliedOnBy: { file: 'src/openrouter/settlement.ts', name: 'endsOf' },
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      const { hash } = await scene.createKey({ id });
      const path = `/keys/${hash}`;
      await scene.send('PATCH', path, { body: { name: 'Changed' } });
      await scene.wait(EARLIER_MS);
      const response = await scene.send('PATCH', path, { body: { disabled: true } });
      const listed = listOf(await scene.send('GET', keysPath(id)));
      const reads = {
        PATCH: dataOf(response),
        GET: dataOf(await scene.send('GET', path)),
        list: listed.find((key) => key['hash'] === hash) ?? {},
      };
      const differences = Object.entries(reads).map(([read, { updated_at }]) => {
        const ms = Date.parse(String(updated_at)) - serverTimeOf(response);
        return { ms, observed: `${read}: ${JSON.stringify(updated_at ?? null)}, ${ms} ms` };
      });
      const agrees = differences.every(({ ms }) => Math.abs(ms) <= 2_000);
      return finding(differences.map(({ observed }) => observed).join('; '), { agrees });
    },
  },
];
