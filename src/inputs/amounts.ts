import * as z from 'zod/mini';
import { reject } from '../lib/schema.ts';
import { toNumber, toUsd } from '../lib/usd.ts';

const TOO_SMALL = 'is too small: an amount in USD has at most nine decimals';

/** JSON keeps nine decimals of it. */
const MAX = 1_000_000;
const TOO_LARGE = `is too large: an amount in USD must not exceed ${MAX}`;

/**
 * An input for an amount in USD, 0 or more. It is rounded down to nine decimals, so that no one can spend more than was
 * written.
 * @param message what is wrong with any other text, as the end of a sentence that begins with the input
 */
export const usdInput = (message: string) =>
  z.pipe(
    z.number(message).check(z.gte(0, message), z.lte(MAX, TOO_LARGE)),
    z.transform((dollars: number, context: z.core.ParsePayload) => {
      const nearest = toUsd(dollars);
      const amount = toNumber(nearest) > dollars ? nearest - 1n : nearest;
      return amount > 0n || dollars === 0 ? amount : reject(context, dollars, TOO_SMALL);
    }),
  );
