import { describe, expect, test } from '@jest/globals';
import { OpenRouter } from '@openrouter/sdk';
import {
  CreateWorkspaceRequest$outboundSchema,
  CreateWorkspaceRequestDisabledServerTool,
} from '@openrouter/sdk/models';
import {
  CreateKeysRequestBody$outboundSchema,
  ListRequest$outboundSchema,
} from '@openrouter/sdk/models/operations';
import fc from 'fast-check';
import { toJSONSchema, type ZodType } from 'zod';
import { inputName } from '../../src/inputs/read-inputs.ts';
import { createKeyRequest } from '../../src/openrouter/resources/keys.ts';
import { createWorkspaceRequest } from '../../src/openrouter/resources/workspaces.ts';
import { openHarness } from '../support/harness.ts';

/**
 * What we send and this version of the SDK does not know. Each has a witness of its own: the Python
 * SDK, https://pypi.org/project/openrouter, knows `include_expired` from 1.3.84 on, at the latest.
 */
const NEWER_THAN_SDK = { 'GET /keys': ['includeExpired'] };

/** The official SDK, generated from OpenRouter's own description, as a witness that is not ours. */
const harness = openHarness();
const client = () =>
  new OpenRouter({ apiKey: harness.sandbox.managementKey, serverURL: harness.sandbox.url });

const slugs = fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,4}$/);
const model = fc.option(fc.stringMatching(/^[a-z]{1,12}\/[a-z0-9.:-]{1,20}$/));
const prose = (maxLength: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength })
    .filter((text) => text.trim() === text && !/^(null)?$|\0/.test(text));

const workspaces = fc.record(
  {
    name: prose(40),
    slug: slugs,
    description: fc.option(prose(120)),
    defaultTextModel: model,
    defaultImageModel: model,
    defaultProviderSort: fc.option(fc.constantFrom('price', 'throughput', 'latency', 'exacto')),
    ioLoggingApiKeyIds: fc.option(fc.array(fc.maxSafeInteger(), { maxLength: 5 })),
    ioLoggingSamplingRate: fc.double({ min: 0.0001, max: 1, noNaN: true }),
    isDataDiscountLoggingEnabled: fc.boolean(),
    isObservabilityBroadcastEnabled: fc.boolean(),
    isObservabilityIoLoggingEnabled: fc.boolean(),
    disabledServerTools: fc.option(
      fc.array(fc.constantFrom(...Object.values(CreateWorkspaceRequestDisabledServerTool))),
    ),
  },
  { requiredKeys: ['name', 'slug'] },
);

const keys = fc
  .record(
    {
      name: prose(40),
      limit: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true })),
      limitReset: fc.constantFrom('daily' as const, 'weekly' as const, 'monthly' as const),
      includeByokInLimit: fc.boolean(),
    },
    { requiredKeys: ['name', 'limit'] },
  )
  // A limit can be left out, and then so is when it begins anew.
  .chain((key) => fc.constantFrom(key, { name: key.name }));

/** What the SDK has in camel case as a workflow author would write it. */
function asInputs(fields: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      inputName(key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)),
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

describe('the action and the SDK', () => {
  test('send the same body for the same workspace', async () => {
    await fc.assert(
      fc.asyncProperty(workspaces, async (workspace) => {
        const { account, requests } = harness.sandbox;
        account.workspaces.length = 1;
        const step = await harness.create(asInputs(workspace));
        const ours = requests.at(-1);
        account.workspaces.length = 1;
        const { data } = await client().workspaces.create({ createWorkspaceRequest: workspace });
        const theirs = requests.at(-1);

        expect(step.exitCode).toBe(0);
        expect(JSON.parse(ours?.body ?? '')).toEqual(JSON.parse(theirs?.body ?? ''));
        expect([ours?.method, ours?.path]).toEqual([theirs?.method, theirs?.path]);
        expect(data.slug).toBe(step.outputs['slug']);
      }),
      { numRuns: 40 },
    );
  });

  test('send the same body for the same key', async () => {
    await harness.create({ slug: 'for-keys' });
    const { account, requests } = harness.sandbox;
    const workspaceId = account.workspaces.find(({ slug }) => slug === 'for-keys')?.id ?? '';
    const expiries = fc.constantFrom('never', '30d');
    await fc.assert(
      fc.asyncProperty(keys, expiries, async (key, expiresIn) => {
        const { limit, ...others } = asInputs(key);
        const inputs = { ...others, ...(limit !== undefined && { 'limit-usd': limit }) };
        const step = await harness.run('key', {
          workspace: 'for-keys',
          'expires-in': expiresIn,
          ...inputs,
        });
        const ours = requests.at(-1);
        const at = step.outputs['expires-at'];
        const expiresAt = at ? new Date(at) : null;
        const requestBody = { ...key, workspaceId, expiresAt };
        const { data } = await client().apiKeys.create({ requestBody });
        const theirs = requests.at(-1);

        expect(step.exitCode).toBe(0);
        expect(JSON.parse(ours?.body ?? '')).toEqual(JSON.parse(theirs?.body ?? ''));
        expect([ours?.method, ours?.path]).toEqual([theirs?.method, theirs?.path]);
        expect(data.name).toBe(key.name);
      }),
      { numRuns: 20 },
    );
  }, 30_000);

  test('know the same fields', () => {
    expect(fieldsOf(createWorkspaceRequest)).toEqual(
      propertiesOf(CreateWorkspaceRequest$outboundSchema),
    );
    // Of organizations that make keys for members, and of partners that bring keys of their own.
    const notAJobs = ['creatorUserId', 'external'];
    expect([...fieldsOf(createKeyRequest), ...notAJobs].sort()).toEqual(
      propertiesOf(CreateKeysRequestBody$outboundSchema),
    );

    function fieldsOf({ shape }: { shape: object }): string[] {
      return Object.keys(shape).map(camel).sort();
    }
  });

  test('know the same parameters of a list of keys, but for those that are newer than the SDK', async () => {
    await harness.create({ slug: 'to-list' });
    await harness.run('delete', { workspace: 'to-list' });
    const list = harness.sandbox.requests.findLast(({ path }) => path.startsWith('/keys?'));
    const query = new URL(list?.path ?? '', 'http://sandbox').searchParams;
    const sent = [...query.keys()].map(camel);

    const known = propertiesOf(ListRequest$outboundSchema);
    const newer = sent.filter((name) => !known.includes(name));
    // One that the SDK has come to know must leave the list.
    expect(newer).toEqual(NEWER_THAN_SDK['GET /keys']);
  });

  function camel(field: string): string {
    return field.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  }

  function propertiesOf(schema: ZodType): string[] {
    const { properties } = toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    return Object.keys(properties ?? {}).sort();
  }
});

