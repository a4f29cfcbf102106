import * as z from 'zod/mini';

/** Parses `{"data": …}`, in which OpenRouter wraps a resource, and returns the resource. */
export function envelope<Data>(data: z.ZodMiniType<Data>): z.ZodMiniType<Data> {
  return z.pipe(
    z.object({ data }),
    z.transform((body: { data: Data }) => body.data),
  );
}

/** Parses the response to a DELETE; the result is always true. */
export const deletion: z.ZodMiniType<boolean> = z.pipe(
  z.object({ deleted: z.literal(true) }),
  z.transform(() => true),
);
