import type {
  CreateWorkspaceRequest,
  Workspace,
} from '../../src/openrouter/resources/workspaces.ts';
import { diffWorkspace } from '../../src/operations/shared/diff.ts';
import { type Assumption, type Finding, finding } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { dataOf, describe } from '../exchange.ts';
import { type Scene, sharedWorkspace } from '../scene.ts';

const DIFF = { file: 'src/operations/shared/diff.ts', name: 'matchesDesired' };
const PATCH = { file: 'src/openrouter/resources/workspaces.ts', name: 'patchWorkspace' };

type OwnFields = Omit<CreateWorkspaceRequest, 'name' | 'slug'>;

type Fields = OwnFields & { name?: string };

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

/** A value for each field, other than its default. No response has the ids of keys that one field needs. */
const VALUES: Required<Omit<OwnFields, 'io_logging_api_key_ids'>> = {
  description: 'A workspace of a test',
  default_text_model: 'openai/gpt-5-mini',
  default_image_model: 'google/gemini-2.5-flash-image',
  default_provider_sort: 'price',
  io_logging_sampling_rate: 0.25,
  is_data_discount_logging_enabled: false,
  is_observability_broadcast_enabled: true,
  is_observability_io_logging_enabled: true,
  disabled_server_tools: ['openrouter:web_search', 'openrouter:bash'],
};

type NullableField = {
  [Field in keyof OwnFields]-?: null extends OwnFields[Field] ? Field : never;
}[keyof OwnFields];

/** Null for each field that may be null. */
const NULLS: Readonly<Record<NullableField, null>> = {
  description: null,
  default_text_model: null,
  default_image_model: null,
  default_provider_sort: null,
  io_logging_api_key_ids: null,
  disabled_server_tools: null,
};

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
    sentence: 'A name may have 100 code points, however many bytes they take.',
    documented: DOCS.createWorkspace,
    reliedOnBy: { file: 'src/openrouter/resources/workspaces.ts', name: 'text' },
    isCritical: false,
    probe: (scene) => createAndCompare(scene, { name: '\u{1f680}'.repeat(100) }),
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
