import * as z from 'zod/mini';

/** An input that is `preset` where an author leaves it out. */
export const flag = (preset = false) => z._default(z.boolean('must be true or false'), preset);
