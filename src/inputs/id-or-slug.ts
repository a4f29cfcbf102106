import * as z from 'zod/mini';

/** Also `default`: whether that is refused is for an action to say, by the slug that the server reports. */
const ID_OR_SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const SHAPE = 'must be the id or slug of a workspace';

/** An input that says which workspace is meant, one that exists. */
export const idOrSlug = () => z.string(SHAPE).check(z.regex(ID_OR_SLUG, SHAPE));
