import * as z from 'zod/mini';

/** The schema of one of `words`. It needs less code than `z.enum`. */
export function oneOf<const Word extends string>(words: readonly Word[], error?: string) {
  return z.custom<Word>((value) => words.includes(value), {
    error,
    params: { words },
  });
}
