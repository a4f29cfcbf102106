import { fileURLToPath } from 'node:url';
import { isLoopback } from '../../src/inputs/connection.ts';
import type { CounterDelay } from '../openrouter/resources/usage.ts';
import { readManifest } from '../runner/manifest.ts';
import { readArguments, UsageError } from './arguments.ts';
import {
  ACCOUNT_OPTIONS,
  type Contents,
  readContents,
  readCounterDelay,
  refuseUnused,
} from './contents.ts';
import { type Example, helpCommand, inputOptions, START_OPTIONS } from './help.ts';
import { type Inputs, SCENES, type Scene } from './scenes.ts';

/** What a call of `npm start` requests. */
export interface Call extends Example {
  /** The path of the action's folder. */
  action: string;
  help: boolean;
  preview: boolean;
  contents: Contents;
  counterDelay: CounterDelay;
  /** How many tokens a job with an API key asks a model for; undefined if it asks none. */
  maxTokens: number | undefined;
  /** Without the management key. */
  inputs: Inputs;
  /** The server that the action runs against; undefined for a sandbox of its own. */
  apiUrl: string | undefined;
  /** Undefined for that of the sandbox. */
  managementKey: string | undefined;
}

/**
 * Reads the arguments of `npm start`.
 * @param env may have the management key of another server, which npm would print as an argument
 * @throws {UsageError} about the first argument that is invalid.
 */
export async function readCall(
  provided: string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Call> {
  const { name, args } = readAction(provided);
  const scene = Object.hasOwn(SCENES, name) ? SCENES[name] : undefined;
  if (!scene) {
    throw new UsageError(`No example ${name}. Examples: ${Object.keys(SCENES).join(', ')}.`);
  }
  const action = fileURLToPath(new URL(`../../${scene.folder}`, import.meta.url));
  const manifest = await readManifest(action);
  const { values, inputs: changes } = readArguments({
    options: START_OPTIONS,
    inputs: inputOptions(manifest),
    helpCommand: helpCommand(name),
    args,
  });
  const { 'management-key': givenKey, ...changedInputs } = changes;
  const { 'api-url': apiUrl } = changes;
  const contents = readContents(values, scene.contents);
  const example = apiUrl === undefined || isHarmless(apiUrl) ? scene.inputs : {};
  const inputs = withoutEmpty({ ...example, ...changedInputs });
  const managementKey =
    apiUrl === undefined || values.help ? givenKey : keyOfServer(apiUrl, { values, givenKey, env });
  refuseUnused(values, {
    workspaces: contents.existing.length + contents.stale > 0 || deletesAfterJob(inputs),
    keys: contents.keys > 0 || jobSpends(scene),
    workspaceOptions: '--existing SLUG, --stale N or --delete-after-job true',
  });
  return {
    name,
    scene,
    action,
    manifest,
    help: values.help ?? false,
    preview: values.preview ?? false,
    contents,
    counterDelay: readCounterDelay(values['counter-delay']),
    maxTokens: readMaxTokens(values['max-tokens'], { scene, apiUrl }),
    inputs,
    apiUrl,
    managementKey,
  };
}

/**
 * The management key of the server at `apiUrl`, which keeps running and has contents of its own.
 * @throws {UsageError} if there is no key, or an option that would change a sandbox.
 */
function keyOfServer(
  apiUrl: string,
  {
    values,
    givenKey,
    env,
  }: { values: object; givenKey: string | undefined; env: NodeJS.ProcessEnv },
): string {
  if (apiUrl === '') throw new UsageError('--api-url needs a URL, such as npm run sandbox prints.');
  const own = Object.keys(ACCOUNT_OPTIONS).find((option) => Object.hasOwn(values, option));
  if (own !== undefined) {
    throw new UsageError(
      `--${own} changes a sandbox of npm start, and --api-url names another server. To change that: npm run sandbox -- --help`,
    );
  }
  const key = givenKey ?? env['OPENROUTER_MANAGEMENT_KEY'];
  if (key === undefined) {
    throw new UsageError(
      '--api-url needs the management key of that server: --management-key, or the variable OPENROUTER_MANAGEMENT_KEY.',
    );
  }
  return key;
}

/**
 * The value of the option `max-tokens`.
 * @throws {UsageError} if it is not a number of tokens, or if no job asks a model.
 */
function readMaxTokens(
  value: string | undefined,
  { scene, apiUrl }: { scene: Scene; apiUrl: string | undefined },
): number | undefined {
  if (value === undefined) return undefined;
  if (!jobSpends(scene) || apiUrl !== undefined) {
    throw new UsageError('--max-tokens needs an example whose job has an API key, such as key.');
  }
  if (!/^[1-9]\d{0,6}$/.test(value)) {
    throw new UsageError(`--max-tokens ${value} is not a whole number from 1 to 9999999.`);
  }
  return Number(value);
}

/** Whether an example may run there: on another machine, it could delete what someone needs. */
function isHarmless(apiUrl: string): boolean {
  return !URL.canParse(apiUrl) || isLoopback(new URL(apiUrl).hostname);
}

/** Whether the post step finds the API keys that the job has created in the workspace. */
function deletesAfterJob(inputs: Inputs): boolean {
  return inputs['delete-after-job'] === 'true';
}

/** Whether the job of a scene spends with the API key that the step creates. */
function jobSpends({ contents }: Scene): boolean {
  return contents.spent > 0 && contents.keys === 0;
}

/** The name of the action, which an argument before the options has, and the options. */
function readAction(provided: string[]): { name: string; args: string[] } {
  const [first, ...rest] = provided;
  if (first === undefined || first.startsWith('-')) return { name: 'create', args: provided };
  return { name: first, args: rest };
}

function withoutEmpty(texts: Inputs): Inputs {
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== ''));
}
