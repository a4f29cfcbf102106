import { COUNT_MS, SETTLE_MS } from '../../src/openrouter/settlement.ts';
import { formatTime } from '../../src/openrouter/time.ts';
import { type Assumption, type Finding, finding, notObservable } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { dataOf, expectStatus, isResource, listOf, type Resource } from '../exchange.ts';
import { keysPath } from '../paths.ts';
import { describeDelay, pollUntil } from '../poll.ts';
import { type LiveKey, type LiveWorkspace, type Scene, sharedWorkspace } from '../scene.ts';
import { disable, LIMIT, NOT_SPENT, spentKey } from './requests.ts';

const COUNTERS = ['usage', 'byok_usage'].flatMap((name) => [
  name,
  `${name}_daily`,
  `${name}_weekly`,
  `${name}_monthly`,
]);

const COUNTS = [
  'request_count',
  'tokens_total',
  'tokens_prompt',
  'tokens_completion',
  'reasoning_tokens',
];
const AMOUNTS = ['credits_usage', 'byok_usage'];

const SETTLEMENT = { file: 'src/openrouter/settlement.ts', name: 'SETTLE_MS' };

/** The ways to read the counters of a key. */
const READS: Readonly<
  Record<string, (scene: Scene, key: LiveKey, workspace: LiveWorkspace) => Promise<Resource>>
> = {
  GET: async ({ send }, { hash }) => dataOf(await send('GET', `/keys/${hash}`)),
  async list({ send }, { hash }, { id }) {
    return listOf(await send('GET', keysPath(id))).find((key) => key['hash'] === hash) ?? {};
  },
  PATCH: async ({ send }, { hash }) =>
    dataOf(await send('PATCH', `/keys/${hash}`, { body: { name: 'Read' } })),
};

/** Measures in how much time the counters of a key show its request, each way with a key of its own. */
async function findCounterDelays(
  scene: Scene,
  { disables }: { disables: boolean },
): Promise<Finding> {
  const workspace = await scene.createWorkspace();
  const delays = Object.entries(READS).map(async ([name, read]) => {
    const key = await spentKey(scene, workspace);
    if (disables) await disable(scene, key);
    const isCounted = async () => {
      const { usage, limit_remaining } = await read(scene, key, workspace);
      return Number(usage) > 0 && Number(limit_remaining) < LIMIT;
    };
    return { name, delay: await pollUntil(scene, isCounted, COUNTER_DELAYS) };
  });
  const found = await Promise.all(delays);
  const observed = found.map(({ name, delay }) => `${name}: ${describeDelay(delay)}`).join(', ');
  const agrees = found.every(({ delay = Number.POSITIVE_INFINITY }) => delay <= SETTLE_MS);
  return finding(observed, { agrees });
}

const COUNTER_STEP_MS = 5_000;
const COUNTER_DELAYS = Array<number>(SETTLE_MS / COUNTER_STEP_MS).fill(COUNTER_STEP_MS);

/** How long to wait until analytics has a request, in milliseconds. */
const ANALYTICS_DELAYS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

const DAY_MS = 86_400_000;

/** What analytics knows of a key, as the action `usage` queries it. */
async function query(scene: Scene, { hash }: LiveKey): Promise<Analyzed> {
  // The end of the current second.
  const end = scene.serverTime() + 1000;
  const response = await scene.send('POST', '/analytics/query', {
    body: {
      metrics: [...COUNTS, ...AMOUNTS],
      dimensions: ['model'],
      filters: [{ field: 'api_key_id', operator: 'eq', value: hash }],
      time_range: { start: formatTime(end - DAY_MS), end: formatTime(end) },
      order_by: { field: 'credits_usage', direction: 'desc' },
      limit: 10_000,
    },
  });
  const { data, warnings } = dataOf(response);
  return {
    row: Array.isArray(data) ? data.find(isResource) : undefined,
    warnings: Array.isArray(warnings) ? warnings : [],
  };
}

/** The first row of a result of analytics, and its warnings. */
interface Analyzed {
  row: Resource | undefined;
  warnings: readonly unknown[];
}

const MINUTE_MS = 60_000;

/** For how long to ask whether analytics has a request: twice as long as anyone has seen OpenRouter count. */
const ANALYTICS_WAIT_MS = 2 * COUNT_MS;
const EACH_MINUTE = Array<number>(ANALYTICS_WAIT_MS / MINUTE_MS).fill(MINUTE_MS);

