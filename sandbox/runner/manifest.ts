import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';

/** The part of an `action.yml` that a runner uses. */
export interface ActionManifest {
  description: string;
  inputs?: Record<string, ManifestInput>;
  outputs?: Record<string, { description: string }>;
  runs: { using: string; main: string; post?: string };
}

export interface ManifestInput {
  description: string;
  required?: boolean;
  default?: string;
}

/** The manifests by their texts: tests start the same few actions thousands of times. */
const parsed = new Map<string, ActionManifest>();

/**
 * The `action.yml` in the folder `action`. Whether it has the shape of a manifest is not checked.
 * @throws {Error} when the file does not exist or is not YAML.
 */
export async function readManifest(action: string): Promise<Readonly<ActionManifest>> {
  const text = await readFile(join(action, 'action.yml'), 'utf8');
  const manifest = parsed.get(text) ?? parse(text);
  parsed.set(text, manifest);
  return manifest;
}

/** The folders in `root` that have an `action.yml`, sorted: '' for `root` itself. */
export function actionFolders(root: string): string[] {
  return globSync(['action.yml', '*/action.yml'], { cwd: root })
    .map((path) => dirname(path).replace('.', ''))
    .toSorted();
}

/** The inputs among `inputs` that an action declares. */
export function declaredInputs(
  { inputs: declared = {} }: ActionManifest,
  inputs: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).filter(([name]) => Object.hasOwn(declared, name)),
  );
}

/** The names of the programs that an action runs: `key` and `key-post` for the one in `key/`. */
export function programsOf({ runs: { main, post } }: ActionManifest): string[] {
  return [main, post].flatMap((path) => (path === undefined ? [] : [programOf(path)]));
}

/** The export of `src/index.ts` that the file of an action starts: `key-post` for `../dist/key-post.js`. */
export function programOf(path: string): string {
  return basename(path, '.js');
}
