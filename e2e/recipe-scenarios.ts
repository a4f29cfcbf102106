import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { marked, type Tokens } from 'marked';
import { parse } from 'yaml';
import { seedKey } from '../sandbox/openrouter/seed.ts';
import type { Sandbox } from '../sandbox/openrouter/server.ts';
import { readExamples } from '../scripts/examples.ts';
import { type Run, type RunOptions, runChanged } from './act.ts';
import { createService, SERVICE_FILE, type Service } from './stand-ins/service.ts';
import { commitAll, git } from './working-tree.ts';

const RELEASE = resolve(import.meta.dirname, '../docs/recipes/release.md');
const STORED_KEY = resolve(import.meta.dirname, '../docs/recipes/stored-key.md');

type Change = (text: string) => string;

/** A repository with the workflow `name` of a document, and with `scripts` by their paths. */
function openRecipe(document: string, name: string, scripts: Record<string, string> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'e2e-'));
  const example = readExamples(document).find(({ text }) => parse(text).name === name);
  assert.ok(example, `${document} has no workflow ${name}`);
  const workflow = join(root, '.github/workflows/example.yml');
  mkdirSync(join(root, '.github/workflows'), { recursive: true });
  writeFileSync(workflow, example.text);
  for (const [path, text] of Object.entries(scripts)) {
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), 0o755);
  }
  git(root, 'init', '--quiet', '--initial-branch', 'main');
  git(root, 'remote', 'add', 'origin', 'https://github.com/octo-org/shop');
  commitAll(root);
  return {
    run: (options: Omit<RunOptions, 'workflow' | 'root'>, change: Change = (text) => text) =>
      runChanged({ ...options, workflow, root }, (text) => forAct(change(text))),
    remove: () => rmSync(root, { recursive: true }),
  };
}

/** Leaves out what act does not know, and adds what act and the sandbox need. */
function forAct(text: string): string {
  return text
    .replace(/^ +queue: max\n/m, '')
    .replace(/,? *deployment: false/g, '')
    .replace(/^( +)(management-key: .*)$/gm, `$1$2\n$1api-url: \${{ vars.API_URL }}`)
    .replace(/^( +)(revoke-after-job: false)$/m, `$1$2\n$1job-status: \${{ job.status }}`);
}

/** The rows of the table under the heading *What it can cost*. */
function costRows(document: string): string[][] {
  const tokens = marked.lexer(readFileSync(document, 'utf8'));
  const start = tokens.findIndex(
    (token) => token.type === 'heading' && token['text'] === 'What it can cost',
  );
  const table = tokens.slice(start).find(({ type }) => type === 'table') as Tokens.Table;
  return table.rows.map((cells) => cells.map(({ text }) => text));
}

/** The outage of a whole step: each of its requests is rejected, until the time of the step is up. */
const OUTAGE = Array.from({ length: 60 }, () => ({ kind: 'response', status: 503 }) as const);

/** A step that gives up early, in an outage. */
const briefly: Change = (text) =>
  text.replace(/^( +)(management-key: .*)$/gm, '$1$2\n$1timeout: 3s');

const RELEASED = {
  name: 'release' as const,
  payload: { action: 'released', release: { tag_name: 'v1.2.0' } },
};
const SCHEDULE = { name: 'schedule' as const, payload: { schedule: '17 0 1 * *' } };

/** What `roll-out` writes about a version and its key. */
const ROLL_OUT = `#!/bin/sh
echo "Rolls out"
case "$HOST" in hangs) sleep 30 ;; fails) exit 1 ;; esac
echo "$1 $OPENROUTER_API_KEY" >> "$DEPLOYED"
`;

type Event = typeof RELEASED | typeof SCHEDULE | undefined;

/** A run as a row of the table describes it. */
function describedRun(text: string): { event: Event; host: string; isDown: boolean } {
  const event = /release|this run/.test(text) ? RELEASED : SCHEDULE;
  return {
    event: text.includes('by hand') ? undefined : event,
    host: /cancelled/.test(text) ? 'hangs' : /fails in the roll-out/.test(text) ? 'fails' : 'works',
    isDown: text.includes('OpenRouter is down'),
  };
}

