import * as z from 'zod/mini';

/** The check that a text matches `pattern`. It needs less code than `z.regex`. */
export function matching(pattern: RegExp, message?: string) {
  return z.refine<string>((text) => pattern.test(text), message);
}

/** Rejects `input` from within a transform, whose value does not count then. */
export function reject(context: z.core.ParsePayload, input: unknown, message: string): never {
  context.issues.push({ code: 'custom', message, input });
  return z.NEVER;
}
