import { limitTo, MAX_CONCURRENCY } from '../../src/http/client.ts';
import { classifyResponse } from '../../src/http/retry-policy.ts';
import { PAGE_SIZE } from '../../src/openrouter/pages.ts';
import { type Assumption, type Finding, finding } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { describe, listOf, textOf } from '../exchange.ts';
import { keysPath } from '../paths.ts';
import { pollUntil } from '../poll.ts';
import { type LiveKey, type LiveWorkspace, type Scene, sharedWorkspace } from '../scene.ts';

const READ_PAGES = { file: 'src/openrouter/pages.ts', name: 'readPages' };
const LIST_KEYS = { file: 'src/openrouter/resources/keys.ts', name: 'listKeys' };

/** How long a key lives that is to expire. The request that creates it has to arrive in this time. */
const LIFETIME_MS = 2_000;
/** `Date` has whole seconds. */
const DATE_PRECISION_MS = 1_000;

interface EndedKeys {
  workspace: LiveWorkspace;
  disabled: LiveKey;
  expired: LiveKey;
}

/** A workspace with a disabled and an expired key, for which the first probe that requires it waits. */
function endedKeys(scene: Scene): Promise<EndedKeys> {
  return scene.shared('ended keys', async () => {
    const workspace = await scene.createWorkspace();
    const disabled = await scene.createKey(workspace);
    await scene.send('PATCH', `/keys/${disabled.hash}`, { body: { disabled: true } });
    const expires_at = new Date(scene.serverTime() + LIFETIME_MS).toISOString();
    const expired = await scene.createKey(workspace, { expires_at });
    await scene.wait(LIFETIME_MS + DATE_PRECISION_MS);
    return { workspace, disabled, expired };
  });
}

async function probeListed(scene: Scene, state: 'disabled' | 'expired'): Promise<Finding> {
  const { workspace, [state]: key } = await endedKeys(scene);
  const path = keysPath(workspace.id, { [`include_${state}`]: 'true' });
  const isListed = listOf(await scene.send('GET', path)).some(({ hash }) => hash === key.hash);
  return finding(isListed ? 'listed' : 'left out', { agrees: isListed });
}

/** More keys than a page has. */
const MANY = PAGE_SIZE + 1;

/** A workspace with more keys than a page has. */
function manyKeys(scene: Scene): Promise<LiveWorkspace> {
  return scene.shared('many keys', async () => {
    const workspace = await scene.createWorkspace();
    const limit = limitTo(MAX_CONCURRENCY);
    const create = () => limit(() => scene.createKey(workspace));
    await Promise.all(Array.from({ length: MANY }, create));
    return workspace;
  });
}

async function hashesOf({ send }: Scene, { id }: LiveWorkspace, offset = 0): Promise<string[]> {
  const page = await send('GET', keysPath(id, { offset: String(offset) }));
  return listOf(page).map((key) => textOf(key, 'hash'));
}

/** The slugs of all workspaces, in pages of `size`. Stops if a page repeats a slug. */
async function slugPages({ send }: Scene, size: number): Promise<string[][]> {
  const pages: string[][] = [];
  for (let offset = 0; ; offset += size) {
    const page = listOf(await send('GET', `/workspaces?offset=${offset}&limit=${size}`));
    const slugs = page.map((workspace) => textOf(workspace, 'slug'));
    const known = new Set(pages.flat());
    pages.push(slugs);
    if (slugs.length < size || slugs.some((slug) => known.has(slug))) return pages;
  }
}

