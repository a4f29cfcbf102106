import { fileURLToPath } from 'node:url';
import { readManifest } from '../runner/manifest.ts';
import { readArguments, UsageError } from './arguments.ts';
import { type Contents, readContents } from './contents.ts';
import { type Example, helpCommand, inputOptions, START_OPTIONS } from './help.ts';
import { type Inputs, SCENES } from './scenes.ts';

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
  return {
    name,
    scene,
    action,
    manifest,
    help: values.help ?? false,
    preview: values.preview ?? false,
    contents: readContents(values, scene.contents),
    inputs: withoutEmpty({ ...scene.inputs, ...changedInputs }),
    managementKey,
  };
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
