/**
 * How a job passes an API key to another job, although outputs of jobs are no secrets. A sealed key is a text of two parts:
 *
 *     the API key, encrypted with the seal  ~  what ends the key, encrypted with a key of the management key
 *
 * A job with the seal opens the first part, and a job with the management key the second. So code that has the seal can
 * use the API key, and can neither read nor forge what ends a key. Both parts have the id of the run, because the outputs
 * of one run are no concern of another, and the same random id, so that no part of one sealed key passes for that of
 * another. Only a holder of the seal can give another API key the id of a task, which changes nothing about the task.
 */
import { hkdfSync } from 'node:crypto';
import * as z from 'zod/mini';
import { bearerToken } from '../http/server.ts';
import { parseJson, toJson } from '../lib/json.ts';
import { decryptJwe, encryptJwe, idOfJwe, JWE_KEY_BYTES } from '../lib/jwe.ts';

/** What is sealed with each key. Another form has another version. */
const VERSION = 1;

const INFO = 'openrouter-workspace end-key v1';
const IV_BYTES = 12;
const ID_BYTES = 16;
const SEPARATOR = '~';

const part = { version: z.literal(VERSION), run: z.string(), id: z.string() };

const keyPart = z.object({ ...part, key: bearerToken });

const taskPart = <Task>(task: z.ZodMiniType<Task>) => z.object({ ...part, task });

/** What a job seals for others. */
interface SealedContent<Task> {
  /** The API key itself. */
  key: string;
  /** What is to be done once the key is not needed any more. */
  task: Task;
  /** The id of the run, `GITHUB_RUN_ID`. */
  run: string;
}

interface SealOptions {
  /** 32 bytes. */
  seal: Buffer;
  managementKey: string;
  /** Returns as many random bytes, which no one can predict. */
  randomBytes(count: number): Buffer;
}

/** Seals an API key, and what ends it. */
export function sealKey<Task>(
  { key, task, run }: SealedContent<Task>,
  { seal, managementKey, randomBytes }: SealOptions,
): string {
  const id = randomBytes(ID_BYTES).toString('hex');
  const encrypt = (content: object, encryptionKey: Buffer) =>
    encryptJwe(
      { text: toJson({ version: VERSION, run, id, ...content }), id },
      { key: encryptionKey, iv: randomBytes(IV_BYTES) },
    );
  return [encrypt({ key }, seal), encrypt({ task }, taskKeyOf(managementKey))].join(SEPARATOR);
}

/** Why a part of a sealed key is not opened. */
export type SealProblem =
  /** It is no sealed key, was changed, or was sealed with another key. */
  | 'not-opened'
  /** Another run has sealed it. */
  | 'other-run'
  /** Another version of these actions has sealed it. */
  | 'other-version';

interface OpenOptions {
  run: string;
}

/** Opens the API key in a sealed key, with the seal. */
export function openKey(
  sealed: string,
  { seal, ...options }: OpenOptions & { seal: Buffer },
): { key: string } | SealProblem {
  return open(sealed, { ...options, at: 0, key: seal, schema: keyPart });
}

/** Opens what ends the key, with the management key. */
export function openTask<Task>(
  sealed: string,
  {
    managementKey,
    task,
    ...options
  }: OpenOptions & { managementKey: string; task: z.ZodMiniType<Task> },
): { task: Task } | SealProblem {
  const key = taskKeyOf(managementKey);
  return open(sealed, { ...options, at: 1, key, schema: taskPart(task) });
}

interface PartOptions<Part> extends OpenOptions {
  /** Which of the parts it is. */
  at: 0 | 1;
  key: Buffer;
  schema: z.ZodMiniType<Part>;
}

function open<Part extends { run: string; id: string }>(
  sealed: string,
  { at, key, run, schema }: PartOptions<Part>,
): Part | SealProblem {
  const parts = sealed.split(SEPARATOR);
  const plain = parts.length === 2 ? decryptJwe(String(parts[at]), key) : undefined;
  if (!plain || parts.some((jwe) => idOfJwe(jwe) !== plain.id)) return 'not-opened';
  const { data } = z.safeParse(schema, parseJson(plain.text));
  if (!data) return 'other-version';
  if (data.id !== plain.id) return 'not-opened';
  return data.run === run ? data : 'other-run';
}

/** The key for what ends a key. The management key itself encrypts nothing. */
function taskKeyOf(managementKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', managementKey, '', INFO, JWE_KEY_BYTES));
}
