import * as z from 'zod/mini';
import { isIdOrSlug } from '../openrouter/resources/workspaces.ts';

/** A boolean input, `preset` by default. */
export const flag = (preset = false) => z._default(z.boolean('must be true or false'), preset);

const ID_OR_SLUG_MESSAGE = 'must be the id or slug of a workspace';

/**
 * An input that names an existing workspace. Accepts `default`: each action decides by the slug that
 * the server reports whether it refuses the default workspace.
 */
export const idOrSlug = () =>
  z.string(ID_OR_SLUG_MESSAGE).check(z.refine(isIdOrSlug, ID_OR_SLUG_MESSAGE));