/** A service that the workflow of the release deploys. */
function openReleases(sandbox: Sandbox) {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const deployed = join(folder, 'deployed');
  writeFileSync(deployed, '');
  const recipe = openRecipe(RELEASE, 'Release', { 'roll-out': ROLL_OUT });
  return {
    /** Runs the workflow at a host that `works`, `fails` or `hangs` until the run is cancelled. */
    run: (event: Event, { host = 'works', annotations = [] as string[] } = {}, change?: Change) =>
      recipe.run(
        {
          sandbox,
          ...(event && { event }),
          annotations,
          env: { HOST: host, DEPLOYED: deployed },
          secrets: { HOST_TOKEN: 'of-the-host' },
          ...(host === 'hangs' && { cancelAt: 'Rolls out' }),
        },
        change,
      ),
    /** Each version that was deployed, and its key. */
    deployed: () => readFileSync(deployed, 'utf8').split('\n').slice(0, -1),
    remove() {
      recipe.remove();
      rmSync(folder, { recursive: true });
    },
  };
}

const hashes = ({ account }: Sandbox) => account.keys.map(({ hash }) => hash);
const hashOf = (run: Run) => run.outputs('key')['hash'] ?? '';

/** What the recipes of the documents do, as they are written. */
export const RECIPE_SCENARIOS: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'three months of releases leave the keys, and can cost what the page says'(sandbox) {
    const releases = openReleases(sandbox);
    const letters = new Map<string, string>();
    let [month, counted] = ['', [] as string[]];
    for (const [date = '', text = '', working = '', most = ''] of costRows(RELEASE)) {
      const { event, host, isDown } = describedRun(text);
      const before = hashes(sandbox);
      if (isDown) sandbox.faults.push(...OUTAGE);
      const annotations = isDown ? ['error key: server error'] : [];
      const run = await releases.run(event, { host, annotations }, isDown ? briefly : undefined);
      sandbox.faults.length = 0;
      assert.equal(run.exitCode === 0, text.includes('succeeds'), `${date}: ${run.log}`);
      const [, letter = ''] = /key ([A-Z])\./.exec(text) ?? [];
      if (letter !== '') letters.set(hashOf(run), letter);
      const now = hashes(sandbox).map((hash) => letters.get(hash));
      assert.deepEqual(now.toSorted(), working.split(', '), date);

      const [, monthNow = ''] = date.split(' ');
      if (monthNow !== month) counted = before.map((hash) => letters.get(hash) ?? '');
      month = monthNow;
      if (letter !== '') counted.push(letter);
      assert.equal(most, `${100 * counted.length} USD: ${counted.toSorted().join(', ')}`, date);
    }
    assert.ok(letters.size > 5);
    releases.remove();
  },

  async 'a release deploys its tag, a run without a release none, each with its own key'(sandbox) {
    const releases = openReleases(sandbox);
    const runs = [await releases.run(RELEASED), await releases.run(SCHEDULE)];
    assert.deepEqual(
      releases.deployed().map((line) => line.split(' ')[0]),
      ['v1.2.0', ''],
    );
    const [first, second] = releases.deployed().map((line) => line.split(' ')[1]);
    assert.notEqual(first, second);
    for (const { exitCode, log } of runs) assert.equal(exitCode, 0, log);
    assert.equal(hashes(sandbox).length, 1);
    releases.remove();
  },

  async 'a release deletes a key by hand of the same name, and none of another name'(sandbox) {
    const releases = openReleases(sandbox);
    await releases.run(RELEASED);
    const { workspaces } = sandbox.account;
    const [, workspace] = workspaces;
    assert.ok(workspace);
    for (const name of ['Production of web', 'Of before']) seedKey(sandbox, workspace, { name });
    const run = await releases.run(SCHEDULE);
    assert.deepEqual(sandbox.account.keys.map(({ name }) => name).toSorted(), [
      'Of before',
      'Production of web',
    ]);
    assert.ok(hashes(sandbox).includes(hashOf(run)));
    releases.remove();
  },

  async 'a release whose older keys cannot be deleted has deployed, and the next one deletes them'(
    sandbox,
  ) {
    const releases = openReleases(sandbox);
    await releases.run(RELEASED);
    sandbox.faults.push(...OUTAGE.map((fault) => ({ ...fault, on: 'GET /keys/:hash' })));
    const annotations = ['error key, post step: server error'];
    const run = await releases.run(RELEASED, { annotations }, briefly);
    sandbox.faults.length = 0;
    assert.notEqual(run.exitCode, 0);
    assert.equal(releases.deployed().length, 2);
    assert.equal(hashes(sandbox).length, 2);
    const next = await releases.run(SCHEDULE);
    assert.deepEqual(hashes(sandbox), [hashOf(next)]);
    releases.remove();
  },

  async 'the words of a release that must not be changed are those that keep the service up'(
    sandbox,
  ) {
    const releases = openReleases(sandbox);
    const host = 'fails';
    const old = hashOf(await releases.run(RELEASED));
    const atOnce: Change = (text) => text.replace('replace: after-job', 'replace: true');
    await releases.run(RELEASED, { host }, atOnce);
    assert.ok(!hashes(sandbox).includes(old), 'the key of the service is there');

    const second = hashOf(await releases.run(RELEASED));
    const tolerant: Change = (text) =>
      text.replace('- run: ./roll-out', '- continue-on-error: true\n        run: ./roll-out');
    const run = await releases.run(RELEASED, { host }, tolerant);
    assert.equal(run.exitCode, 0, run.log);
    assert.ok(!hashes(sandbox).includes(second), 'the key of the service is there');
    releases.remove();
  },

  async 'a stored key is replaced by each run that succeeds, and no older key is deleted'(sandbox) {
    const stored = openStoredKey(sandbox);
    const first = await stored.rotate();
    assert.equal(first.exitCode, 0, first.log);
    assert.equal(await stored.evaluate(), keyHash(stored.secret()));
    const second = await stored.rotate();
    assert.equal(second.exitCode, 0, second.log);
    assert.deepEqual(hashes(sandbox), [hashOf(second), hashOf(first)]);
    assert.equal(keyHash(stored.secret()), hashOf(second));
    assert.equal(await stored.evaluate(), hashOf(second));
    assert.deepEqual(
      sandbox.account.keys.map(({ disabled, limit }) => ({ disabled, limit })),
      Array.from({ length: 2 }, () => ({ disabled: false, limit: 100 })),
    );
    stored.remove();
  },

  async 'a stored key that cannot be replaced works on, and the new one is given to no one'(
    sandbox,
  ) {
    const stored = openStoredKey(sandbox);
    const first = hashOf(await stored.rotate());
    const failures: { fault: (service: Service) => void; change?: Change; cancelAt?: string }[] = [
      { fault: ({ faults }) => Object.assign(faults, { [STORE]: 401 }) },
      {
        fault: (service) => Object.assign(service, { faults: {}, latencyMs: 5_000 }),
        change: (text) => text.replace('run: printf', 'run: echo "Stores" && printf'),
        cancelAt: 'Stores',
      },
    ];
    for (const { fault, change, cancelAt } of failures) {
      stored.change(fault);
      const run = await stored.rotate({ ...(cancelAt && { cancelAt }) }, change);
      assert.notEqual(run.exitCode, 0, run.log);
      assert.equal(keyHash(stored.secret()), first);
    }
    assert.deepEqual(
      sandbox.account.keys.map(({ disabled }) => disabled),
      [false, false, false],
    );
    sandbox.faults.push(...OUTAGE);
    const annotations = ['error openrouter-workspace: server error'];
    const down = await stored.rotate({ annotations }, briefly);
    assert.notEqual(down.exitCode, 0, down.log);
    assert.equal(keyHash(stored.secret()), first);
    assert.equal(hashes(sandbox).length, 3);
    stored.remove();
  },
};

