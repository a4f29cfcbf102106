import { expect, test } from '@jest/globals';
import {
  type UpdateGuardrailRequest,
  UpdateGuardrailRequest$outboundSchema,
} from '@openrouter/sdk/models';
import { openHarness } from '../support/harness.ts';
import { createWorkspace, namesOf, openSdk, rejection } from './sdk.ts';

const harness = openHarness();
const sdk = () => openSdk(harness.sandbox);

const get = (id: string) => sdk().guardrails.get({ id });
const update = (id: string, updateGuardrailRequest: UpdateGuardrailRequest) =>
  sdk().guardrails.update({ id, updateGuardrailRequest });

test('a guardrail exists from its first update on, by its own id only', async () => {
  const workspace = await createWorkspace(harness.sandbox);
  const { id: workspaceId, defaultGuardrailId: id } = workspace;
  for (const unknown of [id, workspaceId, workspace.slug]) {
    await expect(get(unknown)).rejects.toMatchObject(rejection(404));
  }
  await expect(update(workspaceId, {})).rejects.toMatchObject(rejection(404));
  const created = await update(id, { allowedProviders: ['openai'] });
  expect(created.data).toMatchObject({
    id,
    workspaceId,
    allowedProviders: ['openai'],
    ignoredProviders: null,
    limitUsd: null,
    resetInterval: null,
    includeByokInBudgets: false,
    updatedAt: null,
  });
  expect(await get(id)).toEqual(created);
});

test('a guardrail keeps each field that the SDK knows, but its name', async () => {
  const { defaultGuardrailId: id } = await createWorkspace(harness.sandbox);
  const fields: Omit<UpdateGuardrailRequest, 'name'> = {
    description: 'Previews',
    allowedModels: ['openai/gpt-5.2-20260101'],
    ignoredModels: ['qwen/qwen4-20260202:free'],
    allowedProviders: ['openai'],
    ignoredProviders: ['azure'],
    allowedDataRegions: ['europe'],
    enforceZdr: true,
    enforceZdrAnthropic: false,
    enforceZdrGoogle: true,
    enforceZdrOpenai: false,
    enforceZdrOther: true,
    enforceZdrXai: false,
    enableFreeModelPublication: false,
    enableFreeModelTraining: false,
    enablePaidModelTraining: false,
    contentFilters: [{ action: 'redact', pattern: 'sk-[a-z0-9]+', label: '[KEY]' }],
    contentFilterBuiltins: [{ action: 'block', slug: 'regex-prompt-injection' }],
    limitUsd: 5,
    resetInterval: 'daily',
    includeByokInBudgets: true,
  };
  expect(['name', ...Object.keys(fields)].sort()).toEqual(
    namesOf(UpdateGuardrailRequest$outboundSchema),
  );
  // The single field is deprecated: it is copied to the others.
  expect((await update(id, fields)).data).toMatchObject({ ...fields, enforceZdr: null });
});
