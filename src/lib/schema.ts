import * as z from 'zod/mini';

/** Rejects `input` from within a transform, whose value does not count then. */
export function reject(context: z.core.ParsePayload, input: unknown, message: string): never {
  context.issues.push({ code: 'custom', message, input });
  return z.NEVER;
}
