import { dispatchEvent, type GitHubEvent, scheduleEvent } from '../github/events.ts';
import { closePull, openPull, pushTo, reopenPull } from '../github/people.ts';
import type { GitHubState, Repository } from '../github/state.ts';
import type { Sandbox } from '../openrouter/server.ts';
import { type Contents, EMPTY, seedKeys, spend } from './contents.ts';

export type Inputs = Readonly<Record<string, string>>;

/** An example of an action. */
export interface Scene {
  /** Where its `action.yml` is. */
  folder: string;
  /** What happens in it. */
  description: string;
  inputs: Inputs;
  /** What exists at OpenRouter before the step. */
  contents: Contents;
  /** What an earlier job of the run has sealed, for a step that gets it as an input. */
  earlier?: EarlierJob;
  /** What the next step of the job reads, by the id of this one. */
  next?: { id: string; outputs: readonly string[] };
  /** What the job does between the step and its post step. */
  runJob?(sandbox: Sandbox, outputs: Inputs, contents: Contents): void;
  /** The level and title of each annotation that its runs show, in order. */
  annotations: readonly string[];
  /** What happens on GitHub. Each starts a run; without any, there is one run, and no GitHub. */
  occurrences?: readonly Occurrence[];
  /** Arguments that make something else happen. */
  variants: Readonly<Record<string, string>>;
}

/** A job `key` that seals an API key. */
export interface EarlierJob {
  /** Where the `action.yml` of its step is. */
  folder: string;
  /** Without the management key and the seal. */
  inputs: Inputs;
}

/** Something that happens on GitHub and starts a run. */
export interface Occurrence {
  title: string;
  /** How much time passes before it, in milliseconds; none by default. */
  passes?: number;
  happen(github: GitHubState, repository: Repository): GitHubEvent;
}

/** By what factor time passes faster: a run that waits three minutes takes the ten seconds after which it looks again. */
export const SPEED = 20;

export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long a job goes on after it has spent something: by default, until that is counted. */
const COUNTED_MS = MINUTE;

const BRANCH = 'faster-search';

const OPENED: Occurrence = {
  title: 'The pull request is opened',
  happen: (github, repository) => openPull(github, repository, { number: 42, branch: BRANCH })[0],
};

const PUSHED: Occurrence = {
  title: 'A commit is pushed to it',
  passes: 10 * MINUTE,
  happen: (github, repository) => pushTo(github, repository, BRANCH)[1] as GitHubEvent,
};

const CLOSED: Occurrence = {
  title: 'It is closed',
  passes: 10 * MINUTE,
  happen: (github, repository) => closePull(github, repository, 42)[0],
};

/** What follows at once is not counted yet. */
const atOnce = (occurrence: Occurrence): Occurrence => ({ ...occurrence, passes: 0 });

const REOPENED: Occurrence = {
  title: 'It is reopened',
  passes: 10 * MINUTE,
  happen: (github, repository) => reopenPull(github, repository, 42)[0],
};

/** Long enough after the end of each key. */
const NIGHT: Occurrence = {
  title: 'The nightly run starts',
  passes: 6 * HOUR,
  happen: (github, repository) => scheduleEvent(github, repository),
};

/** The run of the close never came, as after a failure of GitHub. */
const CLOSED_UNSEEN: Occurrence = {
  title: 'It is closed, its run is lost, and the nightly run starts',
  passes: 6 * HOUR,
  happen(github, repository) {
    closePull(github, repository, 42);
    return scheduleEvent(github, repository);
  },
};

const STARTED: Occurrence = {
  title: 'The workflow is started by hand',
  happen: (github, repository) => dispatchEvent(github, repository),
};

/** What all examples of a preview have in common. */
const PREVIEW = {
  folder: 'preview',
  inputs: { 'limit-usd': '1', 'default-text-model': 'openai/gpt-5-mini' },
  contents: { ...EMPTY, spent: 0.0421 },
  runJob: spendWithKey,
  annotations: [],
} as const;

/** What a workflow writes for the inputs of a job that has the sealed key of another job. */
export const EXPRESSIONS = {
  sealedKey: `\${{ needs.key.outputs.sealed-key }}`,
  seal: `\${{ secrets.OPENROUTER_SEAL }}`,
  result: `\${{ needs.test.result }}`,
} as const;

/** What the examples of a sealed key have in common. */
const SEALED = {
  earlier: {
    folder: 'key',
    inputs: { workspace: 'preview-42', 'limit-usd': '5', 'expires-in': '1h' },
  },
  contents: { ...EMPTY, existing: ['preview-42'] },
  annotations: [],
} as const;

