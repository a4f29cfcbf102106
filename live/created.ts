import { limitTo, MAX_CONCURRENCY } from '../src/http/client.ts';
import { createdAt } from '../src/openrouter/time.ts';
import type { Send } from './api.ts';
import {
  dataOf,
  describe,
  type Exchange,
  fieldOf,
  isMissing,
  isResource,
  listOf,
  ProbeError,
  type Resource,
  serverTimeOf,
  textOf,
} from './exchange.ts';
import { keysPath } from './paths.ts';

/** What a run may have created. */
export interface Created {
  /** The beginning of the slugs that the run requests. */
  prefix: string;
  /** The slugs of workspaces, also of those that have another slug than the requested one. */
  slugs: Set<string>;
  /** The hashes of API keys that are not deleted yet. */
  hashes: Set<string>;
}

/** Notes what an exchange has created, and which API key it has deleted. */
export function record(exchange: Exchange, { slugs, hashes }: Created): void {
  const { method, path } = exchange;
  const [, hash] = /^\/keys\/([^/?]+)$/.exec(path) ?? [];
  if (method === 'POST' && path === '/workspaces') addReturned(exchange, 'slug', slugs);
  if (method === 'POST' && path === '/keys') addReturned(exchange, 'hash', hashes);
  if (method === 'DELETE' && hash !== undefined && isDeleted(exchange)) hashes.delete(hash);
}

/** Adds a text of the object in a successful response, if there is one. */
function addReturned(exchange: Exchange, name: string, texts: Set<string>): void {
  if (exchange.status >= 300) return;
  const data = fieldOf(exchange, 'data');
  const text = isResource(data) ? data[name] : undefined;
  if (typeof text === 'string') texts.add(text);
}

/** The beginning of the slugs of a run. `random` has 4 bytes. */
export function slugPrefix(random: Buffer): string {
  return `live-${random.toString('hex')}-`;
}

/** A slug that a run has requested, or one that a service has made of it. */
const LIVE_SLUG = /^live-[0-9a-f]{8}-\d/;

/** Far longer than a run takes: what is younger may belong to a run that is still running. */
const LEFTOVER_AGE_MS = 3_600_000;

/** What a deletion needs. */
export interface Deleter {
  send: Send;
  wait(ms: number): Promise<void>;
}

/** The workspaces of other runs, by their slugs. */
export interface Leftovers {
  deleted: string[];
  kept: string[];
  problems: string[];
}

/**
 * Deletes the workspaces that earlier runs have left.
 * @throws {ProbeError} if the workspaces cannot be listed
 */
export async function deleteLeftovers(deleter: Deleter): Promise<Leftovers> {
  const workspaces = (await listWorkspaces(deleter.send)).filter(({ slug }) =>
    LIVE_SLUG.test(slug),
  );
  const old = workspaces.filter(({ age }) => age > LEFTOVER_AGE_MS).map(({ slug }) => slug);
  const kept = workspaces.filter(({ age }) => age <= LEFTOVER_AGE_MS).map(({ slug }) => slug);
  return { deleted: old, kept, problems: await eachOf(old, deleteWorkspace, deleter) };
}

/** Deletes all that a run has created. Returns what may be left, and why. */
export async function deleteCreated(
  deleter: Deleter,
  { prefix, slugs, hashes }: Created,
): Promise<string[]> {
  const own = [...slugs].filter((slug) => slug.startsWith(prefix));
  // It may have existed before.
  const others = [...slugs].filter((slug) => !slug.startsWith(prefix));
  return [
    ...(await eachOf([...hashes], deleteKey, deleter)),
    ...(await eachOf(own, deleteWorkspace, deleter)),
    ...others.map((slug) => `${slug}: a POST returned it, but its slug is not of this run`),
  ];
}

const PAGE_SIZE = 100;

/** A list that never ends must not keep a run from ending. */
const MAX_PAGES = 50;

/**
 * Lists the workspaces of the account, with their ages in milliseconds; 0 if unknown.
 * @throws {ProbeError}
 */
export async function listWorkspaces(send: Send): Promise<{ slug: string; age: number }[]> {
  const workspaces = [];
  for (let offset = 0; offset < MAX_PAGES * PAGE_SIZE; offset += PAGE_SIZE) {
    const page = await send('GET', `/workspaces?offset=${offset}&limit=${PAGE_SIZE}`);
    const now = serverTimeOf(page);
    const listed = listOf(page);
    const ageOf = (workspace: Resource) => now - (createdAt(workspace) ?? now);
    workspaces.push(
      ...listed.map((workspace) => ({ slug: textOf(workspace, 'slug'), age: ageOf(workspace) })),
    );
    if (listed.length < PAGE_SIZE) break;
  }
  return workspaces;
}

/** Deletes a workspace with its keys; of more than a page of them, another attempt has the next. */
async function deleteWorkspace(send: Send, slug: string): Promise<void> {
  const lookup = await send('GET', `/workspaces/${slug}`);
  if (isMissing(lookup)) return;
  const workspace = dataOf(lookup);
  if (workspace['slug'] !== slug)
    throw new ProbeError(`GET /workspaces/${slug}: another workspace`);
  const id = textOf(workspace, 'id');
  for (const key of listOf(await send('GET', keysPath(id)))) {
    if (key['workspace_id'] === id) await deleteKey(send, textOf(key, 'hash'));
  }
  await sendDeletion(send, `/workspaces/${id}`);
}

function deleteKey(send: Send, hash: string): Promise<void> {
  return sendDeletion(send, `/keys/${hash}`);
}

async function sendDeletion(send: Send, path: string): Promise<void> {
  const response = await send('DELETE', path);
  if (!isDeleted(response)) throw new ProbeError(`DELETE ${path}: ${describe(response)}`);
}

function isDeleted(exchange: Exchange): boolean {
  return exchange.status === 200 || isMissing(exchange);
}

type Act = (send: Send, name: string) => Promise<void>;

/** Does `act` for all of `names`. Returns a line for each for which it failed in the end. */
async function eachOf(names: readonly string[], act: Act, deleter: Deleter): Promise<string[]> {
  const limit = limitTo(MAX_CONCURRENCY);
  const lines = names.map((name) => limit(() => problemOf(name, act, deleter)));
  return (await Promise.all(lines)).flat();
}

const MAX_ATTEMPTS = 3;
const RETRY_MS = 1_000;

async function problemOf(name: string, act: Act, { send, wait }: Deleter): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await act(send, name);
      return [];
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      if (attempt === MAX_ATTEMPTS) return [`${name}: ${error.message}`];
      await wait(RETRY_MS);
    }
  }
}
