export { create } from './create.ts';
export { deleteWorkspace as delete } from './delete.ts';
export { post } from './post.ts';
export { sweep } from './sweep.ts';