const STORE = 'PUT /environments/openrouter-jobs/secrets/*';

/** A hash that OpenRouter gives to a key: the SHA-256 of its text. */
const keyHash = (key: string) => createHash('sha256').update(key).digest('hex');

/** A repository whose jobs read a secret, which another workflow stores. */
function openStoredKey(sandbox: Sandbox) {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const service = createService(join(folder, 'service.json'));
  const env = { [SERVICE_FILE]: join(folder, 'service.json'), RECORD: join(folder, 'record') };
  const rotation = openRecipe(STORED_KEY, 'Rotate the API key');
  const evaluation = openRecipe(STORED_KEY, 'Evaluation', {
    evaluate: '#!/bin/sh\nprintf %s "$OPENROUTER_API_KEY" > "$RECORD"\n',
  });
  const secret = () => service.read().secrets['OPENROUTER_API_KEY'] ?? '';
  const ROTATION_TOKEN = JSON.stringify({ environments: 'write' });
  return {
    change: service.change,
    secret,
    rotate: (options: Partial<RunOptions> = {}, change?: Change) =>
      rotation.run({ sandbox, env, secrets: { ROTATION_TOKEN }, ...options }, change),
    /** Runs the job that reads the secret, and returns the hash of its key. */
    async evaluate() {
      const secrets = { OPENROUTER_API_KEY: secret() };
      const run = await evaluation.run({ sandbox, env, secrets });
      assert.equal(run.exitCode, 0, run.log);
      return keyHash(readFileSync(env.RECORD, 'utf8'));
    },
    remove() {
      for (const recipe of [rotation, evaluation]) recipe.remove();
      rmSync(folder, { recursive: true });
    },
  };
}
