import { getInput } from '@actions/core';
import * as z from 'zod/mini';
import { JSON_NUMBER } from '../lib/json.ts';
import { reject } from '../lib/schema.ts';
import {
  exactUsd,
  parseUsd,
  roundDown,
  roundHalfEven,
  toNumber,
  toUsd,
  type Usd,
} from '../lib/usd.ts';
import { cutProvided } from './failures.ts';
import { inputName } from './read-inputs.ts';
import type { InputLog } from './slug.ts';

const WRITTEN_AS_ZERO = /^[-0.]+(?:e|$)/i;

const TOO_SMALL = 'is too small: an amount in USD has at most nine decimals';

/** JSON keeps nine decimals of it. */
const MAX = 1_000_000;
const TOO_LARGE = `is too large: an amount in USD must not exceed ${MAX}`;

/**
 * An input for an amount that is only compared with what was spent or remains, 0 or more. Rounded half to even.
 * @param message what is wrong with any other text, as the end of a sentence that begins with the input
 */
export const usdAmount = (message: string) => readBy(roundHalfEven, message);

/**
 * An input for an amount that limits spending, 0 or more, as a number in JSON. Rounded down, so that no one can
 * spend more than was written.
 * @param message as in `usdAmount`
 */
export const usdLimit = (message: string) =>
  z.pipe(readBy(roundDown, message), z.transform(toNumber));

/**
 * An amount is read from its text, because a number in binary floating point may differ from it. It is rounded at
 * once to nine decimals, so that what OpenRouter returns equals what was sent.
 */
function readBy(round: (amount: Usd) => Usd, message: string) {
  return z.pipe(
    z.string(message),
    z.transform((text: string, context: z.core.ParsePayload): Usd => {
      const approximate = JSON_NUMBER.test(text) ? Number(text) : Number.NaN;
      if (!(approximate >= 0)) return reject(context, text, message);
      if (WRITTEN_AS_ZERO.test(text)) return 0n;
      if (approximate > MAX) return reject(context, text, TOO_LARGE);
      const rounded = round(parseUsd(text) ?? 0n);
      return rounded > 0n ? rounded : reject(context, text, TOO_SMALL);
    }),
  );
}

/**
 * Logs the amounts in `values` that are not what the author wrote, up to the 30th decimal. `values` are the inputs of a step by their fields,
 * and the fields of amounts end with `_usd`.
 */
export function logRounded(values: object, log: InputLog): void {
  for (const [field, value] of Object.entries(values)) {
    if (!field.endsWith('_usd')) continue;
    const input = inputName(field);
    const [text, used] = [getInput(input), typeof value === 'bigint' ? value : toUsd(value)];
    const written = parseUsd(text);
    if (written === undefined || used === undefined || written === used) continue;
    log.info(
      `Rounded ${input} from ${cutProvided(text)} to ${exactUsd(used)}: an amount has at most nine decimals.`,
    );
  }
}
