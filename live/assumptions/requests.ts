/** How OpenRouter accepts and refuses requests to models with an API key. All of these probes cost something. */
import { type Assumption, type Finding, finding, notObservable } from '../assumption.ts';
import { dataOf, type Exchange, expectStatus } from '../exchange.ts';
import { type LiveKey, type LiveWorkspace, type Scene, sharedWorkspace } from '../scene.ts';

export const NOT_SPENT = notObservable('only with --spend');

const MODEL = 'openai/gpt-5-mini';

/** The limit of a key for short responses, in USD: far more than they cost. */
export const LIMIT = 0.02;

/** Asks a model for a short text, which costs far less than a cent. */
export function complete(
  { send }: Scene,
  { secret }: LiveKey,
  { maxTokens = 16, prompt = 'Say hello.' } = {},
): Promise<Exchange> {
  const messages = [{ role: 'user', content: prompt }];
  const body = { model: MODEL, max_tokens: maxTokens, messages };
  return send('POST', '/chat/completions', { body, key: secret });
}

/** A new key that has just spent something. */
export async function spentKey(scene: Scene, workspace: LiveWorkspace): Promise<LiveKey> {
  const key = await scene.createKey(workspace, { limit: LIMIT });
  expectStatus(await complete(scene, key), 200);
  return key;
}

const usageOf = async ({ send }: Scene, { hash }: LiveKey) =>
  Number(dataOf(await send('GET', `/keys/${hash}`))['usage']);

const REFUSED = [401, 402, 403];

export const disable = ({ send }: Scene, { hash }: LiveKey) =>
  send('PATCH', `/keys/${hash}`, { body: { disabled: true } });

/** Ways to revoke a key, all by the time at which the function resolves. */
const REVOCATIONS: Readonly<Record<string, (scene: Scene, key: LiveKey) => Promise<unknown>>> = {
  disabled: disable,
  deleted: ({ send }, { hash }) => send('DELETE', `/keys/${hash}`),
  'limit lowered to 0': ({ send }, { hash }) =>
    send('PATCH', `/keys/${hash}`, { body: { limit: 0 } }),
  expired: ({ wait, serverTime }, { fields }) =>
    wait(Date.parse(String(fields['expires_at'])) - serverTime()),
};

/** How many requests a key has made before it is revoked: servers know only keys that are used. */
const WARM_REQUESTS = 10;
const LIFE_MS = 90_000;
const REQUEST_STEP_MS = 2_000;
const REQUEST_STEPS = 60;
/** How late a revocation works at most, as far as anyone has seen, in milliseconds. */
const REVOCATION_MS = 30_000;

/** How long after its revocation a key was accepted last, in milliseconds; undefined if it never was. */
async function lastAccepted(
  scene: Scene,
  workspace: LiveWorkspace,
  revoke: (scene: Scene, key: LiveKey) => Promise<unknown>,
): Promise<number | undefined> {
  const expires_at = new Date(scene.serverTime() + LIFE_MS).toISOString();
  const key = await scene.createKey(workspace, { limit: LIMIT, expires_at });
  for (let count = 0; count < WARM_REQUESTS; count += 1) {
    expectStatus(await complete(scene, key), 200);
  }
  await revoke(scene, key);
  const start = scene.now();
  let last: number | undefined;
  for (let step = 0; step < REQUEST_STEPS; step += 1) {
    const at = scene.now() - start;
    if (!REFUSED.includes((await complete(scene, key)).status)) last = at;
    await scene.wait(REQUEST_STEP_MS);
  }
  return last;
}

async function findRevocations(scene: Scene): Promise<Finding> {
  const workspace = await sharedWorkspace(scene);
  const all = Object.entries(REVOCATIONS).map(async ([name, revoke]) => {
    const last = await lastAccepted(scene, workspace, revoke);
    const observed = last === undefined ? 'refused at once' : `accepted until ${last} ms after it`;
    return { last: last ?? 0, observed: `${name}: ${observed}` };
  });
  const found = await Promise.all(all);
  const agrees = found.every(({ last }) => last <= REVOCATION_MS);
  return finding(found.map(({ observed }) => observed).join('; '), { agrees });
}

const READS = 20;
const READ_STEP_MS = 6_000;

/** The counter of a key, read again and again while OpenRouter counts. */
async function readCounters(scene: Scene): Promise<number[]> {
  const key = await spentKey(scene, await sharedWorkspace(scene));
  const counters: number[] = [];
  for (let read = 0; read < READS; read += 1) {
    counters.push(await usageOf(scene, key));
    await scene.wait(READ_STEP_MS);
  }
  return counters;
}

const OVERSHOT_LIMIT = 0.05;
/** Requests of about half a cent each, all at once. */
const PARALLEL = 16;
const LONG = { maxTokens: 2_500, prompt: 'Write a story of 2,000 words about a lighthouse.' };
const COUNTED_MS = 180_000;

/** By how much parallel requests exceed a limit, in USD. */
async function findOvershoot(scene: Scene): Promise<Finding> {
  const key = await scene.createKey(await sharedWorkspace(scene), { limit: OVERSHOT_LIMIT });
  const requests = Array.from({ length: PARALLEL }, () => complete(scene, key, LONG));
  const statuses = (await Promise.all(requests)).map(({ status }) => status);
  await scene.wait(COUNTED_MS);
  const spent = await usageOf(scene, key);
  const accepted = statuses.filter((status) => status === 200).length;
  const observed = `$${spent} of $${OVERSHOT_LIMIT}, ${accepted} of ${PARALLEL} requests accepted`;
  return finding(observed, { agrees: spent <= 2 * OVERSHOT_LIMIT });
}

const CAP = { file: 'src/actions/preview/cap.ts', name: 'capUseOf' };

export const REQUESTS: readonly Assumption[] = [
  {
    id: 'request-above-limit',
    sentence:
      'A request whose max_tokens cost more than the limit of its key is refused with 402, and costs nothing.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/key/failures.ts', name: 'keyLimitUsedUp' },
    async probe(scene) {
      if (!scene.spend) return NOT_SPENT;
      const key = await scene.createKey(await sharedWorkspace(scene), { limit: 0.01 });
      const { status } = await complete(scene, key, { maxTokens: 100_000 });
      const usage = await usageOf(scene, key);
      return finding(`HTTP ${status}, $${usage} spent`, { agrees: status === 402 && usage === 0 });
    },
  },
  {
    id: 'revoked-key-refused',
    sentence:
      'A key that was disabled or deleted, that has expired, or whose limit was lowered to 0 is refused by models half a minute later, and from then on.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/key/end-key.ts', name: 'deleteKey' },
    async probe(scene) {
      return scene.spend ? findRevocations(scene) : NOT_SPENT;
    },
  },
  {
    id: 'counters-that-grow',
    sentence: 'Of twenty reads of a counter in two minutes, none is smaller than an earlier one.',
    documented: undefined,
    reliedOnBy: CAP,
    async probe(scene) {
      if (!scene.spend) return NOT_SPENT;
      const counters = await readCounters(scene);
      const agrees = counters.every((value, at) => value >= (counters[at - 1] ?? 0));
      return finding(counters.join(', '), { agrees });
    },
  },
  {
    id: 'limit-with-parallel-requests',
    sentence: 'Parallel requests spend at most twice the limit of their key.',
    documented: undefined,
    reliedOnBy: CAP,
    async probe(scene) {
      return scene.spend ? findOvershoot(scene) : NOT_SPENT;
    },
  },
];
