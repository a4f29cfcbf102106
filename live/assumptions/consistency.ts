import type { Assumption } from '../assumption.ts';
import { listWorkspaces } from '../created.ts';
import { dataOf, expectStatus, isMissing, listOf } from '../exchange.ts';
import { keysPath } from '../paths.ts';
import { findDelay } from '../poll.ts';
import { type Scene, sharedWorkspace } from '../scene.ts';

const CLOSE = { file: 'src/actions/preview/close-preview.ts', name: 'closeWorkspace' };
const LIST_WORKSPACES = { file: 'src/openrouter/resources/workspaces.ts', name: 'listWorkspaces' };
const LIST_KEYS = { file: 'src/openrouter/resources/keys.ts', name: 'listKeys' };

async function workspaceExists({ send }: Scene, idOrSlug: string): Promise<boolean> {
  return !isMissing(await send('GET', `/workspaces/${idOrSlug}`));
}

/** Whether the list of workspaces has `slug`. */
async function workspaceIsListed({ send }: Scene, slug: string): Promise<boolean> {
  return (await listWorkspaces(send)).some((workspace) => workspace.slug === slug);
}

async function keyIsListed({ send }: Scene, id: string, hash: string): Promise<boolean> {
  return listOf(await send('GET', keysPath(id))).some((key) => key['hash'] === hash);
}

const deleteWorkspace = ({ send }: Scene, id: string) => send('DELETE', `/workspaces/${id}`);
const deleteKey = ({ send }: Scene, hash: string) => send('DELETE', `/keys/${hash}`);

/** Gives a workspace another slug and description in one request, as the end of a preview does. */
async function changeSlug({ send, newSlug }: Scene, id: string) {
  const fields = { slug: newSlug(), description: 'New' };
  expectStatus(await send('PATCH', `/workspaces/${id}`, { body: fields }), 200);
  return fields;
}

/** Whether a workspace can be created with `slug`. */
async function isCreated({ send }: Scene, slug: string): Promise<boolean> {
  const body = { name: 'Again', slug };
  return (await send('POST', '/workspaces', { body })).status === 201;
}

/** How soon a read shows what was written before. */
export const CONSISTENCY: readonly Assumption[] = [
  {
    id: 'read-after-create',
    sentence: 'A lookup finds a new workspace at once.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/create/reconcile.ts', name: 'reconcileWorkspace' },
    isCritical: true,
    async probe(scene) {
      const { slug } = await scene.createWorkspace();
      return findDelay(scene, () => workspaceExists(scene, slug));
    },
  },
  {
    id: 'read-after-update',
    sentence: 'A lookup by its id shows the new slug and description of a workspace at once.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/preview/open-preview.ts', name: 'admitKey' },
    isCritical: true,
    async probe(scene) {
      const { id } = await scene.createWorkspace({ description: 'Old' });
      const fields = await changeSlug(scene, id);
      const isNew = async () => {
        const { slug, description } = dataOf(await scene.send('GET', `/workspaces/${id}`));
        return slug === fields.slug && description === fields.description;
      };
      return findDelay(scene, isNew);
    },
  },
  {
    id: 'missing-after-update',
    sentence: 'A lookup by its former slug does not find a workspace as soon as it has another.',
    documented: undefined,
    reliedOnBy: CLOSE,
    isCritical: true,
    async probe(scene) {
      const { id, slug } = await scene.createWorkspace();
      await changeSlug(scene, id);
      return findDelay(scene, async () => !(await workspaceExists(scene, slug)));
    },
  },
  {
    id: 'slug-free-after-update',
    sentence: 'The slug of a workspace can be used again as soon as that has another.',
    documented: undefined,
    reliedOnBy: CLOSE,
    isCritical: true,
    async probe(scene) {
      const { id, slug } = await scene.createWorkspace();
      await changeSlug(scene, id);
      return findDelay(scene, () => isCreated(scene, slug));
    },
  },
  {
    id: 'read-after-delete',
    sentence: 'A lookup reports a deleted workspace as missing at once.',
    documented: undefined,
    reliedOnBy: { file: 'src/teardown/teardown.ts', name: 'isGone' },
    isCritical: true,
    async probe(scene) {
      const { id } = await scene.createWorkspace();
      await deleteWorkspace(scene, id);
      const isGone = async () => !(await workspaceExists(scene, id));
      return findDelay(scene, isGone);
    },
  },
  {
    id: 'slug-free-after-delete',
    sentence: 'The slug of a deleted workspace can be used again at once.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/create/create-workspace.ts', name: 'createWorkspace' },
    isCritical: false,
    async probe(scene) {
      const { id, slug } = await scene.createWorkspace();
      await deleteWorkspace(scene, id);
      return findDelay(scene, () => isCreated(scene, slug));
    },
  },
  {
    id: 'list-after-create',
    sentence: 'The list of workspaces has a new workspace at once.',
    documented: undefined,
    reliedOnBy: LIST_WORKSPACES,
    isCritical: false,
    async probe(scene) {
      const { slug } = await scene.createWorkspace();
      return findDelay(scene, () => workspaceIsListed(scene, slug));
    },
  },
  {
    id: 'list-after-delete',
    sentence: 'The list of workspaces loses a deleted workspace at once.',
    documented: undefined,
    reliedOnBy: LIST_WORKSPACES,
    isCritical: false,
    async probe(scene) {
      const { id, slug } = await scene.createWorkspace();
      await deleteWorkspace(scene, id);
      const isUnlisted = async () => !(await workspaceIsListed(scene, slug));
      return findDelay(scene, isUnlisted);
    },
  },
  {
    id: 'key-list-after-create',
    sentence: 'The list of the keys of a workspace has a new key at once.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/key/orphans.ts', name: 'deleteOrphans' },
    isCritical: true,
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      const { hash } = await scene.createKey({ id });
      return findDelay(scene, () => keyIsListed(scene, id, hash));
    },
  },
  {
    id: 'key-list-after-delete',
    sentence: 'The list of the keys of a workspace loses a deleted key at once.',
    documented: undefined,
    reliedOnBy: LIST_KEYS,
    isCritical: false,
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      const { hash } = await scene.createKey({ id });
      await deleteKey(scene, hash);
      const isUnlisted = async () => !(await keyIsListed(scene, id, hash));
      return findDelay(scene, isUnlisted);
    },
  },
  {
    id: 'key-after-create',
    sentence: 'A lookup by its hash finds a new key at once.',
    documented: undefined,
    reliedOnBy: { file: 'src/openrouter/resources/keys.ts', name: 'findKey' },
    isCritical: false,
    async probe(scene) {
      const { hash } = await scene.createKey(await sharedWorkspace(scene));
      const exists = async () => !isMissing(await scene.send('GET', `/keys/${hash}`));
      return findDelay(scene, exists);
    },
  },
];
