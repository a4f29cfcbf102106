import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PUBLISHED } from '../sandbox/cli/show.ts';
import { stepIn } from '../sandbox/github/environment.ts';
import { dispatchEvent, type GitHubEvent } from '../sandbox/github/events.ts';
import { addRepository } from '../sandbox/github/seed.ts';
import { startGitHub } from '../sandbox/github/server.ts';
import { duringOutage, type OutageOf } from '../sandbox/openrouter/outage.ts';
import type { Sandbox } from '../sandbox/openrouter/server.ts';
import { newSeal } from '../sandbox/runner/seal.ts';
import { copyActions } from '../scripts/copy-actions.ts';
import { readWorkflow } from '../scripts/examples.ts';
import { COUNT_MS } from '../src/openrouter/settlement.ts';
import { type Run, type RunOptions, runWorkflow } from './act.ts';
import { createService, SERVICE_FILE } from './stand-ins/service.ts';
import { commitAll, git } from './working-tree.ts';

const ROOT = join(import.meta.dirname, '..');
const REPOSITORY = 'octo-org/shop';
const STAND_IN = join(ROOT, 'e2e/stand-ins/program');

/** The secrets of a repository with sealed keys. */
const SEALS = { OPENROUTER_SEAL: newSeal(), OPENROUTER_DEPLOY_SEAL: newSeal() };

/** The programs that our documents leave to a reader. */
const PROGRAMS = ['deploy-preview', 'check-preview', 'remove-preview', 'roll-out', 'evaluate'];

export interface ReaderRun
  extends Pick<RunOptions, 'job' | 'inputs' | 'annotations' | 'cancelAt' | 'secrets'> {
  /** By default, someone starts the workflow by hand. */
  event?: GitHubEvent;
  /** The call of a program that fails, or only how the call begins, such as `npm test`. */
  fails?: string;
  /** The call of a program that ends only when the run is cancelled, which happens then. */
  hangs?: string;
  /** What OpenRouter responds to with HTTP 503. */
  down?: OutageOf;
  /** What is different in the workflow. */
  change?(text: string): string;
}

/** A call of a program, with its arguments. */
interface Call {
  call: string;
  key: string;
}

export type Reader = Awaited<ReturnType<typeof openReader>>;

