import type * as z from 'zod';

/** A field of a request that may be null or left out. */
export const nullable = <Inner extends z.ZodType>(inner: Inner) => inner.nullable().optional();
