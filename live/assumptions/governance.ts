import { unexpectedGuardrailFields } from '../../src/governance/guardrail-diff.ts';
import type { GuardrailUpdate } from '../../src/openrouter/resources/guardrails.ts';
import { type Assumption, type Finding, finding, notObservable } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import {
  dataOf,
  describe,
  type Exchange,
  expectStatus,
  isMissing,
  listOf,
  textOf,
} from '../exchange.ts';
import { type LiveWorkspace, type Scene, sharedWorkspace } from '../scene.ts';

const GUARDRAIL_DIFF = 'src/governance/guardrail-diff.ts';
const BUDGETS = 'src/openrouter/resources/budgets.ts';
const MEMBERS = 'src/openrouter/resources/members.ts';

function guardrailPath({ fields }: LiveWorkspace): string {
  return `/guardrails/${textOf(fields, 'default_guardrail_id')}`;
}

/** Sets `update` on the guardrail of a new workspace, and finds what comes back in another form. */
async function probeGuardrail(scene: Scene, update: GuardrailUpdate): Promise<Finding> {
  const path = guardrailPath(await scene.createWorkspace());
  const response = await scene.send('PATCH', path, { body: update });
  if (response.status !== 200) return finding(describe(response), { agrees: false });
  const unexpected = unexpectedGuardrailFields(dataOf(response), update);
  const lookup = dataOf(await scene.send('GET', path));
  const values = Object.keys(update).map(
    (field) => `${field} ${JSON.stringify(lookup[field] ?? null)}`,
  );
  const agrees = unexpected.length === 0 && unexpectedGuardrailFields(lookup, update).length === 0;
  return finding(values.join(', '), { agrees });
}

