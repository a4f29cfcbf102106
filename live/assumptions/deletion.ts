import { classifyResponse } from '../../src/http/retry-policy.ts';
import { type Assumption, type Finding, finding } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { describe, type Exchange, fieldOf, isMissing, listOf } from '../exchange.ts';
import { type KeyState, keyStates } from '../key-states.ts';
import { keysPath } from '../paths.ts';
import { type Scene, sharedWorkspace } from '../scene.ts';

const TEARDOWN = { file: 'src/teardown/teardown.ts', name: 'runRound' };
const DELETION = { file: 'src/openrouter/deletion.ts', name: 'sendDeletion' };

/** Tries to delete a workspace that only has a key in `state`. */
async function deleteWorkspaceWith(scene: Scene, state: KeyState): Promise<Exchange> {
  const { single } = await keyStates(scene);
  return scene.send('DELETE', `/workspaces/${single[state].id}`);
}

async function probeBlocked(scene: Scene, state: KeyState): Promise<Finding> {
  const response = await deleteWorkspaceWith(scene, state);
  return finding(describe(response), { agrees: response.status >= 400 && !isMissing(response) });
}

/** What blocks the deletion of a workspace, and how deletions are reported. */
export const DELETION_OF_WORKSPACES: readonly Assumption[] = [
  {
    id: 'active-key-blocks-deletion',
    sentence: 'A workspace with an active key is not deleted.',
    documented: DOCS.deleteWorkspace,
    reliedOnBy: TEARDOWN,
    isCritical: true,
    probe: (scene) => probeBlocked(scene, 'active'),
  },
  {
    id: 'disabled-key-blocks-deletion',
    sentence: 'A workspace with a disabled key is not deleted.',
    documented: undefined,
    reliedOnBy: TEARDOWN,
    isCritical: false,
    probe: (scene) => probeBlocked(scene, 'disabled'),
  },
  {
    id: 'expired-key-blocks-deletion',
    sentence: 'A workspace with an expired key is not deleted.',
    documented: undefined,
    reliedOnBy: TEARDOWN,
    isCritical: false,
    probe: (scene) => probeBlocked(scene, 'expired'),
  },
  {
    id: 'blocked-deletion-status',
    sentence: 'A deletion that a key blocks is rejected with a 4xx other than 401 and 403.',
    documented: undefined,
    reliedOnBy: { file: 'src/http/request.ts', name: 'rejectsResource' },
    isCritical: true,
    async probe(scene) {
      const response = await deleteWorkspaceWith(scene, 'active');
      const { status } = response;
      const isRejected = classifyResponse('DELETE', status) === 'rejected';
      return finding(describe(response), {
        agrees: isRejected && status !== 401 && status !== 403,
      });
    },
  },
  {
    id: 'deletion-response',
    sentence: 'DELETE /workspaces/{id} returns 200 and deleted: true.',
    documented: DOCS.deleteWorkspace,
    reliedOnBy: DELETION,
    isCritical: true,
    async probe(scene) {
      const { id } = await scene.createWorkspace();
      return describeDeletion(await scene.send('DELETE', `/workspaces/${id}`));
    },
  },
  {
    id: 'key-deletion-response',
    sentence: 'DELETE /keys/{hash} returns 200 and deleted: true.',
    documented: DOCS.deleteKey,
    reliedOnBy: DELETION,
    isCritical: true,
    async probe(scene) {
      const { hash } = await scene.createKey(await sharedWorkspace(scene));
      return describeDeletion(await scene.send('DELETE', `/keys/${hash}`));
    },
  },
  {
    id: 'missing-workspace-deletion',
    sentence: 'DELETE /workspaces/{id} returns 404 and JSON for a workspace that was deleted.',
    documented: DOCS.deleteWorkspace,
    reliedOnBy: DELETION,
    isCritical: true,
    async probe(scene) {
      const { id } = await scene.createWorkspace();
      await scene.send('DELETE', `/workspaces/${id}`);
      const repeated = await scene.send('DELETE', `/workspaces/${id}`);
      return finding(describe(repeated), { agrees: isMissing(repeated) });
    },
  },
  {
    id: 'keys-of-deleted-workspace',
    sentence: 'GET /keys returns an empty list or a 4xx for a workspace that was deleted.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/preview/close-preview.ts', name: 'isGone' },
    isCritical: true,
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
];

function describeDeletion(response: Exchange): Finding {
  if (response.status !== 200) return finding(describe(response), { agrees: false });
  const deleted = fieldOf(response, 'deleted');
  return finding(`HTTP 200, deleted: ${JSON.stringify(deleted ?? null)}`, {
    agrees: deleted === true,
  });
}
