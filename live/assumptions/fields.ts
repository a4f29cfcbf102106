import { WORKSPACE_EXAMPLE } from '../../sandbox/openrouter/resources/workspaces.ts';
import { diffWorkspace } from '../../src/actions/create/diff.ts';
import {
  type CreateWorkspaceRequest,
  createWorkspaceRequest,
  NAME_MAX_LENGTH,
  WORKSPACE_FIELDS,
  type Workspace,
} from '../../src/openrouter/resources/workspaces.ts';
import { type Assumption, type Finding, finding } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { dataOf, describe } from '../exchange.ts';
import { type Scene, sharedWorkspace } from '../scene.ts';

const DIFF = { file: 'src/actions/create/diff.ts', name: 'matchesDesired' };
const PATCH = { file: 'src/openrouter/resources/workspaces.ts', name: 'patchWorkspace' };

type Fields = Partial<Omit<CreateWorkspaceRequest, 'slug'>>;

/** Creates a workspace with `fields`, and finds those that come back in another form. */
async function createAndCompare(scene: Scene, fields: Fields): Promise<Finding> {
  const desired = { name: 'npm run live', slug: scene.newSlug(), ...fields };
  const created = await scene.send('POST', '/workspaces', { body: desired });
  if (created.status !== 201) return finding(describe(created), { agrees: false });
  const lookup = await scene.send('GET', `/workspaces/${desired.slug}`);
  const changes = diffWorkspace(dataOf(lookup) as Workspace, desired);
  const observed = changes
    .map(({ field, from, to }) => `${field} ${JSON.stringify(to)} became ${JSON.stringify(from)}`)
    .join('; ');
  return finding(observed || 'unchanged', { agrees: changes.length === 0 });
}

// Only the run knows its slugs, and no response has the ids of keys.
const { slug: _slug, io_logging_api_key_ids: _ids, ...VALUES } = WORKSPACE_EXAMPLE;

/** Null for each field that may be null. */
const NULLS = Object.fromEntries(
  WORKSPACE_FIELDS.filter(
    (field) => createWorkspaceRequest.shape[field].safeParse(null).success,
  ).map((field) => [field, null]),
);

/** In which form the fields of a workspace come back. */
export const FIELDS: readonly Assumption[] = [
  {
    id: 'fields-unchanged',
    sentence: 'The fields of a new workspace come back as they were written.',
    documented: undefined,
    reliedOnBy: DIFF,
    isCritical: true,
    probe: (scene) => createAndCompare(scene, VALUES),
  },
  {
    id: 'text-unchanged',
    sentence: 'A name comes back with the same code points, also if Unicode has a shorter form.',
    documented: undefined,
    reliedOnBy: DIFF,
    isCritical: true,
    probe: (scene) => createAndCompare(scene, { name: 'Cafe\u0301 <b>&amp;</b> \u{1f680}' }),
  },
  {
    id: 'length-in-code-points',
    sentence: `A name may have ${NAME_MAX_LENGTH} code points, however many bytes they take.`,
    documented: DOCS.createWorkspace,
    reliedOnBy: { file: 'src/openrouter/resources/workspaces.ts', name: 'text' },
    isCritical: false,
    probe: (scene) => createAndCompare(scene, { name: '\u{1f680}'.repeat(NAME_MAX_LENGTH) }),
  },
  {
    id: 'empty-description',
    sentence: 'An empty description comes back as an empty text.',
    documented: undefined,
    reliedOnBy: DIFF,
    isCritical: false,
    probe: (scene) => createAndCompare(scene, { description: '' }),
  },
  {
    id: 'null-fields',
    sentence: 'Fields that may be null can be null in a POST, and come back as null.',
    documented: DOCS.createWorkspace,
    reliedOnBy: DIFF,
    isCritical: true,
    probe: (scene) => createAndCompare(scene, NULLS),
  },
  {
    id: 'empty-tools',
    sentence: 'An empty list of disabled tools is accepted, and comes back empty or as null.',
    documented: DOCS.updateWorkspace,
    reliedOnBy: { file: DIFF.file, name: 'normalize' },
    isCritical: false,
    probe: (scene) => createAndCompare(scene, { disabled_server_tools: [] }),
  },
  {
    id: 'empty-key-ids',
    sentence:
      'An empty list of key ids is accepted, and does not come back as null: that means all keys.',
    documented: undefined,
    reliedOnBy: { file: DIFF.file, name: 'normalize' },
    isCritical: true,
    probe: (scene) => createAndCompare(scene, { io_logging_api_key_ids: [] }),
  },
  {
    id: 'update-keeps-other-fields',
    sentence: 'A PATCH leaves the fields unchanged that it does not mention.',
    documented: undefined,
    reliedOnBy: PATCH,
    isCritical: true,
    async probe(scene) {
      const { id, slug } = await scene.createWorkspace({ description: 'Kept' });
      await scene.send('PATCH', `/workspaces/${id}`, { body: { io_logging_sampling_rate: 0.5 } });
      const { description, slug: found } = dataOf(await scene.send('GET', `/workspaces/${id}`));
      const observed = `description ${JSON.stringify(description)}, slug ${found === slug ? 'kept' : 'changed'}`;
      return finding(observed, { agrees: description === 'Kept' && found === slug });
    },
  },
  {
    id: 'update-to-null',
    sentence: 'A PATCH with null removes the value of a field.',
    documented: DOCS.updateWorkspace,
    reliedOnBy: PATCH,
    isCritical: true,
    async probe(scene) {
      const { id } = await scene.createWorkspace({ description: 'Removed' });
      const body = { description: null };
      const response = await scene.send('PATCH', `/workspaces/${id}`, { body });
      const { description } = dataOf(await scene.send('GET', `/workspaces/${id}`));
      const observed = `${describe(response)}, description ${JSON.stringify(description ?? null)}`;
      return finding(observed, { agrees: (description ?? null) === null });
    },
  },
  {
    id: 'unknown-field',
    sentence: 'A request with an unknown field is rejected with 400.',
    documented: undefined,
    reliedOnBy: { file: 'sandbox/openrouter/resources/workspaces.ts', name: 'strictObject' },
    isCritical: false,
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      const body = { unknown_field_of_a_test: 1 };
      const response = await scene.send('PATCH', `/workspaces/${id}`, { body });
      return finding(describe(response), { agrees: response.status === 400 });
    },
  },
];