/** The examples that `npm start` can run, by the name of the action. */
export const SCENES: Readonly<Record<string, Scene>> = {
  create: {
    folder: '',
    description: 'The first file of the README runs twice: one workspace is created, then reused.',
    inputs: { name: 'Staging of web', slug: 'staging-web', 'if-exists': 'reuse' },
    contents: EMPTY,
    occurrences: [STARTED, { ...STARTED, title: 'It is started again' }],
    next: { id: 'workspace', outputs: ['id', 'slug'] },
    runJob: createKeys,
    annotations: [],
    variants: {
      '--if-exists fail': 'the second run fails, because the slug is taken',
      '--existing staging-web': 'someone else has taken the slug, and both runs use that workspace',
      '--existing staging-web --if-exists update': 'the first run sets the name of that workspace',
      '--guardrail-limit-usd 5 --guardrail-limit-reset daily':
        'each API key and each member can spend 5 USD a day',
      '--delete-after-job true': 'the post step of each run deletes the workspace',
      '--delete-after-job true --keys 2': 'keys of the job block that deletion',
    },
  },
  preview: {
    ...PREVIEW,
    description: 'The life of a preview, until the night after its close.',
    occurrences: [OPENED, PUSHED, CLOSED, NIGHT],
    variants: {
      '--spent 1': 'each job uses up the limit of its key',
      '--limit-usd 0.4 --max-tokens 32000':
        'a request to a model is refused, because it could cost more than is left',
      '--key preview': 'the key is for what is deployed, and works until the close',
      '--key none': 'the jobs get no key',
      '--existing preview-app-42': 'the slug belongs to a workspace that is no preview',
      '--dry-run true': 'the steps change nothing',
    },
  },
  'preview-cap': {
    ...PREVIEW,
    description:
      'The first job of a pull request uses up its cap, so the next one fails, and so does this command.',
    inputs: { ...PREVIEW.inputs, 'preview-limit-usd': '1' },
    contents: { ...EMPTY, spent: 1 },
    occurrences: [OPENED, atOnce(PUSHED)],
    annotations: [
      'warning preview, post step: key limit used up',
      'error preview: preview limit reached',
    ],
    variants: {
      '--spent 0.25 --preview-limit-usd 1.5':
        'the second job waits until all is counted, ten seconds here and three minutes on GitHub, and then has room',
      '--preview-limit-usd 5': 'the cap is not reached',
    },
  },
  'preview-night': {
    ...PREVIEW,
    description: 'The run of a close is lost, and the nightly run deletes the preview.',
    occurrences: [OPENED, CLOSED_UNSEEN],
    variants: { '--dry-run true': 'the steps change nothing' },
  },
  'preview-reopen': {
    ...PREVIEW,
    description:
      'A closed pull request is reopened before a night: it keeps its workspace and its comment.',
    occurrences: [OPENED, CLOSED, REOPENED],
    variants: {
      '--key preview': 'the key is for what is deployed, and works until the close',
    },
  },
  key: {
    folder: 'key',
    description: 'A job gets an API key, spends some of its limit, and the post step revokes it.',
    inputs: { workspace: 'preview-42', 'limit-usd': '5', 'expires-in': '1h' },
    contents: { ...EMPTY, existing: ['preview-42'], spent: 0.0421 },
    runJob: spendWithKey,
    annotations: [],
    variants: {
      '--spent 5': 'the job uses up the limit',
      '--limit-usd 0.4 --max-tokens 32000':
        'the first request to a model is refused, because it could cost more than is left',
      '--revoke-after-job false': 'the key stays until it expires',
      '--workspace preview-43': 'the workspace does not exist',
    },
  },
  'unseal-key': {
    ...SEALED,
    folder: 'unseal-key',
    description: 'A job that never has the management key opens what an earlier job has sealed.',
    inputs: { 'sealed-key': EXPRESSIONS.sealedKey, seal: EXPRESSIONS.seal },
    variants: {
      [`--seal ${'A'.repeat(43)}=`]: 'another seal does not open it',
      '--sealed-key none': 'there is no key and nothing is wrong, as for a fork',
      '--sealed-key ""': 'the earlier job has no such output',
    },
  },
  'end-key': {
    ...SEALED,
    folder: 'end-key',
    description: 'After the jobs that used it, an API key is ended that an earlier job has sealed.',
    inputs: { 'sealed-key': EXPRESSIONS.sealedKey, result: EXPRESSIONS.result },
    contents: { ...SEALED.contents, spent: 0.0421 },
    variants: {
      '--spent 5': 'the jobs have used up the limit',
      '--sealed-key none': 'there is no key and nothing is wrong, as for a fork',
    },
  },
  usage: {
    folder: 'usage',
    description: 'A preview has cost more than the step warns above.',
    inputs: { workspace: 'preview-42', 'warn-above-usd': '1', 'fail-above-usd': '5' },
    contents: { ...EMPTY, existing: ['preview-42'], keys: 2, spent: 0.6153 },
    annotations: ['warning usage: spending above warning'],
    variants: {
      '--spent 4': 'the step fails above its limit',
      '--warn-above-usd "" --fail-above-usd 0.5': 'as above, with a lower limit',
      '--keys 0': 'the preview was not used',
      '--workspace "" --key-hash 0f1e':
        'OpenRouter never had an API key with this hash, so its cost is unknown, and not 0',
    },
  },
  delete: {
    folder: 'delete',
    description: 'A pull request is closed, and its preview is deleted with the API keys in it.',
    inputs: {
      workspace: 'preview-42',
      'expect-slug-prefix': 'preview-',
      'delete-keys': 'true',
    },
    contents: { ...EMPTY, existing: ['preview-42'], keys: 2, spent: 0.6153 },
    annotations: [],
    variants: {
      '--delete-keys false': 'the keys block the deletion',
      '--workspace preview-43': 'the workspace does not exist',
      '--existing production --workspace production': 'the workspace is not a preview',
    },
  },
  sweep: {
    folder: 'sweep',
    description: 'Three workspaces of jobs were left behind; one is in use, and one is to be kept.',
    inputs: {
      'slug-pattern': 'tests-web-*',
      'older-than': '14d',
      keep: 'tests-web-main, tests-web-demo-*',
      'delete-keys': 'true',
    },
    contents: {
      ...EMPTY,
      existing: ['tests-web-42', 'tests-web-main'],
      stale: 3,
      keys: 1,
      spent: 0.6153,
    },
    annotations: ['notice sweep'],
    variants: {
      '--dry-run true': 'the step only lists what it would delete',
      '--delete-keys false': 'the keys block the deletions',
      '--stale 60': 'more workspaces are stale than the step may delete',
      '--stale 0': 'there is nothing to do',
    },
  },
};

