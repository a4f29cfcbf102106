import { createdAt } from '../../src/openrouter/time.ts';
import { wasCreatedWithin } from '../../src/shared/time-window.ts';
import { type Assumption, type Finding, finding } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { type Exchange, type Resource, serverTimeOf } from '../exchange.ts';
import { sharedWorkspace } from '../scene.ts';

const CREATED_AT = { file: 'src/openrouter/time.ts', name: 'createdAt' };

/** Whether `created_at` of a new resource is near the `Date` of the response to its creation. */
function compareTimes(resource: Resource, before: number, response: Exchange): Finding {
  const created = createdAt(resource);
  const after = serverTimeOf(response);
  if (created === undefined) {
    const observed = `created_at ${JSON.stringify(resource['created_at'] ?? null)}`;
    return finding(observed, { agrees: false });
  }
  const agrees = wasCreatedWithin(resource, { from: before, to: after }) === true;
  return finding(`created_at is ${created - after} ms after the Date of its response`, { agrees });
}

/** `1 of 2 (2026-01-15T12:00:00Z)` */
function withMilliseconds(times: readonly unknown[]): Finding {
  const withMs = times.filter((time) => Date.parse(String(time)) % 1000 > 0);
  const observed = `${withMs.length} of ${times.length}, such as ${JSON.stringify(times[0])}`;
  return finding(observed, { agrees: withMs.length > 0 });
}

/** What OpenRouter says about time. */
export const TIME: readonly Assumption[] = [
  {
    id: 'created-at-zone',
    sentence: 'A workspace has a created_at in ISO 8601 with a time zone.',
    documented: DOCS.createWorkspace,
    reliedOnBy: CREATED_AT,
    isCritical: true,
    async probe(scene) {
      const { fields } = await sharedWorkspace(scene);
      const observed = JSON.stringify(fields['created_at'] ?? null);
      return finding(observed, { agrees: createdAt(fields) !== undefined });
    },
  },
  {
    id: 'created-at-near-date',
    sentence:
      'The created_at of a new workspace is at most a second from the Date of the response.',
    documented: undefined,
    reliedOnBy: { file: 'src/shared/time-window.ts', name: 'wasCreatedWithin' },
    isCritical: true,
    async probe(scene) {
      await scene.send('GET', `/workspaces/${scene.newSlug()}`);
      const before = scene.serverTime();
      const { fields, created } = await scene.createWorkspace();
      return compareTimes(fields, before, created);
    },
  },
  {
    id: 'created-at-milliseconds',
    sentence: 'The created_at of a workspace has milliseconds.',
    documented: undefined,
    reliedOnBy: { file: 'src/shared/time-window.ts', name: 'SLACK_MS' },
    isCritical: false,
    async probe(scene) {
      const workspaces = [await sharedWorkspace(scene), await scene.createWorkspace()];
      return withMilliseconds(workspaces.map(({ fields }) => fields['created_at']));
    },
  },
  {
    id: 'key-created-at-near-date',
    sentence: 'The created_at of a new key is at most a second from the Date of the response.',
    documented: undefined,
    reliedOnBy: { file: 'src/actions/key/expiry.ts', name: 'unexpectedLifetime' },
    isCritical: true,
    async probe(scene) {
      const workspace = await sharedWorkspace(scene);
      await scene.send('GET', `/workspaces/${workspace.id}`);
      const before = scene.serverTime();
      const { fields, created } = await scene.createKey(workspace);
      return compareTimes(fields, before, created);
    },
  },
];