/** The guardrail of a new workspace, before and after it is written for the first time. */
export const GUARDRAILS: readonly Assumption[] = [
  {
    id: 'guardrail-id',
    sentence: 'A new workspace has a default_guardrail_id.',
    documented: DOCS.createWorkspace,
    reliedOnBy: { file: GUARDRAIL_DIFF, name: 'guardrailIdOf' },
    isCritical: true,
    async probe(scene) {
      const { default_guardrail_id: id } = (await sharedWorkspace(scene)).fields;
      const agrees = typeof id === 'string' && id !== '';
      return finding(agrees ? 'present' : JSON.stringify(id ?? null), { agrees });
    },
  },
  {
    id: 'guardrail-before-write',
    sentence: 'GET /guardrails/{id} returns 404 and JSON before the guardrail is written.',
    documented: undefined,
    reliedOnBy: { file: 'src/openrouter/resources/guardrails.ts', name: 'findGuardrail' },
    isCritical: true,
    async probe(scene) {
      const response = await scene.send('GET', guardrailPath(await sharedWorkspace(scene)));
      return finding(describe(response), { agrees: isMissing(response) });
    },
  },
  {
    id: 'guardrail-first-write',
    sentence: 'The first PATCH creates the guardrail, with the id that the workspace had.',
    documented: DOCS.updateGuardrail,
    reliedOnBy: { file: 'src/openrouter/resources/guardrails.ts', name: 'patchGuardrail' },
    isCritical: true,
    async probe(scene) {
      const path = guardrailPath(await scene.createWorkspace());
      const body = { ignored_providers: ['deepseek'] };
      const response = await scene.send('PATCH', path, { body });
      if (response.status !== 200) return finding(describe(response), { agrees: false });
      const { id } = dataOf(response);
      const isSame = path.endsWith(`/${id}`);
      return finding(`HTTP 200, ${isSame ? 'same' : 'other'} id`, { agrees: isSame });
    },
  },
  {
    id: 'guardrail-models',
    sentence: 'Models of a guardrail come back as models, which can have other slugs.',
    documented: undefined,
    reliedOnBy: { file: GUARDRAIL_DIFF, name: 'MODEL_FIELDS' },
    isCritical: true,
    probe: (scene) =>
      probeGuardrail(scene, { allowed_models: ['openai/gpt-5-mini', 'anthropic/claude-opus-4.5'] }),
  },
  {
    id: 'guardrail-limit',
    sentence: 'The limit of a guardrail comes back as it was written, with its interval.',
    documented: DOCS.updateGuardrail,
    reliedOnBy: { file: GUARDRAIL_DIFF, name: 'diffGuardrail' },
    isCritical: true,
    probe: (scene) => probeGuardrail(scene, { limit_usd: 12.5, reset_interval: 'weekly' }),
  },
  {
    id: 'guardrail-zdr',
    sentence: 'Each enforce_zdr field of a guardrail comes back as it was written.',
    documented: DOCS.updateGuardrail,
    reliedOnBy: { file: 'src/openrouter/resources/guardrails.ts', name: 'ZDR_FIELDS' },
    isCritical: true,
    probe: (scene) =>
      probeGuardrail(scene, { enforce_zdr_anthropic: true, enforce_zdr_other: false }),
  },
  {
    id: 'guardrail-privacy',
    sentence: 'The regions, retention and training fields of a guardrail come back as written.',
    documented: undefined,
    reliedOnBy: { file: 'src/openrouter/resources/guardrails.ts', name: 'guardrailFields' },
    isCritical: true,
    probe: (scene) =>
      probeGuardrail(scene, {
        allow_safety_retention_google: false,
        allow_safety_retention_other: false,
        allowed_data_regions: ['europe'],
        enable_free_model_publication: false,
        enable_free_model_training: false,
        enable_paid_model_training: false,
      }),
  },
  {
    id: 'guardrail-filters',
    sentence: 'Content filters come back as they were written, a builtin one with another label.',
    documented: DOCS.updateGuardrail,
    reliedOnBy: { file: GUARDRAIL_DIFF, name: 'includes' },
    isCritical: true,
    probe: (scene) =>
      probeGuardrail(scene, {
        content_filters: [{ pattern: 'ticket-\\d+', action: 'redact', label: '[TICKET]' }],
        content_filter_builtins: [
          { slug: 'email', action: 'flag' },
          { slug: 'regex-prompt-injection', action: 'block', scan_scope: 'user_only' },
        ],
      }),
  },
  {
    id: 'guardrail-null',
    sentence: 'Null lifts a restriction, and comes back as null or as an empty list.',
    documented: DOCS.updateGuardrail,
    reliedOnBy: { file: GUARDRAIL_DIFF, name: 'normalize' },
    isCritical: true,
    async probe(scene) {
      const workspace = await scene.createWorkspace();
      const path = guardrailPath(workspace);
      await scene.send('PATCH', path, { body: { ignored_providers: ['deepseek'] } });
      const update = { ignored_providers: null };
      const response = await scene.send('PATCH', path, { body: update });
      if (response.status !== 200) return finding(describe(response), { agrees: false });
      const guardrail = dataOf(response);
      const observed = JSON.stringify(guardrail['ignored_providers'] ?? null);
      return finding(observed, {
        agrees: unexpectedGuardrailFields(guardrail, update).length === 0,
      });
    },
  },
  {
    id: 'guardrail-name',
    sentence: 'A default guardrail rejects a name with 400.',
    documented: undefined,
    reliedOnBy: { file: 'src/openrouter/resources/guardrails.ts', name: 'GuardrailUpdate' },
    isCritical: false,
    async probe(scene) {
      const path = guardrailPath(await sharedWorkspace(scene));
      const response = await scene.send('PATCH', path, { body: { name: 'npm run live' } });
      return finding(describe(response), { agrees: response.status === 400 });
    },
  },
];

/** The statuses that the action explains as a missing plan, or as a personal account. */
const UNAVAILABLE = [402, 403, 404];

const setBudget = ({ send }: Scene, { id }: LiveWorkspace, interval: string, limit_usd: number) =>
  send('PUT', `/workspaces/${id}/budgets/${interval}`, { body: { limit_usd } });

/** Returns a new workspace with a monthly budget of 50 USD, or why this account has none. */
async function withBudget(scene: Scene): Promise<LiveWorkspace | Exchange> {
  const workspace = await scene.createWorkspace();
  const response = await setBudget(scene, workspace, 'monthly', 50);
  if (UNAVAILABLE.includes(response.status)) return response;
  expectStatus(response, 200);
  return workspace;
}

const noBudgets = (response: Exchange) =>
  notObservable(`this account has no budgets: ${describe(response)}`);

