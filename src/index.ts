export { create } from './create.ts';
export { deleteWorkspace as delete } from './delete.ts';
export { key } from './key.ts';
export { keyPost } from './key-post.ts';
export { post } from './post.ts';
export { sweep } from './sweep.ts';