/**
 * The example of the action in `folder`.
 * @throws {Error} if it has none.
 */
export function sceneOf(folder: string): Scene {
  const scene = Object.values(SCENES).find((each) => each.folder === folder);
  if (!scene) throw new Error(`sandbox/cli/scenes.ts has no scene of the action in ${folder}/`);
  return scene;
}

/** Spends with API keys that it creates in the workspace that the step has created, if it has. */
function createKeys(sandbox: Sandbox, outputs: Inputs, contents: Contents): void {
  const workspace = sandbox.account.workspaces.find(({ id }) => id === outputs['id']);
  if (!workspace || outputs['created'] !== 'true') return;
  for (const key of seedKeys(sandbox, workspace, contents)) {
    spend(sandbox, key, { amount: contents.spent });
  }
  sandbox.letPass(COUNTED_MS);
}

/** Spends with the API key that the step has created, if it has, some time before the job ends. */
export function spendWithKey(sandbox: Sandbox, outputs: Inputs, { spent }: Contents): void {
  const created = outputs['hash'] ?? outputs['key-hash'];
  const key = sandbox.account.keys.find(({ hash }) => hash === created);
  // OpenRouter rejects what would exceed the limit.
  if (key) spend(sandbox, key, { amount: Math.min(spent, Number(key['limit'] ?? spent)) });
  sandbox.letPass(COUNTED_MS);
}

/** A model at 15 USD for a million tokens. */
const MODEL = 'anthropic/claude-sonnet-4.6';

/** Asks a model as a step of the job would; returns the request and the response, if the job asks. */
export function askModel(
  { account }: Sandbox,
  { key }: Inputs,
  { maxTokens }: { maxTokens: number | undefined },
): string[] | undefined {
  if (!key || maxTokens === undefined) return undefined;
  const body = { model: MODEL, max_tokens: maxTokens, messages: [{ role: 'user', content: 'Hi' }] };
  const { status, body: response } = account.handle({
    method: 'POST',
    path: '/chat/completions',
    authorization: `Bearer ${key}`,
    body: JSON.stringify(body),
  });
  const { error } = response as { error?: { message: string } };
  return [
    `POST /chat/completions, ${MODEL}, max_tokens ${maxTokens}`,
    error ? `HTTP ${status}: ${error.message}` : `HTTP ${status}`,
  ];
}
