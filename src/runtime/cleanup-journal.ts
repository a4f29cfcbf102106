import { getState } from '@actions/core';
import * as z from 'zod/mini';
import { type Connection, connection } from '../inputs/connection.ts';
import { readInputs } from '../inputs/read-inputs.ts';
import { parseJson } from '../lib/json.ts';
import { createKeyRequest } from '../openrouter/resources/keys.ts';
import { createWorkspaceRequest } from '../openrouter/resources/workspaces.ts';
import type { Remains } from '../operations/create/cleanup.ts';
import type { KeyRemains } from '../operations/key/cleanup.ts';
import { Failure } from '../operations/shared/failure.ts';
import { MAIN_PROCESS_STATE, type MainProcess } from './main-process.ts';

/**
 * What `main` has left for `post`, with where to reach it; saved whole, because inputs are evaluated
 * anew for a post step and can have other values by then.
 */
export type CleanUpState<Left = Remains> = Pick<Connection, 'apiUrl' | 'timeoutMs'> & {
  remains: Left;
};

/** The name under which it is saved. */
export const CLEAN_UP_STATE = 'clean-up';

/** The shape of what `action.yml` leaves. */
export const remainsOfCreate = (): z.ZodMiniType<Remains> =>
  z.union([
    z.object({
      made: z.object({ id: z.guid(), slug: z.string() }),
      deleteKeys: z.boolean(),
    }),
    z.object({
      intended: z.object({
        asked: createWorkspaceRequest,
        span: z.optional(z.object({ from: z.number(), to: z.number() })),
      }),
      deleteKeys: z.boolean(),
    }),
  ]);

/** The shape of what `key/action.yml` leaves. */
export const remainsOfKey = (): z.ZodMiniType<KeyRemains> =>
  z.object({
    intended: z.object({
      workspace: z.object({ id: z.string(), slug: z.string() }),
      asked: createKeyRequest,
      nameIsRandom: z.boolean(),
      isUnique: z.boolean(),
      since: z.optional(z.number()),
      before: z.array(z.string()),
      lost: z.number(),
    }),
    minted: z.optional(z.object({ hash: z.string(), label: z.string() })),
    revoke: z.boolean(),
  });

/** The process of `main`; undefined where it has saved none that can be one. */
export function readMainProcess(): MainProcess | undefined {
  const shape = z.object({ pid: z.int().check(z.positive()), startTime: z.string() });
  return z.safeParse(shape, parseJson(getState(MAIN_PROCESS_STATE))).data;
}

/**
 * What `main` has saved; null where it has said that there is nothing to clean up any more,
 * undefined where it has not said yet what it is about to make, and a failure where it is not what
 * this version of `main` saves. It comes in an environment variable, so it is checked as
 * an input is: for a host without TLS, say, where the key would go.
 */
export function readCleanUpState<Left>(
  remains: z.ZodMiniType<Left>,
): CleanUpState<Left> | Failure | null | undefined {
  const text = getState(CLEAN_UP_STATE);
  if (text === '') return undefined;
  if (text === 'null') return null;
  const { api_url: apiUrl } = connection;
  const state = z.object({ apiUrl: z.nonoptional(apiUrl), timeoutMs: z.number(), remains });
  const { data } = z.safeParse(state, parseJson(text));
  if (data) return data;
  return new Failure('What is to be cleaned up cannot be read', [
    `The state ${CLEAN_UP_STATE} is not what the step saves there.`,
  ]);
}

/** @throws {Failure} when there is none, or none that can be used. */
export function readManagementKey(): string {
  return readInputs(z.object({ management_key: connection.management_key })).management_key;
}
