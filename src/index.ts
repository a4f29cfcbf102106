/** The programs that the `action.yml` files run: `dist/<name>.js` starts the one of that name. */
export { create } from './actions/create/main.ts';
export { createPost as 'create-post' } from './actions/create/post.ts';
export { deleteWorkspace as delete } from './actions/delete/main.ts';
export { endKey as 'end-key' } from './actions/end-key/main.ts';
export { key } from './actions/key/main.ts';
export { keyPost as 'key-post' } from './actions/key/post.ts';
export { preview } from './actions/preview/main.ts';
export { previewPost as 'preview-post' } from './actions/preview/post.ts';
export { sweep } from './actions/sweep/main.ts';
export { unsealKey as 'unseal-key' } from './actions/unseal-key/main.ts';
export { usage } from './actions/usage/main.ts';