/** A repository at GitHub whose reader has copied the files of a page. */
export async function openReader(page: string, sandbox: Sandbox) {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const place = prepare(folder, sandbox);
  // In one time with OpenRouter.
  const server = await startGitHub({ now: sandbox.account.now });
  const { github, token } = server;
  const repository = addRepository(github, { name: REPOSITORY });
  const tokens = { [token]: { statuses: 'write', 'pull-requests': 'write' } };
  const service = createService(place.service, { repository: REPOSITORY, tokens });
  return {
    github,
    repository,
    /** What GitHub keeps for gh. */
    service,
    /** The slugs of the workspaces beyond the default one. */
    slugs: () => sandbox.account.workspaces.slice(1).map(({ slug }) => slug),
    /** Whether each API key is disabled, the newest first. */
    disabledKeys: () => sandbox.account.keys.map(({ disabled }) => disabled),
    /** Lets time pass until all that ended keys have spent is counted. Times of OpenRouter have seconds only. */
    letKeysBeCounted: () => sandbox.letPass(COUNT_MS + 1_000),
    /** Saves a reusable workflow of the page as a file of octo-org/workflows. */
    share(name: string, file: string): void {
      const text = readWorkflow(join(ROOT, page), name);
      writeFileSync(join(place.shared, '.github/workflows', file), forAct(text, false));
    },
    /** Runs a workflow of the page. */
    run(name: string, options: ReaderRun = {}): Promise<Run> {
      const { event = dispatchEvent(github, repository), down, ...others } = options;
      const text = readWorkflow(join(ROOT, page), name);
      const { env } = stepIn(server, event);
      const run = () => runText(text, { ...others, event, down, env, token, place, sandbox });
      return down === undefined ? run() : duringOutage(sandbox, run, down);
    },
    /** The calls of programs since this was last called, and the API key of each. */
    calls(): Call[] {
      const lines = readFileSync(place.calls, 'utf8').split('\n').slice(0, -1);
      writeFileSync(place.calls, '');
      return lines.map((line) => {
        const [call = '', key = ''] = line.split('\t');
        return { call, key };
      });
    },
    async close(): Promise<void> {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Writes what a reader has to a folder, and returns where it is. */
function prepare(folder: string, sandbox: Sandbox) {
  const place = {
    root: join(folder, 'shop'),
    workflow: join(folder, 'workflow.yml'),
    published: join(folder, 'openrouter-workspace'),
    shared: join(folder, 'workflows'),
    commands: join(folder, 'commands'),
    service: join(folder, 'service.json'),
    calls: join(folder, 'calls'),
  };
  const { root, commands } = place;
  for (const path of [root, commands]) mkdirSync(path);
  mkdirSync(join(place.shared, '.github/workflows'), { recursive: true });
  for (const name of PROGRAMS) copyFileSync(STAND_IN, join(root, name));
  for (const name of ['npm', 'claude']) copyFileSync(STAND_IN, join(commands, name));
  writeFileSync(place.calls, '');
  publish(place.published, sandbox);
  git(root, 'init', '--quiet', '--initial-branch', 'main');
  git(root, 'remote', 'add', 'origin', `https://github.com/${REPOSITORY}`);
  commitAll(root);
  return place;
}

interface TextRun extends Omit<ReaderRun, 'event' | 'down'> {
  event: GitHubEvent;
  down: OutageOf | undefined;
  env: Record<string, string>;
  token: string;
  place: ReturnType<typeof prepare>;
  sandbox: Sandbox;
}

/** Runs a workflow with this text. */
function runText(
  text: string,
  { fails = '', hangs = '', change = (same) => same, down, token, place, ...options }: TextRun,
): Promise<Run> {
  const { root, workflow, published, shared, commands, service, calls } = place;
  writeFileSync(workflow, forAct(change(text), down !== undefined));
  // act knows them from the workflow.
  const { GITHUB_JOB: _, GITHUB_WORKFLOW: __, ...env } = options.env;
  return runWorkflow({
    ...options,
    ...{ root, workflow, published, shared, commands },
    ...(hangs !== '' && { cancelAt: `Hangs: ${hangs}` }),
    secrets: { GITHUB_TOKEN: token, HOST_TOKEN: 'of the host', ...SEALS, ...options.secrets },
    env: {
      ...env,
      [SERVICE_FILE]: service,
      READER_CALLS: calls,
      READER_FAILS: fails,
      READER_HANGS: hangs,
    },
  });
}

/** Copies the actions to `folder`. There, the default URL of OpenRouter is that of the sandbox. */
function publish(folder: string, { url }: Sandbox): void {
  for (const manifest of copyActions(folder)) {
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace('https://openrouter.ai/api/v1', url));
  }
}

/** The first lines of steps that use an action in one of `folders`, which is a regular expression. */
function stepsWith(folders: string): RegExp {
  const { repository, ref } = PUBLISHED;
  return new RegExp(`(uses: ${repository}/?${folders}@${ref}\\n( +)with:\\n)`, 'g');
}

/**
 * A workflow without what GitHub knows and act does not yet, and with an input whose default act does not
 * evaluate for a post step. While OpenRouter is down, steps give up early.
 */
function forAct(text: string, isDown: boolean): string {
  const known = text
    .replace(/^ +queue: max\n/m, '')
    .replace(/,? *deployment: false/g, '')
    // There is one checkout, and no GitHub that has another one.
    .replace(/^ +ref: refs\/pull\/.*\n/m, '')
    // act does not know who repeats a run, and repeats none.
    .replace(/^ +&& github\.triggering_actor == .*\n/gm, '')
    .replace(stepsWith('(?:key|preview)'), `$1$2  job-status: \${{ job.status }}\n`);
  return isDown ? known.replace(stepsWith('[\\w-]*'), '$1$2  timeout: 5s\n') : known;
}
