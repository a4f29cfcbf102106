import { join } from 'node:path';
import type * as z from 'zod/mini';
import { actionFolders } from '../../sandbox/runner/manifest.ts';
import { inputName } from '../../src/inputs/read-inputs.ts';
import type { Reader } from './read-inputs.ts';
import { ROOT } from './root.ts';

/** What reads the inputs of an action: `src/actions/key/inputs.ts` for the one in `key/`. */
interface ActionInputs {
  folder: string;
  schema: z.ZodMiniObject;
  read: Reader<unknown>;
}

/** The inputs of every action, by the convention that names their files and functions. */
export const ACTIONS: readonly ActionInputs[] = await Promise.all(
  actionFolders(ROOT).map(async (folder) => {
    const name = folder || 'create';
    const exported = await import(join(ROOT, `src/actions/${name}/inputs.ts`));
    const pascal = name.replace(/(?:^|-)[a-z]/g, (start) => start.slice(-1).toUpperCase());
    const camel = `${name[0]}${pascal.slice(1)}`;
    return {
      folder,
      schema: exported[`${camel}Inputs`](),
      read: exported[`read${pascal}Inputs`],
    };
  }),
);

/** Fields of the API as a workflow author writes them. */
export function toInputs(fields: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name === 'limit' ? 'limit-usd' : inputName(name),
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}
