import { fileURLToPath } from 'node:url';
import { readManifest } from '../runner/manifest.ts';
import { readArguments, UsageError } from './arguments.ts';
import { type Contents, readContents, refuseUnused } from './contents.ts';
import { type Example, helpCommand, inputOptions, START_OPTIONS } from './help.ts';
import { type Inputs, SCENES, type Scene } from './scenes.ts';

/** What a call of `npm start` requests. */
export interface Call extends Example {
  /** The path of the action's folder. */
  action: string;
  help: boolean;
  preview: boolean;
  contents: Contents;
  /** Without the management key. */
  inputs: Inputs;
  /** Undefined for that of the sandbox. */
  managementKey: string | undefined;
}

/**
 * Reads the arguments of `npm start`.
 * @throws {UsageError} about the first argument that is invalid.
 */
export async function readCall(provided: string[]): Promise<Call> {
  const { name, args } = readAction(provided);
  const scene = Object.hasOwn(SCENES, name) ? SCENES[name] : undefined;
  if (!scene) {
    throw new UsageError(`No action ${name}. Actions: ${Object.keys(SCENES).join(', ')}.`);
  }
  if (args.some((arg) => /^--api-url(=|$)/.test(arg))) {
    throw new UsageError(
      '--api-url cannot be set: npm start runs the action against a sandbox of its own.',
    );
  }
  const action = fileURLToPath(new URL(`../../${scene.folder}`, import.meta.url));
  const manifest = await readManifest(action);
  const { values, inputs: changes } = readArguments({
    options: START_OPTIONS,
    inputs: inputOptions(manifest),
    helpCommand: helpCommand(name),
    args,
  });
  const { 'management-key': managementKey, ...changedInputs } = changes;
  const contents = readContents(values, scene.contents);
  const inputs = withoutEmpty({ ...scene.inputs, ...changedInputs });
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
    inputs,
    managementKey,
  };
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
