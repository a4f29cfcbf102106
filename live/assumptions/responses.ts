import { extractServerMessage, parseHttpDate } from '../../src/http/response.ts';
import { type Assumption, type Finding, finding } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { describe, type Exchange, isJson } from '../exchange.ts';
import { type Scene, sharedWorkspace } from '../scene.ts';

/** Reads a workspace that exists with `key`. A 404 would look as if it did not exist. */
async function readWith(scene: Scene, key: string | null): Promise<Exchange> {
  const { id } = await sharedWorkspace(scene);
  return scene.send('GET', `/workspaces/${id}`, { key });
}

function unauthorized(response: Exchange): Finding {
  return finding(describe(response), { agrees: [401, 403].includes(response.status) });
}

const BY_STATUS = { file: 'src/report/describe-api-error.ts', name: 'CODES_BY_STATUS' };

/** How requests with a wrong key are rejected. */
export const ACCESS: readonly Assumption[] = [
  {
    id: 'unknown-key',
    sentence: 'A key that does not exist is rejected with 401 or 403.',
    documented: DOCS.errors,
    reliedOnBy: BY_STATUS,
    isCritical: true,
    probe: async (scene) => unauthorized(await readWith(scene, `sk-or-v1-${'0'.repeat(64)}`)),
  },
  {
    id: 'inference-key',
    sentence: 'An API key is rejected with 401 or 403 where a management key is required.',
    documented: DOCS.errors,
    reliedOnBy: BY_STATUS,
    isCritical: true,
    async probe(scene) {
      const { secret } = await scene.createKey(await sharedWorkspace(scene));
      return unauthorized(await readWith(scene, secret));
    },
  },
  {
    id: 'no-key',
    sentence: 'A request without a key is rejected with 401.',
    documented: DOCS.errors,
    reliedOnBy: BY_STATUS,
    isCritical: false,
    async probe(scene) {
      const response = await readWith(scene, null);
      return finding(describe(response), { agrees: response.status === 401 });
    },
  },
  {
    id: 'error-message',
    sentence: 'A rejection is JSON with a message.',
    documented: DOCS.errors,
    reliedOnBy: { file: 'src/http/response.ts', name: 'extractServerMessage' },
    isCritical: false,
    async probe(scene) {
      const body = { name: '', slug: scene.newSlug() };
      const rejection = await scene.send('POST', '/workspaces', { body });
      const hasMessage = extractServerMessage(rejection.body) !== undefined;
      return finding(describe(rejection), {
        agrees: rejection.status >= 400 && isJson(rejection) && hasMessage,
      });
    },
  },
];

const RATE_LIMIT = /rate-?limit|retry-after/i;

/** What is true of all responses of a run. So these are the last of the catalogue. */
export const RESPONSES: readonly Assumption[] = [
  {
    id: 'date-header',
    sentence: 'Every response has a Date, also a rejection.',
    documented: undefined,
    reliedOnBy: { file: 'src/http/response.ts', name: 'parseHttpDate' },
    isCritical: true,
    async probe(scene) {
      const { slug } = await sharedWorkspace(scene);
      await scene.send('POST', '/workspaces', { body: { name: 'Taken', slug } });
      await scene.send('GET', `/workspaces/${scene.newSlug()}`);
      await scene.send('GET', '/workspaces', { key: null });
      const responses = scene.exchanges.filter(({ status }) => status < 500);
      const without = responses.filter(
        ({ headers }) => parseHttpDate(headers['date']) === undefined,
      );
      const [first] = without;
      const example = first ? `, such as ${first.method} with HTTP ${first.status}` : '';
      return finding(`missing in ${without.length} responses${example}`, { agrees: !first });
    },
  },
  {
    id: 'rate-limit-headers',
    sentence: 'Only a 429 has headers about a rate limit, and each has a Retry-After.',
    documented: undefined,
    reliedOnBy: { file: 'src/http/response.ts', name: 'retryAfter' },
    isCritical: false,
    async probe({ exchanges }) {
      const throttled = exchanges.filter(({ status }) => status === 429);
      const others = exchanges.filter(({ status }) => status !== 429);
      const waits = throttled.filter(({ headers }) => headers['retry-after'] !== undefined);
      const names = new Set(others.flatMap(({ headers }) => Object.keys(headers)));
      const limits = [...names].filter((name) => RATE_LIMIT.test(name));
      const observed = `${throttled.length} of ${exchanges.length} responses have 429, ${waits.length} of them a Retry-After; headers of others: ${limits.join(', ') || 'none'}`;
      const agrees = waits.length === throttled.length && limits.length === 0;
      return finding(observed, { agrees });
    },
  },
];
