import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  type CreateWorkspaceRequest,
  CreateWorkspaceRequestDisabledServerTool,
} from '@openrouter/sdk/models';
import type { CreateKeysRequestBody } from '@openrouter/sdk/models/operations';
import fc from 'fast-check';
import {
  updateWorkspaceRequest,
  WORKSPACE_EXAMPLE,
} from '../../sandbox/openrouter/resources/workspaces.ts';
import { newSeal } from '../../sandbox/runner/seal.ts';
import { KNOWN } from '../../scripts/drift/known.ts';
import { createKeyRequest } from '../../src/openrouter/resources/keys.ts';
import {
  WORKSPACE_FIELDS,
  type WorkspaceField,
} from '../../src/openrouter/resources/workspaces.ts';
import { ACTIONS, toInputs } from '../support/action-inputs.ts';
import { GOVERNANCE, NULLS } from '../support/governance-harness.ts';
import { openHarness } from '../support/harness.ts';
import { camelCased, fieldsOf, NEWER_THAN_SDK, openSdk, SDK_REQUESTS, SDK_VERSION } from './sdk.ts';

const harness = openHarness();
const sdk = () => openSdk(harness.sandbox);

type KeyField = keyof typeof createKeyRequest.shape;

const KEY_FIELDS = Object.keys(createKeyRequest.shape) as KeyField[];

/** The fields of bodies that this action knows, by call, whether or not a step sends all of them. */
const BODIES = Object.entries(KNOWN).flatMap(([call, { body }]) =>
  body ? [[call, body] as const] : [],
);

const without = (names: readonly string[], others: readonly string[] = []) =>
  names.filter((name) => !others.includes(name));

const model = fc.option(fc.stringMatching(/^[a-z]{1,12}\/[a-z0-9.:-]{1,20}$/));
const prose = (maxLength: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength })
    .filter((text) => text.trim() === text && !/^(null)?$|\0/.test(text));

/** Values for the fields of a workspace of which more than an example and null are worth a try. */
const widened: Partial<Record<WorkspaceField, fc.Arbitrary<unknown>>> = {
  name: prose(40),
  slug: fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,4}$/),
  description: fc.option(prose(120)),
  io_logging_api_key_ids: fc.option(fc.array(fc.maxSafeInteger(), { maxLength: 5 })),
  io_logging_sampling_rate: fc.double({ min: 0.0001, max: 1, noNaN: true }),
  disabled_server_tools: fc.option(
    fc.array(fc.constantFrom(...Object.values(CreateWorkspaceRequestDisabledServerTool))),
  ),
};

/** A value of a field: a model, or its example, the other flag, or null, if the sandbox accepts it. */
function anyValue(field: WorkspaceField): fc.Arbitrary<unknown> {
  if (field.endsWith('_model')) return model;
  const schema = updateWorkspaceRequest.shape[field];
  const values = [WORKSPACE_EXAMPLE[field], true, false, null];
  return fc.constantFrom(...values.filter((value) => schema.safeParse(value).success));
}

const workspaceFields = Object.fromEntries(
  without(WORKSPACE_FIELDS, NEWER_THAN_SDK['POST /workspaces']).map((field) => [
    field,
    widened[field as WorkspaceField] ?? anyValue(field as WorkspaceField),
  ]),
);

const workspaces = fc.record(workspaceFields, { requiredKeys: ['name', 'slug'] });

/** Values for each field of a key that the SDK knows and that is an input of the same meaning. */
const keyFields: Partial<Record<KeyField, fc.Arbitrary<unknown>>> = {
  name: prose(40),
  // With the digits that an amount can have.
  limit: fc.integer({ min: 0, max: 999_999_999_999_999 }).map((nano) => nano / 1e9),
  limit_reset: fc.constantFrom('daily', 'weekly', 'monthly'),
  include_byok_in_limit: fc.boolean(),
};

/** What the test itself sets: the id of the workspace, and a time that the step computes. */
const SET_BY_TEST: readonly KeyField[] = ['workspace_id', 'expires_at'];

const keys = fc
  .record(keyFields, { requiredKeys: ['name', 'limit'] })
  // The interval of a limit, and whether BYOK counts, need a limit.
  .chain((key) => fc.constantFrom(key, { name: key.name }));

test('the property about keys covers each field that the SDK knows', () => {
  expect(Object.keys(keyFields)).toEqual(
    without(KEY_FIELDS, [...SET_BY_TEST, ...(NEWER_THAN_SDK['POST /keys'] ?? [])]),
  );
});

test('a create step sends the same request as the SDK for any workspace', async () => {
  await fc.assert(
    fc.asyncProperty(workspaces, async (workspace) => {
      const { account, requests } = harness.sandbox;
      account.workspaces.length = 1;
      const step = await harness.create(toInputs(workspace));
      const ours = requests.at(-1);
      account.workspaces.length = 1;
      const createWorkspaceRequest = camelCased(workspace) as unknown as CreateWorkspaceRequest;
      const { data } = await sdk().workspaces.create({ createWorkspaceRequest });
      const theirs = requests.at(-1);

      expect(step.exitCode).toBe(0);
      expect(JSON.parse(ours?.body ?? '')).toEqual(JSON.parse(theirs?.body ?? ''));
      expect([ours?.method, ours?.path]).toEqual([theirs?.method, theirs?.path]);
      expect(data.slug).toBe(step.outputs['slug']);
    }),
    { numRuns: 40 },
  );
});

