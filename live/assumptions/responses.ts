import { parseHttpDate } from '../../src/http/response.ts';
import { type Assumption, type Finding, finding } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { describe, type Exchange } from '../exchange.ts';
import { type Scene, sharedWorkspace } from '../scene.ts';

/** Reads a workspace that exists with `key`. A 404 would look as if it did not exist. */
async function readWith(scene: Scene, key: string): Promise<Exchange> {
  const { id } = await sharedWorkspace(scene);
  return scene.send('GET', `/workspaces/${id}`, { key });
}

function unauthorized(response: Exchange): Finding {
  return finding(describe(response), { agrees: [401, 403].includes(response.status) });
}

const BY_STATUS = { file: 'src/report/describe-api-error.ts', name: 'CODES_BY_STATUS' };

/** A wrong key is never taken for a workspace that does not exist. Each response of a run has a time. */
export const RESPONSES: readonly Assumption[] = [
  {
    id: 'unknown-key',
    sentence: 'A key that does not exist is rejected with 401 or 403.',
    documented: DOCS.errors,
    reliedOnBy: BY_STATUS,
    probe: async (scene) => unauthorized(await readWith(scene, `sk-or-v1-${'0'.repeat(64)}`)),
  },
  {
    id: 'inference-key',
    sentence: 'An API key is rejected with 401 or 403 where a management key is required.',
    documented: DOCS.errors,
    reliedOnBy: BY_STATUS,
    async probe(scene) {
      const { secret } = await scene.createKey(await sharedWorkspace(scene));
      return unauthorized(await readWith(scene, secret));
    },
  },
  {
    id: 'date-header',
    sentence: 'Every response has a Date, also a rejection.',
    documented: undefined,
    reliedOnBy: { file: 'src/http/response.ts', name: 'parseHttpDate' },
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
];
