import { linesOf, OpenRouterError } from '../../openrouter/api-error.ts';
import { type Key, listKeys, tellKey } from '../../openrouter/resources/keys.ts';
import {
  deleteWorkspace,
  findWorkspace,
  isUuid,
  type Workspace,
} from '../../openrouter/resources/workspaces.ts';
import type { Table } from '../../report/table.ts';
import type { Surroundings } from '../shared/context.ts';
import { deleteEach } from '../shared/delete-keys.ts';
import { Failure, someOf } from '../shared/failure.ts';

interface TearDownOptions {
  /** Delete the API keys of the workspace, which block its deletion; otherwise they are refused. */
  deleteKeys: boolean;
  /** Look for keys made meanwhile before the workspace is deleted, and not only if that is refused. */
  looksAgain: boolean;
}

/** What a teardown has done, whether or not it came to its end. */
interface TornDown {
  deletedKeys: readonly Key[];
  /** Whether it deleted the workspace; false also where that was gone already. */
  deleted: boolean;
  /** Why the workspace is, or may be, still there. */
  failure?: OpenRouterError | Failure;
}

/** Deletes `workspace` and what blocks its deletion. What is gone already is no failure. */
export async function tearDown(
  workspace: Pick<Workspace, 'id' | 'slug'>,
  options: TearDownOptions,
  { client, log }: Surroundings,
): Promise<TornDown> {
  const deletedKeys: Key[] = [];
  try {
    refuseOddId(workspace);
    return { deletedKeys, deleted: await deleteAll() };
  } catch (error) {
    if (error instanceof Failure) return { deletedKeys, deleted: false, failure: error };
    if (!(error instanceof OpenRouterError)) throw error;
    if (isRefusal(error) && (await isGone())) return { deletedKeys, deleted: false };
    const left = [...(error.facts.left ?? []), ...leftBehind()];
    return { deletedKeys, deleted: false, failure: error.with({ left }) };
  }

  async function deleteAll(): Promise<boolean> {
    let refusal: OpenRouterError | undefined;
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const { keys } = await listKeys(client, workspace);
      if (keys.length > 0 && !options.deleteKeys) throw blockedBy(keys, workspace);
      if (keys.length === 0 && refusal) throw refusal;
      refusal = undefined;
      await deleteKeys(keys);
      if (keys.length > 0 && options.looksAgain) continue;
      try {
        const wasThere = await deleteWorkspace(client, workspace);
        // That there is none is believed only from where it would be seen.
        if (!wasThere && !(await isGone())) throw stillThere(workspace);
        return wasThere;
      } catch (error) {
        if (!(error instanceof OpenRouterError) || !isRefusal(error)) throw error;
        // Most likely of a key that was made since.
        refusal = error;
      }
    }
    throw new Failure(`API keys keep being made in the workspace ${workspace.slug}`, [
      `Each of ${MAX_ROUNDS} looks has found new ones: whatever makes them must stop first.`,
      ...leftBehind(),
    ]);
  }

  async function deleteKeys(keys: readonly Key[]): Promise<void> {
    const left = await deleteEach(keys, client, (key) => {
      deletedKeys.push(key);
      log.info(`Deleted the API key ${tellKey(key)} of the workspace ${workspace.slug}.`);
    });
    const errors = left.map(({ error }) => error);
    const [first] = errors;
    if (first === undefined) return;
    if (errors.length === 1) throw first;
    throw first.with({
      doing: `delete ${errors.length} of ${keys.length} API keys of the workspace ${workspace.slug}`,
      left: someOf(errors.slice(1).map(({ facts }) => linesOf(facts).join('; '))),
    });
  }

  function leftBehind(): string[] {
    const { slug, id } = workspace;
    return [
      `API keys deleted before that: ${deletedKeys.length}. Left behind: the workspace ${slug}, id ${id}, which may be there still.`,
      'Deleting the workspace again finishes the work.',
    ];
  }

  async function isGone(): Promise<boolean> {
    try {
      return (await findWorkspace(client, workspace.id)).workspace === undefined;
    } catch (error) {
      if (error instanceof OpenRouterError) return false;
      throw error;
    }
  }
}

const MAX_ROUNDS = 5;

/**
 * It becomes a part of a path where a slug would do as well, and must not lead to another workspace.
 * @throws {Failure}
 */
function refuseOddId({ id, slug }: Pick<Workspace, 'id' | 'slug'>): void {
  if (isUuid(id)) return;
  throw new Failure(`The workspace ${slug} has an id that is not a UUID`, [
    `OpenRouter says that its id is ${id}.`,
    'Nothing was deleted.',
  ]);
}

/** A workspace that OpenRouter has said it has deleted, or does not have. */
export function stillThere({ slug, id }: Pick<Workspace, 'id' | 'slug'>): Failure {
  return new Failure(`The workspace ${slug} is still there`, [
    `OpenRouter has answered that it has deleted it, or that there is none, and still shows it: id ${id}.`,
    'Delete it again, and tell OpenRouter if that does not help.',
  ]);
}

/** Whether the server has understood what it was asked, and will not do it to this workspace. */
function isRefusal({ facts: { status = 0, again, mayHaveLanded } }: OpenRouterError): boolean {
  return status >= 400 && !again && !mayHaveLanded && status !== 401 && status !== 403;
}

/** Why a workspace cannot be deleted without its keys. */
export function blockedBy(keys: readonly Key[], { slug }: Pick<Workspace, 'slug'>): Failure {
  return new Failure(
    `The workspace ${slug} has ${keys.length} API ${keys.length === 1 ? 'key' : 'keys'}, and delete-keys is false`,
    [
      ...someOf(keys.map(tellKey)),
      'OpenRouter deletes no workspace that has API keys. With delete-keys: true they would be deleted first, and whatever uses them would stop working.',
      'Nothing was deleted.',
    ],
    tableOfKeys(keys),
  );
}

/** For a summary. */
export function tableOfKeys(keys: readonly Key[]): Table | undefined {
  if (keys.length === 0) return undefined;
  return {
    header: ['API key', 'Label'],
    rows: keys.map(({ name, label }) => [{ code: name }, { code: label }]),
  };
}
