import { sleep } from '../src/lib/clock.ts';
import { type Context, createSend, type Send } from './api.ts';
import { type Created, record } from './created.ts';
import {
  dataOf,
  type Exchange,
  expectStatus,
  fieldOf,
  ProbeError,
  type Resource,
  serverTimeOf,
  textOf,
} from './exchange.ts';

/** A workspace that this run has created. */
export interface LiveWorkspace {
  id: string;
  slug: string;
  /** As the response to its creation has it. */
  fields: Resource;
  created: Exchange;
}

/** An API key that this run has created. */
export interface LiveKey {
  hash: string;
  secret: string;
  /** As the response to its creation has it. */
  fields: Resource;
  created: Exchange;
}

/** What a probe works with. Everything that it creates is deleted at the end of the run. */
export interface Scene {
  send: Send;
  /** The responses of this run so far, without their bodies. */
  exchanges: readonly Exchange[];
  spend: boolean;
  /** A slug of this run that is not taken. */
  newSlug(): string;
  /** @throws {ProbeError} */
  createWorkspace(fields?: object): Promise<LiveWorkspace>;
  /** Creates an API key that may spend nothing. @throws {ProbeError} */
  createKey(workspace: Pick<LiveWorkspace, 'id'>, fields?: object): Promise<LiveKey>;
  /** What `make` returned when this was first called with `name`: probes share it. */
  shared<Value>(name: string, make: () => Promise<Value>): Promise<Value>;
  /** The server's time of the last response, in milliseconds since 1970. @throws {ProbeError} */
  serverTime(): number;
  /** The time since an arbitrary start, in milliseconds. */
  now(): number;
  wait(ms: number): Promise<void>;
}

/** The run was told to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Opens the scene of a run. What it creates is added to `created`. */
export function openScene(context: Context, created: Created): Scene {
  const { clock, signal, spend } = context;
  const exchanges: Exchange[] = [];
  const shared = new Map<string, Promise<unknown>>();
  const sendAnyway = createSend(context, (exchange) => {
    exchanges.push({ ...exchange, body: '' });
    record(exchange, created);
  });
  const scene: Scene = {
    async send(...request) {
      if (signal.aborted) throw new Interrupted();
      return sendAnyway(...request);
    },
    exchanges,
    spend,
    newSlug() {
      const slug = `${created.prefix}${created.slugs.size + 1}`;
      created.slugs.add(slug);
      return slug;
    },
    createWorkspace: (fields) => createWorkspace(scene, fields),
    createKey: (workspace, fields) => createKey(scene, workspace, fields),
    shared<Value>(name: string, make: () => Promise<Value>) {
      const made = shared.get(name) ?? make();
      shared.set(name, made);
      return made as Promise<Value>;
    },
    serverTime() {
      const last = exchanges.at(-1);
      if (!last) throw new ProbeError('no response yet');
      return serverTimeOf(last);
    },
    now: () => clock.now(),
    async wait(ms) {
      await sleep(clock, ms, signal);
    },
  };
  return scene;
}

async function createWorkspace({ send, newSlug }: Scene, fields?: object): Promise<LiveWorkspace> {
  const body = { name: 'npm run live', slug: newSlug(), ...fields };
  const created = expectStatus(await send('POST', '/workspaces', { body }), 201);
  const data = dataOf(created);
  const slug = textOf(data, 'slug');
  // Probes change and delete what they get from here.
  if (slug !== body.slug) throw new ProbeError(`POST /workspaces returned the workspace ${slug}`);
  return { id: textOf(data, 'id'), slug, fields: data, created };
}

async function createKey(
  { send }: Scene,
  { id }: Pick<LiveWorkspace, 'id'>,
  fields?: object,
): Promise<LiveKey> {
  const body = { name: 'npm run live', workspace_id: id, limit: 0, ...fields };
  const created = expectStatus(await send('POST', '/keys', { body }), 201);
  const data = dataOf(created);
  const secret = fieldOf(created, 'key');
  if (typeof secret !== 'string') throw new ProbeError('POST /keys: the response lacks the key');
  return { hash: textOf(data, 'hash'), secret, fields: data, created };
}

/** A workspace that probes share and do not change. */
export function sharedWorkspace(scene: Scene): Promise<LiveWorkspace> {
  return scene.shared('workspace', () => scene.createWorkspace());
}
