import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import { toUsd } from '../../src/lib/usd.ts';
import type { GuardrailUpdate } from '../../src/openrouter/resources/guardrails.ts';
import { PATCH_GUARDRAIL } from '../support/governance-harness.ts';
import { type GovernanceScene, openGovernanceScene } from '../support/governance-scene.ts';
import { onResponse, storyOf } from '../support/simulation.ts';
import { falseNotFound } from '../support/some-faults.ts';

const desired: GuardrailUpdate = { limit_usd: toUsd(5), reset_interval: 'daily' };
const FIND = 'GET /workspaces/:id';

/** Has the guardrail id of a workspace missing in the responses to `method`. */
function hideGuardrailId(scene: GovernanceScene, methods: string[], id?: unknown) {
  const replacement = id === undefined ? '' : `"default_guardrail_id":${JSON.stringify(id)},`;
  onResponse(scene.simulation, ({ body, ...response }, { method }) => ({
    ...response,
    body: methods.includes(method)
      ? body.replace(/"default_guardrail_id":"[^"]*",/g, replacement)
      : body,
  }));
}

test('an update writes the guardrail fields that differ, logs their values, and writes nothing once they are equal', async () => {
  const scene = openGovernanceScene();
  await scene.update({ guardrail: { ...desired, ignored_providers: ['azure'] } });
  scene.writes.length = 0;
  const update = {
    ...desired,
    limit_usd: toUsd(7),
    ignored_providers: null,
    enforce_zdr_openai: true,
  };
  const { result, log } = await scene.update({ guardrail: update });
  expect(storyOf(log).slice(2)).toEqual([
    '  guardrail-limit-usd: 5 → 7',
    '  ignored-providers: ["azure"] → null',
    '  guardrail: enforce_zdr_openai: null → true',
    'Set the guardrail.',
  ]);
  expect(scene.writes).toEqual([
    [
      'PATCH /guardrails/:id',
      { limit_usd: 7, reset_interval: 'daily', ignored_providers: null, enforce_zdr_openai: true },
    ],
  ]);
  expect(result?.outcome).toBe('updated');
  // Its id is that of the lookup before: a write needs no other.
  expect(scene.calls().slice(-3)).toEqual([FIND, 'GET /guardrails/:id', PATCH_GUARDRAIL]);
  const again = await scene.update({ guardrail: update });
  expect(again.result).toMatchObject({ outcome: 'unchanged', governanceChanges: [] });
  expect(scene.writes).toHaveLength(1);
});

test.each([[undefined], [null], [''], [7]])(
  'an update fails before it writes anything if the guardrail id of the workspace is %j',
  async (id) => {
    const scene = openGovernanceScene();
    hideGuardrailId(scene, ['GET'], id);
    const { error } = await scene.update({
      guardrail: desired,
      budgets: { limits: { daily: toUsd(1) } },
    });
    expect(error).toMatchObject({
      code: 'guardrail-not-found',
      details: { workspace: { id: scene.workspace.id, slug: 'governed' } },
    });
    expect(scene.writes).toEqual([]);
  },
);

describe('the guardrail of a new workspace', () => {
  test('is looked up if the response to the POST lacks its id', async () => {
    const scene = openGovernanceScene();
    hideGuardrailId(scene, ['POST']);
    const { result } = await scene.create({ guardrail: desired });
    expect(result?.outcome).toBe('created');
    expect(scene.calls()).toEqual(['POST /workspaces', FIND, PATCH_GUARDRAIL]);
    expect(scene.simulation.account.guardrails).toMatchObject([
      { limit_usd: 5, reset_interval: 'daily' },
    ]);
  });

  test.each<[string, string[], InProcessFault[]]>([
    ['the lookup lacks its id too', ['POST', 'GET'], []],
    ['the workspace is deleted', ['POST'], [falseNotFound(FIND), falseNotFound(FIND)]],
  ])('fails the step if %s, which says that the workspace exists', async (_, hidden, faults) => {
    const scene = openGovernanceScene(...faults);
    hideGuardrailId(scene, hidden);
    const { error, known } = await scene.create({ guardrail: desired });
    const workspace = { id: known?.workspace.id, slug: 'governed' };
    expect(error).toMatchObject({
      code: 'partly-applied',
      details: {
        error: { code: 'guardrail-not-found', details: { workspace } },
        workspace,
        applied: [],
        notApplied: ['the guardrail'],
        recovery: 'run-again-with-update',
      },
    });
    expect(known?.created).toBe(true);
  });
});

test('a guardrail that OpenRouter sets otherwise than requested fails the step, with the fields that differ, but not with other models', async () => {
  const allowed_models = ['openai/gpt-5-mini-2025-08-07'];
  const returned = { allowed_models, limit_usd: 500, reset_interval: 'daily' };
  const body = JSON.stringify({ data: returned });
  const response = { kind: 'response', status: 200, body } as const;
  const scene = openGovernanceScene({ on: PATCH_GUARDRAIL, ...response });
  const update = { ...desired, allowed_models: ['openai/gpt-5-mini'], enforce_zdr_xai: true };
  const { error } = await scene.update({ guardrail: update });
  const values = { limit_usd: toUsd(500), enforce_zdr_xai: null };
  expect(error).toMatchObject({
    code: 'partly-applied',
    details: {
      error: {
        code: 'limits-differ',
        details: { what: 'guardrail', workspace: { slug: 'governed' }, values },
      },
    },
  });
});
