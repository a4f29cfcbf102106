import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readManifest } from '../../../sandbox/runner/manifest.ts';
import { jobStatusOf } from '../../../src/actions/key/job-status.ts';
import type { Engine } from '../../../src/github/engine.ts';
import { ROOT } from '../../support/root.ts';

const ENGINES: readonly Engine[] = ['GitHub', 'Gitea', 'Forgejo', 'act'];

/** What counts, by the engine and by who wrote the status: the author, or the default. */
const COUNTS: Readonly<Record<Engine, [written: string[], byDefault: string[]]>> = {
  GitHub: [
    ['success', 'failure', 'cancelled'],
    ['success', 'failure', 'cancelled'],
  ],
  Gitea: [['success', 'failure', 'cancelled'], []],
  Forgejo: [['failure', 'cancelled'], []],
  act: [['success', 'failure', 'cancelled'], []],
};

const STATUSES = ['success', 'failure', 'cancelled', 'skipped', 'Success', ''];

test.each(ENGINES.flatMap((engine) => STATUSES.map((status) => [engine, status] as const)))(
  'On %s, the job status "%s" counts as the table says',
  async (engine, status) => {
    const [written, byDefault] = COUNTS[engine];
    const expected = (counts: readonly string[]) =>
      counts.includes(status) ? status === 'success' : undefined;
    expect(jobStatusOf(status, engine).succeeded).toBe(expected(written));
    for (const action of ['key', 'preview']) {
      const { inputs } = await readManifest(join(ROOT, action));
      const text = inputs?.['job-status']?.default?.replace(`\${{ job.status }}`, status) ?? '';
      // The toolkit trims inputs.
      expect(jobStatusOf(text.trim(), engine).succeeded).toBe(expected(byDefault));
    }
  },
);
