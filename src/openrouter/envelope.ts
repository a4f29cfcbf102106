import * as z from 'zod/mini';

/** `{"data": …}`, in which OpenRouter wraps what it returns, unwrapped. */
export function envelope<Data>(data: z.ZodMiniType<Data>): z.ZodMiniType<Data> {
  return z.pipe(
    z.object({ data }),
    z.transform((body: { data: Data }) => body.data),
  );
}

/** The response to a DELETE. */
export const deletion: z.ZodMiniType<boolean> = z.pipe(
  z.object({ deleted: z.literal(true) }),
  z.transform(() => true),
);
