export { create } from './create.ts';
export { post } from './post.ts';