test('a key step sends the same request as the SDK for any key', async () => {
  await harness.create({ slug: 'for-keys' });
  const { account, requests } = harness.sandbox;
  const workspaceId = account.workspaces.find(({ slug }) => slug === 'for-keys')?.id ?? '';
  const expiries = fc.constantFrom('never', '30d');
  await fc.assert(
    fc.asyncProperty(keys, expiries, async (key, expiresIn) => {
      const inputs = { workspace: 'for-keys', 'expires-in': expiresIn, ...toInputs(key) };
      const step = await harness.run('key', inputs);
      const ours = requests.at(-1);
      const at = step.outputs['expires-at'];
      const expiresAt = at ? new Date(at) : null;
      const { name } = JSON.parse(ours?.body ?? '');
      const requestBody = { ...camelCased(key), name, workspaceId, expiresAt };
      const { data } = await sdk().apiKeys.create({
        requestBody: requestBody as unknown as CreateKeysRequestBody,
      });
      const theirs = requests.at(-1);

      expect(step.exitCode).toBe(0);
      expect(JSON.parse(ours?.body ?? '')).toEqual(JSON.parse(theirs?.body ?? ''));
      expect([ours?.method, ours?.path]).toEqual([theirs?.method, theirs?.path]);
      expect(data.name).toMatch(/ #[a-z0-9]{6}$/);
      expect(data.name.slice(0, -' #a1b2c3'.length)).toBe(key['name']);
    }),
    { numRuns: 20 },
  );
});

describe(`in all that the actions send, version ${SDK_VERSION} of the SDK`, () => {
  let sent: Map<string, Set<string>>;
  const folders = new Set<string>();
  const run = (folder: string, inputs: Record<string, string>) => {
    folders.add(folder);
    return harness.run(folder, inputs);
  };

  beforeAll(async () => {
    const { requests, account } = harness.sandbox;
    requests.length = 0;
    const workspace = { name: 'Sent', slug: 'sent' };
    await run('', { ...workspace, ...GOVERNANCE });
    const changes = { 'if-exists': 'update', description: 'New', ...NULLS };
    await run('', { ...workspace, ...changes, members: 'ada@example.com' });
    const key = { workspace: 'sent', name: 'CI', replace: 'true' };
    await run('key', key);
    const { hash = '' } = (await run('key', key)).outputs;
    const seal = newSeal();
    const sealed = (await run('key', { workspace: 'sent', seal })).outputs['sealed-key'] ?? '';
    await run('unseal-key', { 'sealed-key': sealed, seal });
    await run('end-key', { 'sealed-key': sealed });
    await run('usage', { workspace: 'sent', 'key-hash': hash });
    await run('delete', { workspace: 'sent', 'delete-keys': 'true' });
    await run('sweep', { 'slug-pattern': 'sent-*', 'older-than': '1d' });

    const names = requests.map(({ method, path, body }) => {
      const { searchParams } = new URL(path, 'http://sandbox');
      const fields = Object.keys(body === '' ? {} : JSON.parse(body));
      return { call: account.callOf(method, path), names: [...searchParams.keys(), ...fields] };
    });
    sent = new Map(
      names.map(({ call }) => [
        call,
        new Set([
          ...names.filter((other) => other.call === call).flatMap((other) => other.names),
          ...(KNOWN[call]?.body ?? []),
        ]),
      ]),
    );
  });

  test('has each action, but preview, which sends the requests of others', () => {
    const others = ACTIONS.map(({ folder }) => folder).filter((folder) => folder !== 'preview');
    expect([...folders].toSorted()).toEqual(others.toSorted());
  });

  test('has each call', () => {
    expect([...sent.keys()].sort()).toEqual(Object.keys(SDK_REQUESTS).sort());
  });

  test('has the parameters of lists that the check for drift knows, and no others', () => {
    const queries = Object.entries(KNOWN).filter(([, { parameters }]) => parameters);
    for (const [call, { parameters }] of queries) {
      expect([call, [...(sent.get(call) ?? [])].sort()]).toEqual([call, parameters]);
    }
  });

  test('has no field of a body that the check for drift does not know', () => {
    const bodies = [...sent].filter(([call]) => /^P/.test(call));
    for (const [call, names] of bodies) {
      expect([call, without([...names], KNOWN[call]?.body)]).toEqual([call, []]);
    }
  });

  test.each(Object.entries(SDK_REQUESTS))(
    'knows each field and parameter of %s, except those that are newer',
    (call, schema) => {
      const unknown = without([...(sent.get(call) ?? [])], fieldsOf(schema));
      // A name that the SDK knows must leave the list.
      expect(unknown).toEqual(NEWER_THAN_SDK[call] ?? []);
    },
  );
});

test.each(BODIES)(
  `the check for drift knows each field of %s that version ${SDK_VERSION} of the SDK knows, and newer ones`,
  (call, fields) => {
    const theirs = fieldsOf(SDK_REQUESTS[call] as (typeof SDK_REQUESTS)[string]);
    expect(without(theirs, fields)).toEqual([]);
    expect(without(fields, theirs)).toEqual(NEWER_THAN_SDK[call] ?? []);
  },
);
