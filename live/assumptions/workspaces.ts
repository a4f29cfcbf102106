import { extractServerMessage } from '../../src/http/response.ts';
import { classifyResponse } from '../../src/http/retry-policy.ts';
import { parseJson } from '../../src/lib/json.ts';
import { isUuid } from '../../src/openrouter/resources/workspaces.ts';
import { type Assumption, finding } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { dataOf, describe, isMissing, isResource } from '../exchange.ts';
import { type Scene, sharedWorkspace } from '../scene.ts';

const RESOURCE = 'src/openrouter/resources/workspaces.ts';

/** Requests a slug that is taken. */
async function postTakenSlug(scene: Scene) {
  const { slug } = await sharedWorkspace(scene);
  return scene.send('POST', '/workspaces', { body: { name: 'Taken', slug } });
}

/** How OpenRouter identifies workspaces, and what it does with a slug that is taken. */
export const WORKSPACES: readonly Assumption[] = [
  {
    id: 'created-workspace',
    sentence: 'POST /workspaces returns 201 and the workspace, with a UUID as its id.',
    documented: DOCS.createWorkspace,
    reliedOnBy: { file: RESOURCE, name: 'sendWorkspace' },
    isCritical: true,
    async probe(scene) {
      const { id, created } = await scene.createWorkspace();
      const form = isUuid(id) ? 'a UUID' : JSON.stringify(id);
      return finding(`${describe(created)}, its id is ${form}`, { agrees: isUuid(id) });
    },
  },
  {
    id: 'taken-slug-status',
    sentence: 'A POST for a taken slug is rejected with a 4xx other than 401 and 403, or with 500.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/create/reconcile.ts', name: 'decideCreator' },
    isCritical: true,
    async probe(scene) {
      const response = await postTakenSlug(scene);
      const { status } = response;
      const isRejected = classifyResponse('POST', status) === 'rejected';
      const agrees = status === 500 || (isRejected && status !== 401 && status !== 403);
      return finding(describe(response), { agrees });
    },
  },
  {
    id: 'taken-slug-body',
    sentence: 'The response to a POST for a taken slug is JSON with a message.',
    documented: DOCS.errors,
    reliedOnBy: { file: 'src/http/response.ts', name: 'extractServerMessage' },
    isCritical: false,
    async probe(scene) {
      const response = await postTakenSlug(scene);
      const isObject = isResource(parseJson(response.body));
      const hasMessage = extractServerMessage(response.body) !== undefined;
      return finding(describe(response), { agrees: isObject && hasMessage });
    },
  },
  {
    id: 'taken-slug-changes-nothing',
    sentence: 'A POST for a taken slug leaves the workspace that has it unchanged.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/create/reconcile.ts', name: 'collectEvidence' },
    isCritical: true,
    async probe(scene) {
      const { id, slug, fields } = await sharedWorkspace(scene);
      await postTakenSlug(scene);
      const now = dataOf(await scene.send('GET', `/workspaces/${slug}`));
      const agrees = now['id'] === id && now['name'] === fields['name'];
      return finding(
        `name ${JSON.stringify(now['name'])}, ${now['id'] === id ? 'same' : 'other'} id`,
        { agrees },
      );
    },
  },
  {
    id: 'lookup-by-slug-and-id',
    sentence: 'GET /workspaces/{id} takes an id or a slug, and returns that workspace.',
    documented: DOCS.getWorkspace,
    reliedOnBy: { file: RESOURCE, name: 'findWorkspace' },
    isCritical: true,
    async probe(scene) {
      const { id, slug } = await sharedWorkspace(scene);
      const responses = [];
      for (const idOrSlug of [slug, id]) {
        responses.push(await scene.send('GET', `/workspaces/${idOrSlug}`));
      }
      const [bySlug, byId] = responses.map((response) =>
        response.status === 200 && dataOf(response)['id'] === id ? 'found' : describe(response),
      );
      const agrees = bySlug === 'found' && byId === 'found';
      return finding(`by slug: ${bySlug}; by id: ${byId}`, { agrees });
    },
  },
  {
    id: 'missing-workspace',
    sentence: 'GET /workspaces/{id} returns 404 and JSON for a workspace that does not exist.',
    documented: DOCS.getWorkspace,
    reliedOnBy: { file: RESOURCE, name: 'findWorkspace' },
    isCritical: true,
    async probe(scene) {
      const response = await scene.send('GET', `/workspaces/${scene.newSlug()}`);
      return finding(describe(response), { agrees: isMissing(response) });
    },
  },
  {
    id: 'default-workspace',
    sentence: 'Every account has a workspace whose slug is default.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/delete/delete-workspace.ts', name: 'assertDeletable' },
    isCritical: true,
    async probe(scene) {
      const response = await scene.send('GET', '/workspaces/default');
      if (response.status !== 200) return finding(describe(response), { agrees: false });
      const { slug } = dataOf(response);
      return finding(`slug ${JSON.stringify(slug)}`, { agrees: slug === 'default' });
    },
  },
];
