import { type Assumption, finding, notObservable } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { dataOf, describe, expectStatus, listOf, textOf } from '../exchange.ts';
import type { LiveWorkspace, Scene } from '../scene.ts';

const BUDGETS = 'src/openrouter/resources/budgets.ts';

/** The statuses that the action explains as a missing plan, or as a personal account. */
const UNAVAILABLE = [402, 403, 404];

const setBudget = ({ send }: Scene, { id }: LiveWorkspace, interval: string, limit_usd: number) =>
  send('PUT', `/workspaces/${id}/budgets/${interval}`, { body: { limit_usd } });

/** What limits the spending of a workspace. */
export const GOVERNANCE: readonly Assumption[] = [
  {
    id: 'guardrail-limit',
    sentence: 'The limit of a guardrail comes back as it was written, with its interval.',
    documented: DOCS.updateGuardrail,
    reliedOnBy: { file: 'src/governance/guardrail-diff.ts', name: 'diffGuardrail' },
    async probe(scene) {
      const { fields } = await scene.createWorkspace();
      const path = `/guardrails/${textOf(fields, 'default_guardrail_id')}`;
      const body = { limit_usd: 12.5, reset_interval: 'weekly' };
      const responses = [await scene.send('PATCH', path, { body }), await scene.send('GET', path)];
      const limits = responses
        .map(dataOf)
        .map(({ limit_usd, reset_interval }) => `${limit_usd} USD ${reset_interval}`);
      const agrees = limits.every((limit) => limit === '12.5 USD weekly');
      return finding(limits.join(', '), { agrees });
    },
  },
  {
    id: 'budget-write',
    sentence: 'A budget can be set, or is rejected with 402, 403 or 404 without Enterprise.',
    documented: undefined,
    reliedOnBy: { file: BUDGETS, name: 'NEEDS_ENTERPRISE' },
    async probe(scene) {
      const response = await setBudget(scene, await scene.createWorkspace(), 'monthly', 12.5);
      if (response.status !== 200) {
        return finding(describe(response), { agrees: UNAVAILABLE.includes(response.status) });
      }
      const { limit_usd, reset_interval } = dataOf(response);
      const observed = `HTTP 200, ${limit_usd} USD ${reset_interval}`;
      return finding(observed, { agrees: limit_usd === 12.5 && reset_interval === 'monthly' });
    },
  },
  {
    id: 'budget-list',
    sentence: 'The list of budgets has each with its limit, its interval, and one flag for all.',
    documented: DOCS.listBudgets,
    reliedOnBy: { file: BUDGETS, name: 'listBudgets' },
    async probe(scene) {
      const workspace = await scene.createWorkspace();
      const response = await setBudget(scene, workspace, 'monthly', 50);
      if (UNAVAILABLE.includes(response.status)) {
        return notObservable(`this account has no budgets: ${describe(response)}`);
      }
      expectStatus(response, 200);
      await setBudget(scene, workspace, 'lifetime', 60);
      const budgets = listOf(await scene.send('GET', `/workspaces/${workspace.id}/budgets`));
      const limits = new Map(
        budgets.map((each) => [each['reset_interval'] ?? 'lifetime', each['limit_usd']]),
      );
      const observed = [...limits].map(([interval, limit]) => `${interval}: ${limit}`).join(', ');
      const agrees =
        limits.size === 2 && limits.get('monthly') === 50 && limits.get('lifetime') === 60;
      return finding(observed, { agrees });
    },
  },
];
