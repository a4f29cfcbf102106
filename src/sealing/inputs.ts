import { getInput } from '@actions/core';
import * as z from 'zod/mini';
import { JWE_KEY_BYTES } from '../lib/jwe.ts';
import { reject } from '../lib/schema.ts';
import { Failure } from '../shared/failure.ts';
import { sealedKeyEmpty } from './failures.ts';
import { NO_KEY, type WorkflowRun } from './output-key.ts';

/** The command whose output is a seal. */
const COMMAND = 'openssl rand -base64 32';

const MESSAGE = `must be ${JWE_KEY_BYTES} random bytes in Base64, such as the output of: ${COMMAND}`;

/** A secret that is misspelt is empty, too. */
const EMPTY = `${MESSAGE}. A secret that does not exist is empty`;

/** The default of `action.yml` where a seal is optional. GitHub cannot tell an absent input from an empty one. */
const NONE = 'none';

/** The secret with which one job seals an API key, and another unseals the key. Parses to its bytes. */
export const seal = () => z.pipe(z.string({ error: EMPTY }), z.transform(toBytes));

/** The same, or `none`, which parses to undefined. */
export const sealOrNone = () =>
  z.pipe(
    z.string({ error: EMPTY }),
    z.transform((text: string, context: z.core.ParsePayload) =>
      text === NONE ? undefined : toBytes(text, context),
    ),
  );

/** Whether a step is to seal its key, or would be, if it had a key and a seal. Never throws: a fork has no secrets. */
export function wantsSeal(): boolean {
  return getInput('seal') !== NONE;
}

/**
 * Whether the input `sealed-key` has a key. Otherwise there is none, and nothing is wrong. Comes before all other inputs
 * are read: a fork has no secrets.
 * @throws {Failure} `sealed-key-empty`
 */
export function hasSealedKey(): boolean {
  const text = getInput('sealed-key');
  if (text === '') throw new Failure(sealedKeyEmpty, {});
  return text !== NO_KEY;
}

/** The run that a sealed key is bound to, and its attempt; both are empty if the runner has none. */
export function readWorkflowRun(): WorkflowRun {
  const { GITHUB_RUN_ID: id = '', GITHUB_RUN_ATTEMPT: attempt = '' } = process.env;
  return { id, attempt };
}

/** The only form of the bytes, so that a text with anything else in it is none. */
function toBytes(text: string, context: z.core.ParsePayload): Buffer {
  const bytes = Buffer.from(text, 'base64');
  const isSeal = bytes.length === JWE_KEY_BYTES && bytes.toString('base64') === text;
  return isSeal ? bytes : reject(context, text, MESSAGE);
}