describe('the sandbox, to the SDK,', () => {
  const idOf = (slug: string) =>
    harness.sandbox.account.workspaces.find((workspace) => workspace.slug === slug)?.id ?? '';

  test('gets, updates and deletes a workspace by its id and by its slug', async () => {
    const { workspaces } = client();
    await harness.create({ slug: 'witness' });

    expect((await workspaces.get({ id: 'witness' })).data.id).toBe(idOf('witness'));
    const update = { description: 'Updated' };
    const updated = await workspaces.update({
      id: idOf('witness'),
      updateWorkspaceRequest: update,
    });
    expect(updated.data).toMatchObject({ slug: 'witness', description: 'Updated' });
    expect(updated.data.updatedAt).not.toBeNull();
    expect(await workspaces.delete({ id: 'witness' })).toEqual({ deleted: true });
    await expect(workspaces.get({ id: 'witness' })).rejects.toMatchObject({ statusCode: 404 });
  });

  test('lists workspaces page by page', async () => {
    for (let count = 0; count < 3; count += 1) await harness.create();
    const slugs: string[] = [];
    const pages = await client().workspaces.list({ limit: 2 });
    for await (const { result } of pages) slugs.push(...result.data.map(({ slug }) => slug));
    expect(slugs).toEqual(harness.sandbox.account.workspaces.map(({ slug }) => slug));
  });

  test('refuses a wrong key, a bad request and a taken slug', async () => {
    const { workspaces } = client();
    const stranger = new OpenRouter({ apiKey: 'sk-or-v1-0', serverURL: harness.sandbox.url });
    await expect(stranger.workspaces.list()).rejects.toMatchObject({ statusCode: 401 });
    const create = (slug: string) =>
      workspaces.create({ createWorkspaceRequest: { name: 'Refused', slug } });
    await expect(create('Not A Slug')).rejects.toMatchObject({ statusCode: 400 });
    await expect(create('default')).rejects.toMatchObject({ statusCode: 400 });
  });

  test('makes, lists and deletes API keys, which block the deletion of their workspace', async () => {
    const { apiKeys, workspaces } = client();
    await harness.create({ slug: 'with-keys' });
    const workspaceId = idOf('with-keys');
    for (let count = 0; count < 101; count += 1) {
      const made = await apiKeys.create({ requestBody: { name: `Key ${count}`, workspaceId } });
      expect(made.data).toMatchObject({ name: `Key ${count}`, workspaceId });
      expect(made.data.label).toBe(`${made.key.slice(0, 12)}...${made.key.slice(-4)}`);
    }
    const [newest] = harness.sandbox.account.keys;
    if (newest) newest.disabled = true;

    const list = async (options: { offset?: number; includeDisabled?: boolean }) => {
      const { data } = await apiKeys.list({ workspaceId, ...options });
      return data.map(({ name }) => name);
    };
    expect((await list({ includeDisabled: true }))[0]).toBe('Key 100');
    expect(await list({ includeDisabled: true, offset: 100 })).toEqual(['Key 0']);
    expect((await list({}))[0]).toBe('Key 99');
    expect((await apiKeys.list()).data).toEqual([]);

    await expect(workspaces.delete({ id: 'with-keys' })).rejects.toMatchObject({ statusCode: 400 });
    for (const { hash } of [...harness.sandbox.account.keys]) {
      expect(await apiKeys.delete({ hash })).toEqual({ deleted: true });
    }
    await expect(apiKeys.delete({ hash: '0' })).rejects.toMatchObject({ statusCode: 404 });
    expect(await workspaces.delete({ id: 'with-keys' })).toEqual({ deleted: true });
  });

  test('keeps the default workspace', async () => {
    const { workspaces } = client();
    await expect(workspaces.delete({ id: 'default' })).rejects.toMatchObject({ statusCode: 400 });
  });
});
