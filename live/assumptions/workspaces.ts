import { classifyResponse } from '../../src/http/retry-policy.ts';
import { wasCreatedWithin } from '../../src/shared/time-window.ts';
import { type Assumption, finding } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { dataOf, describe, expectStatus, isMissing, serverTimeOf } from '../exchange.ts';
import { findDelay } from '../poll.ts';
import { sharedWorkspace } from '../scene.ts';

/** What decides which workspaces are deleted, and whether a preview is closed. */
export const WORKSPACES: readonly Assumption[] = [
  {
    id: 'taken-slug-status',
    sentence: 'A POST for a taken slug is rejected with a 4xx other than 401 and 403, or with 500.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/create/reconcile.ts', name: 'decideCreator' },
    async probe(scene) {
      const { slug } = await sharedWorkspace(scene);
      const body = { name: 'Taken', slug };
      const response = await scene.send('POST', '/workspaces', { body });
      const { status } = response;
      const isRejected = classifyResponse('POST', status) === 'rejected';
      const agrees = status === 500 || (isRejected && status !== 401 && status !== 403);
      return finding(describe(response), { agrees });
    },
  },
  {
    id: 'created-at-near-date',
    sentence:
      'The created_at of a new workspace is at most a second from the Date of the response.',
    documented: undefined,
    reliedOnBy: { file: 'src/shared/time-window.ts', name: 'wasCreatedWithin' },
    async probe(scene) {
      await scene.send('GET', `/workspaces/${scene.newSlug()}`);
      const from = scene.serverTime();
      const { fields, created } = await scene.createWorkspace();
      const to = serverTimeOf(created);
      const ms = Date.parse(String(fields['created_at'])) - to;
      const observed = `created_at is ${ms} ms after the Date of its response`;
      return finding(observed, { agrees: wasCreatedWithin(fields, { from, to }) === true });
    },
  },
  {
    id: 'read-after-update',
    sentence: 'A lookup by its id shows the new slug and description of a workspace at once.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/preview/open-preview.ts', name: 'isUsable' },
    async probe(scene) {
      const { id } = await scene.createWorkspace({ description: 'Old' });
      const body = { slug: scene.newSlug(), description: 'New' };
      expectStatus(await scene.send('PATCH', `/workspaces/${id}`, { body }), 200);
      const isNew = async () => {
        const { slug, description } = dataOf(await scene.send('GET', `/workspaces/${id}`));
        return slug === body.slug && description === body.description;
      };
      return findDelay(scene, isNew);
    },
  },
  {
    id: 'active-key-blocks-deletion',
    sentence: 'A workspace with an active key is not deleted.',
    documented: DOCS.deleteWorkspace,
    reliedOnBy: { file: 'src/teardown/teardown.ts', name: 'runRound' },
    async probe(scene) {
      const { id } = await scene.createWorkspace();
      await scene.createKey({ id });
      const response = await scene.send('DELETE', `/workspaces/${id}`);
      return finding(describe(response), {
        agrees: response.status >= 400 && !isMissing(response),
      });
    },
  },
  {
    id: 'default-workspace',
    sentence: 'Every account has a workspace whose slug is default.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/delete/delete-workspace.ts', name: 'assertDeletable' },
    async probe(scene) {
      const response = await scene.send('GET', '/workspaces/default');
      if (response.status !== 200) return finding(describe(response), { agrees: false });
      const { slug } = dataOf(response);
      return finding(`slug ${JSON.stringify(slug)}`, { agrees: slug === 'default' });
    },
  },
  {
    id: 'empty-key-ids',
    sentence:
      'An empty list of key ids is accepted, and does not come back as null: that means all keys.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/create/diff.ts', name: 'normalize' },
    async probe(scene) {
      const { slug } = await scene.createWorkspace({ io_logging_api_key_ids: [] });
      const { io_logging_api_key_ids: ids } = dataOf(
        await scene.send('GET', `/workspaces/${slug}`),
      );
      return finding(JSON.stringify(ids ?? null), {
        agrees: Array.isArray(ids) && ids.length === 0,
      });
    },
  },
];
