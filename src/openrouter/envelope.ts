import * as z from 'zod/mini';

/** Parses `{"data": …}`, in which OpenRouter wraps a resource, and returns the resource. */
export function envelope<Data>(data: z.ZodMiniType<Data>): z.ZodMiniType<Data> {
  return z.pipe(
    z.object({ data }),
    z.transform((body: { data: Data }) => body.data),
  );
}
