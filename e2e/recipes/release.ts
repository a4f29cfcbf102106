import assert from 'node:assert/strict';
import { join } from 'node:path';
import { dispatchEvent, eventIn, scheduleEvent } from '../../sandbox/github/events.ts';
import { seedKey } from '../../sandbox/openrouter/seed.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { readTable } from '../../scripts/examples.ts';
import { openReader, type ReaderRun } from '../reader.ts';

const PAGE = 'docs/recipes/release.md';
const ROOT = join(import.meta.dirname, '../..');

/** A reader who has copied the workflow, and what starts it. */
async function openReleases(sandbox: Sandbox) {
  const reader = await openReader(PAGE, sandbox);
  const { github, repository } = reader;
  const events = {
    release: () =>
      eventIn(github, repository, {
        name: 'release',
        by: 'octocat',
        ref: 'refs/tags/v1.2.0',
        payload: { action: 'released', release: { tag_name: 'v1.2.0' } },
      }),
    schedule: () => scheduleEvent(github, repository, '17 0 1 * *'),
    hand: () => dispatchEvent(github, repository),
  };
  return {
    /** Runs the workflow. The result has the hash of the key that the run has created. */
    async run(by: keyof typeof events, options: ReaderRun = {}) {
      const run = await reader.run('Release', { event: events[by](), ...options });
      return { ...run, hash: run.outputs('key')['hash'] ?? '' };
    },
    /** The hashes of all keys. */
    hashes: () => sandbox.account.keys.map(({ hash }) => hash),
    calls: reader.calls,
    close: reader.close,
  };
}

/** What happens on a day, as a row of the table describes it. */
function describedRun(text: string) {
  const by = /release|this run/.test(text) ? 'release' : /by hand/.test(text) ? 'hand' : 'schedule';
  const options: ReaderRun = {
    ...(text.includes('cancelled') && { hangs: 'roll-out' }),
    ...(text.includes('fails in the roll-out') && { fails: 'roll-out' }),
    ...(text.includes('OpenRouter is down') && {
      down: 'everything' as const,
      annotations: ['error key: server error'],
    }),
  };
  const [, letter] = /key ([A-Z])\./.exec(text) ?? [];
  return { by, options, letter, succeeds: text.includes('succeeds') } as const;
}

/** What the files of the recipe do, by a sentence that says what holds. */
export const RELEASE: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'three months of releases leave the keys, and can cost what the page says'(sandbox) {
    const releases = await openReleases(sandbox);
    const letters = new Map<string, string>();
    const working = () => releases.hashes().map((hash) => letters.get(hash) ?? '');
    let [month, counted] = ['', [] as string[]];
    for (const [date = '', text = '', after, most] of readTable(join(ROOT, PAGE), 'Date')) {
      const { by, options, letter, succeeds } = describedRun(text);
      const before = working();
      const run = await releases.run(by, options);
      assert.equal(run.exitCode === 0, succeeds, `${date}: ${run.log}`);
      const call = by === 'release' ? 'roll-out v1.2.0' : 'roll-out';
      const key = run.outputs('key')['key'];
      assert.deepEqual(releases.calls(), letter === undefined ? [] : [{ call, key }], date);
      if (letter !== undefined) letters.set(run.hash, letter);
      assert.equal(working().toSorted().join(', '), after, date);

      const [, ofDate = ''] = date.split(' ');
      if (ofDate !== month) counted = before;
      month = ofDate;
      if (letter !== undefined) counted.push(letter);
      assert.equal(most, `${100 * counted.length}: ${counted.toSorted().join(', ')}`, date);
    }
    assert.ok(letters.size > 5);
    await releases.close();
  },

  async 'a release deletes all older keys of its name, or the next one does, and no other key'(
    sandbox,
  ) {
    const releases = await openReleases(sandbox);
    const first = await releases.run('release');
    const [, workspace] = sandbox.account.workspaces;
    assert.ok(workspace);
    for (const name of ['Production of web', 'Of before']) seedKey(sandbox, workspace, { name });
    const failed = await releases.run('release', {
      down: 'GET /keys/:hash',
      annotations: ['error key, post step: server error'],
    });
    assert.notEqual(failed.exitCode, 0);
    assert.equal(releases.calls().length, 2);
    assert.ok([first, failed].every(({ hash }) => releases.hashes().includes(hash)));
    const next = await releases.run('schedule');
    assert.equal(next.exitCode, 0, next.log);
    const names = sandbox.account.keys.map(({ name }) => name.replace(/ #[\da-z]{6}$/, ' #…'));
    assert.deepEqual(names, ['Production of web #…', 'Of before']);
    assert.equal(releases.hashes()[0], next.hash);
    await releases.close();
  },

  async 'the words of a release that must not be changed are those that keep the service up'(
    sandbox,
  ) {
    const releases = await openReleases(sandbox);
    const changes: ((text: string) => string)[] = [
      (text) => text.replace('replace: after-job', 'replace: true'),
      (text) =>
        text.replace('- run: ./roll-out', '- continue-on-error: true\n        run: ./roll-out'),
    ];
    let { hash } = await releases.run('release');
    for (const change of changes) {
      const run = await releases.run('release', { fails: 'roll-out', change });
      assert.ok(!releases.hashes().includes(hash), `the key of the service is there: ${run.log}`);
      hash = run.hash;
    }
    await releases.close();
  },
};