/** Measures in how many minutes analytics has the request of a key that exists, and of one that was deleted. */
async function findAnalyticsDelays(scene: Scene): Promise<Finding> {
  const workspace = await sharedWorkspace(scene);
  const keys = {
    existing: await spentKey(scene, workspace),
    deleted: await spentKey(scene, workspace),
  };
  expectStatus(await scene.send('DELETE', `/keys/${keys.deleted.hash}`), 200);
  const delays = Object.entries(keys).map(async ([name, key]) => {
    let last: Analyzed | undefined;
    const isKnown = async () => {
      last = await query(scene, key);
      return last.row !== undefined;
    };
    const delay = await pollUntil(scene, isKnown, EACH_MINUTE);
    return { name, delay, warnings: last?.warnings ?? [] };
  });
  const found = await Promise.all(delays);
  const observed = found.map(({ name, delay, warnings }) => {
    const warned = warnings.map((text) => `, with the warning ${JSON.stringify(text)}`).join('');
    return `${name}: ${describeMinutes(delay)}${warned}`;
  });
  const agrees = found.every(
    ({ delay = Number.POSITIVE_INFINITY, warnings }) => delay <= COUNT_MS && warnings.length === 0,
  );
  return finding(observed.join('; '), { agrees });
}

function describeMinutes(delay: number | undefined): string {
  return delay ? `after at most ${Math.ceil(delay / MINUTE_MS)} min` : describeDelay(delay);
}

/** What counters and analytics show, and when. */
export const USAGE: readonly Assumption[] = [
  {
    id: 'key-counters',
    sentence: 'A key has counters of its usage as numbers, which begin at 0.',
    documented: DOCS.getKey,
    reliedOnBy: { file: 'src/actions/usage/period.ts', name: 'spentAtLeast' },
    async probe(scene) {
      const { hash } = await scene.createKey(await sharedWorkspace(scene));
      const key = dataOf(await scene.send('GET', `/keys/${hash}`));
      const others = COUNTERS.filter((name) => key[name] !== 0);
      const observed = others.map((name) => `${name}: ${JSON.stringify(key[name] ?? null)}`);
      return finding(observed.join(', ') || 'all 0', { agrees: others.length === 0 });
    },
  },
  {
    id: 'listed-key-counters',
    sentence: 'The list of keys has the counters of their usage.',
    documented: DOCS.listKeys,
    reliedOnBy: { file: 'src/actions/usage/read-usage.ts', name: 'readWorkspaceUsage' },
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      await scene.createKey({ id });
      const [key = {}] = listOf(await scene.send('GET', keysPath(id)));
      const missing = COUNTERS.filter((name) => typeof key[name] !== 'number');
      const observed = missing.length > 0 ? `without ${missing.join(', ')}` : 'all of them';
      return finding(observed, { agrees: missing.length === 0 });
    },
  },
  {
    id: 'limit-remaining',
    sentence: 'The limit_remaining of an unused key is its limit.',
    documented: DOCS.getKey,
    reliedOnBy: { file: 'src/openrouter/resources/keys.ts', name: 'limitOf' },
    async probe(scene) {
      const { hash } = await scene.createKey(await sharedWorkspace(scene), { limit: 0.5 });
      const { limit_remaining } = dataOf(await scene.send('GET', `/keys/${hash}`));
      const observed = `${JSON.stringify(limit_remaining ?? null)} of 0.5`;
      return finding(observed, { agrees: limit_remaining === 0.5 });
    },
  },
  {
    id: 'usage-delay',
    sentence:
      'A request is in the usage and the limit_remaining of its key within three minutes, in GET, list and PATCH.',
    documented: undefined,
    reliedOnBy: SETTLEMENT,
    async probe(scene) {
      return scene.spend ? findCounterDelays(scene, { disables: false }) : NOT_SPENT;
    },
  },
  {
    id: 'usage-delay-of-disabled-key',
    sentence:
      'Within three minutes after a key was disabled, its last request is in its usage and limit_remaining, in GET, list and PATCH.',
    documented: undefined,
    reliedOnBy: SETTLEMENT,
    async probe(scene) {
      return scene.spend ? findCounterDelays(scene, { disables: true }) : NOT_SPENT;
    },
  },
  {
    id: 'analytics-values',
    sentence:
      'Analytics has a model, counts as whole numbers or texts of them, and amounts as numbers.',
    documented: DOCS.queryAnalytics,
    reliedOnBy: { file: 'src/openrouter/resources/analytics.ts', name: 'metrics' },
    async probe(scene) {
      if (!scene.spend) return NOT_SPENT;
      const key = await spentKey(scene, await sharedWorkspace(scene));
      let row: Resource | undefined;
      const isKnown = async () => {
        ({ row } = await query(scene, key));
        return row !== undefined;
      };
      await pollUntil(scene, isKnown, ANALYTICS_DELAYS);
      if (!row) return notObservable('analytics does not have the request yet');
      const { model, ...values } = row;
      const agrees =
        typeof model === 'string' &&
        COUNTS.every((name) => /^\d+$/.test(String(values[name] ?? 0))) &&
        AMOUNTS.every((name) => typeof (values[name] ?? 0) === 'number');
      return finding(JSON.stringify(row), { agrees });
    },
  },
  {
    id: 'analytics-of-deleted-key',
    sentence:
      'Within an hour, analytics has the request of an API key, also by the hash of one that was deleted, and without a warning.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/usage/read-usage.ts', name: 'readDeletedKeyUsage' },
    async probe(scene) {
      return scene.spend ? findAnalyticsDelays(scene) : NOT_SPENT;
    },
  },
];
