import { getState } from '@actions/core';
import * as z from 'zod/mini';
import { parseJson } from '../json.ts';
import type { Remains } from '../workspace/clean-up.ts';
import { type Connection, connection } from './connection.ts';
import { readInputs } from './read.ts';

/**
 * What `main` has left for `post`, with where to reach it; saved whole, because inputs are evaluated
 * anew for a post step and can have other values by then.
 */
export type CleanUpState<Left = Remains> = Pick<Connection, 'apiUrl' | 'timeoutMs'> & {
  remains: Left;
};

/** The name under which it is saved. */
export const CLEAN_UP_STATE = 'clean-up';

/** Undefined where there is nothing to clean up. */
export function readCleanUpState<Left = Remains>(): CleanUpState<Left> | undefined {
  // It is ours: nobody else can write the state of this step.
  return parseJson(getState(CLEAN_UP_STATE)) as CleanUpState<Left> | undefined;
}

/** @throws {Failure} when there is none, or none that can be used. */
export function readManagementKey(): string {
  return readInputs(z.object({ management_key: connection.management_key })).management_key;
}
