import { invalidInputs } from '../../src/inputs/failures.ts';
import type { InputLog } from '../../src/inputs/slug.ts';
import { Failure } from '../../src/shared/failure.ts';

/** A text that can be a management key. */
export const KEY = 'sk-or-v1-of-a-test-of-inputs';

type Texts = Readonly<Record<string, string>>;

function setEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
}

/** The log of a reader whose test does not look at it. */
export const NO_LOG: InputLog = { info() {}, notice() {} };

/** What reads inputs, and can log what it made of them. */
export type Reader<Inputs> = (log: InputLog) => Inputs;

/** The input without which every action fails, and one whose default only the manifests have. */
const PROVIDED = { 'management-key': KEY, seal: 'none' };

/**
 * Reads inputs by `read`, with the texts that a workflow passes, in an environment with nothing else.
 * What `texts` leave out of `PROVIDED` is passed, too.
 */
export function readWith<Inputs>(read: Reader<Inputs>, texts: Texts, env: Texts = {}): Inputs {
  const variables = Object.entries({ ...PROVIDED, ...texts }).map(([name, text]) => [
    `INPUT_${name.toUpperCase()}`,
    text,
  ]);
  const original = { ...process.env };
  setEnvironment({ ...env, ...Object.fromEntries(variables) });
  try {
    return read(NO_LOG);
  } finally {
    setEnvironment(original);
  }
}

export function rejectionOf(
  read: Reader<unknown>,
  texts: Texts,
  env: Texts = {},
): readonly string[] {
  try {
    readWith(read, texts, env);
  } catch (error) {
    if (!(error instanceof Failure) || !error.is(invalidInputs)) throw error;
    return invalidInputs.describe(error.details, 'none').lines;
  }
  throw new Error('the inputs are valid');
}

/** An input, its text in the workflow, and the line that rejects it. */
export type Rejected = [input: string, text: string, line: string];

/** How many characters of an input a line shows. */
const SHOWN = 100;

/** The row of an input whose line begins with `named`, and shows `text`, or its beginning, and then `note`. */
export function given(named: string, text: string, message: string, note = ''): Rejected {
  const [input = named] = named.split(' ');
  const characters = [...text];
  const shown = characters.length > SHOWN ? `${characters.slice(0, SHOWN).join('')}…` : text;
  return [input, text, `${named} ${message}; given: ${JSON.stringify(shown)}${note}`];
}
