import * as z from 'zod/mini';
import { isIdOrSlug } from '../openrouter/resources/workspaces.ts';

const SHAPE = 'must be the id or slug of a workspace';

/**
 * An input that says which workspace is meant, one that exists. Also `default`: whether that is
 * refused is for an action to say, by the slug that the server reports.
 */
export const idOrSlug = () => z.string(SHAPE).check(z.refine(isIdOrSlug, SHAPE));
