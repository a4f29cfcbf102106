import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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

/**
 * The `action.yml` in the folder `action`. Whether it has the shape of a manifest is not checked.
 * @throws {Error} when the file does not exist or is not YAML.
 */
export async function readManifest(action: string): Promise<ActionManifest> {
  return parse(await readFile(join(action, 'action.yml'), 'utf8'));
}