export const WORKSPACE_BUDGETS: readonly Assumption[] = [
  {
    id: 'no-budgets',
    sentence:
      'The budgets of a new workspace are an empty list, or 402, 403 or 404 without Enterprise.',
    documented: DOCS.listBudgets,
    reliedOnBy: { file: BUDGETS, name: 'listBudgets' },
    isCritical: true,
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      const response = await scene.send('GET', `/workspaces/${id}/budgets`);
      if (response.status !== 200) {
        return finding(describe(response), { agrees: UNAVAILABLE.includes(response.status) });
      }
      const { length } = listOf(response);
      return finding(`HTTP 200, budgets: ${length}`, { agrees: length === 0 });
    },
  },
  {
    id: 'budget-write',
    sentence: 'A budget can be set, or is rejected with 402, 403 or 404 without Enterprise.',
    documented: undefined,
    reliedOnBy: { file: BUDGETS, name: 'NEEDS_ENTERPRISE' },
    isCritical: true,
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
    id: 'budget-order',
    sentence: 'A budget that is not below those of longer intervals is rejected with 400.',
    documented: DOCS.setBudget,
    reliedOnBy: { file: 'src/governance/budgets.ts', name: 'budgetWrites' },
    isCritical: false,
    async probe(scene) {
      const workspace = await withBudget(scene);
      if ('status' in workspace) return noBudgets(workspace);
      const response = await setBudget(scene, workspace, 'weekly', 50);
      return finding(describe(response), { agrees: response.status === 400 });
    },
  },
  {
    id: 'budget-list',
    sentence: 'The list of budgets has each with its limit, its interval, and one flag for all.',
    documented: DOCS.listBudgets,
    reliedOnBy: { file: BUDGETS, name: 'listBudgets' },
    isCritical: true,
    async probe(scene) {
      const workspace = await withBudget(scene);
      if ('status' in workspace) return noBudgets(workspace);
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
  {
    id: 'budget-deletion',
    sentence: 'Deleting a budget succeeds, also if there is none.',
    documented: DOCS.deleteBudget,
    reliedOnBy: { file: BUDGETS, name: 'writeBudget' },
    isCritical: true,
    async probe(scene) {
      const workspace = await withBudget(scene);
      if ('status' in workspace) return noBudgets(workspace);
      const path = `/workspaces/${workspace.id}/budgets/monthly`;
      const responses = [await scene.send('DELETE', path), await scene.send('DELETE', path)];
      const [first, second] = responses as [Exchange, Exchange];
      const agrees = first.status === 200 && (second.status === 200 || isMissing(second));
      return finding(`${describe(first)}; again: ${describe(second)}`, { agrees });
    },
  },
];

/** The id of the user that the management key acts for. */
async function ownUser(scene: Scene): Promise<string | undefined> {
  const { created_by } = (await sharedWorkspace(scene)).fields;
  return typeof created_by === 'string' ? created_by : undefined;
}

export const WORKSPACE_MEMBERS: readonly Assumption[] = [
  {
    id: 'organization-members',
    sentence:
      'GET /organization/members lists users with an id, or is rejected for a personal account with 402, 403 or 404.',
    documented: DOCS.listOrganizationMembers,
    reliedOnBy: { file: MEMBERS, name: 'listOrganizationMembers' },
    isCritical: true,
    async probe(scene) {
      const response = await scene.send('GET', '/organization/members?limit=100');
      if (response.status !== 200) {
        return finding(describe(response), { agrees: UNAVAILABLE.includes(response.status) });
      }
      const members = listOf(response);
      const withId = members.filter(({ id }) => typeof id === 'string');
      const observed = `HTTP 200, ${withId.length} of ${members.length} have an id`;
      return finding(observed, { agrees: withId.length === members.length });
    },
  },
  {
    id: 'new-workspace-members',
    sentence: 'GET /workspaces/{id}/members lists the members of a new workspace by their user_id.',
    documented: DOCS.listMembers,
    reliedOnBy: { file: MEMBERS, name: 'listMembers' },
    isCritical: true,
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      const response = await scene.send('GET', `/workspaces/${id}/members?limit=100`);
      if (response.status !== 200) {
        return finding(describe(response), { agrees: UNAVAILABLE.includes(response.status) });
      }
      const members = listOf(response);
      const agrees = members.every(({ user_id }) => typeof user_id === 'string');
      return finding(`HTTP 200, members: ${members.length}`, { agrees });
    },
  },
  {
    id: 'added-members',
    sentence: 'Adding a member returns the membership, also if the user is a member already.',
    documented: DOCS.addMembers,
    reliedOnBy: { file: MEMBERS, name: 'sendMembers' },
    isCritical: true,
    async probe(scene) {
      const user = await ownUser(scene);
      const organization = await scene.send('GET', '/organization/members?limit=100');
      if (organization.status !== 200 || user === undefined) {
        return notObservable(`not an account of an organization: ${describe(organization)}`);
      }
      const { id } = await scene.createWorkspace();
      const path = `/workspaces/${id}/members/add`;
      const body = { user_ids: [user] };
      await scene.send('POST', path, { body });
      const again = await scene.send('POST', path, { body });
      if (again.status !== 200) return finding(describe(again), { agrees: false });
      const agrees = listOf(again).some(({ user_id }) => user_id === user);
      return finding(`HTTP 200, the user is ${agrees ? 'listed' : 'not listed'}`, { agrees });
    },
  },
];