/** What lists contain, and how they are divided into pages. */
export const LISTS: readonly Assumption[] = [
  {
    id: 'workspace-pages',
    sentence: 'Pages of workspaces have the requested size, and together each workspace once.',
    documented: DOCS.listWorkspaces,
    reliedOnBy: READ_PAGES,
    async probe(scene) {
      const { slug } = await sharedWorkspace(scene);
      let observed = '';
      // Pages shift when others create or delete a workspace in the meantime.
      const delay = await pollUntil(scene, async () => {
        const [whole = []] = await slugPages(scene, PAGE_SIZE);
        const size = Math.max(1, Math.ceil(whole.length / 2));
        const pages = await slugPages(scene, size);
        const all = pages.flat();
        const isComplete = new Set(all).size === all.length && all.includes(slug);
        const hasSize = pages.slice(0, -1).every(({ length }) => length === size);
        observed = `pages of ${pages.map(({ length }) => length).join(', ')} for limit=${size}`;
        return isComplete && hasSize;
      });
      return finding(observed, { agrees: delay !== undefined });
    },
  },
  {
    id: 'workspace-order',
    sentence: 'Workspaces keep their order in the list while others are created and deleted.',
    documented: undefined,
    reliedOnBy: READ_PAGES,
    async probe(scene) {
      const { id, slug } = await scene.createWorkspace();
      await scene.createWorkspace();
      const before = (await slugPages(scene, PAGE_SIZE)).flat();
      await scene.send('DELETE', `/workspaces/${id}`);
      const added = await scene.createWorkspace();
      const after = (await slugPages(scene, PAGE_SIZE)).flat();
      const kept = before.filter((other) => other !== slug && after.includes(other));
      const agrees = kept.join() === after.filter((other) => kept.includes(other)).join();
      const at = after.indexOf(added.slug) === 0 ? 'at the beginning' : 'not at the beginning';
      return finding(`order ${agrees ? 'kept' : 'changed'}, a new workspace is ${at}`, { agrees });
    },
  },
  {
    id: 'key-page-size',
    sentence: 'A page of keys that is not the last has 100 entries.',
    documented: undefined,
    reliedOnBy: READ_PAGES,
    async probe(scene) {
      const page = await hashesOf(scene, await manyKeys(scene));
      return finding(`${page.length} of ${MANY} keys`, { agrees: page.length === PAGE_SIZE });
    },
  },
  {
    id: 'key-offset',
    sentence: 'A page of keys begins with the entry that its offset names, in an order that stays.',
    documented: DOCS.listKeys,
    reliedOnBy: READ_PAGES,
    async probe(scene) {
      const workspace = await manyKeys(scene);
      const first = await hashesOf(scene, workspace);
      const next = await hashesOf(scene, workspace, first.length - 1);
      const overlap = first.at(-1) === next[0];
      const count = new Set([...first, ...next]).size;
      const observed = `${count} of ${MANY} keys in two pages that ${overlap ? 'overlap' : 'do not overlap'} by one`;
      return finding(observed, { agrees: overlap && count === MANY });
    },
  },
  {
    id: 'keys-of-workspace',
    sentence: 'GET /keys with a workspace_id lists the keys of that workspace only.',
    documented: DOCS.listKeys,
    reliedOnBy: LIST_KEYS,
    async probe(scene) {
      await scene.createKey(await sharedWorkspace(scene));
      const { id } = (await endedKeys(scene)).workspace;
      const keys = listOf(await scene.send('GET', keysPath(id)));
      const others = keys.filter(({ workspace_id }) => workspace_id !== id);
      const observed = `${keys.length - others.length} of it, ${others.length} of other workspaces`;
      return finding(observed, { agrees: keys.length > 0 && others.length === 0 });
    },
  },
  {
    id: 'keys-of-deleted-workspace',
    sentence: 'GET /keys returns an empty list or a 4xx for a workspace that was deleted.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/preview/delete-preview.ts', name: 'isGone' },
    async probe(scene) {
      const { id } = await scene.createWorkspace();
      await scene.send('DELETE', `/workspaces/${id}`);
      const list = await scene.send('GET', keysPath(id));
      if (list.status !== 200) {
        const isRejected = classifyResponse('GET', list.status) === 'rejected';
        return finding(describe(list), { agrees: isRejected });
      }
      const { length } = listOf(list);
      return finding(`HTTP 200, ${length} keys`, { agrees: length === 0 });
    },
  },
  {
    id: 'include-disabled',
    sentence: 'GET /keys lists disabled keys with include_disabled=true.',
    documented: DOCS.listKeys,
    reliedOnBy: LIST_KEYS,
    probe: (scene) => probeListed(scene, 'disabled'),
  },
  {
    id: 'include-expired',
    sentence: 'GET /keys lists expired keys with include_expired=true.',
    documented: DOCS.listKeys,
    reliedOnBy: LIST_KEYS,
    probe: (scene) => probeListed(scene, 'expired'),
  },
];
