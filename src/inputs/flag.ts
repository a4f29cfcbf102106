import * as z from 'zod/mini';

/** An input that is false where an author leaves it out. */
export const flag = () => z._default(z.boolean('must be true or false'), false);
