/** The programs that the `action.yml` files run: `dist/<name>.js` starts the one of that name. */
export { create } from './actions/create.ts';
export { createPost as 'create-post' } from './actions/create-post.ts';
export { deleteWorkspace as delete } from './actions/delete.ts';
export { key } from './actions/key.ts';
export { keyPost as 'key-post' } from './actions/key-post.ts';
export { preview } from './actions/preview.ts';
export { previewPost as 'preview-post' } from './actions/preview-post.ts';
export { sweep } from './actions/sweep.ts';
export { usage } from './actions/usage.ts';
