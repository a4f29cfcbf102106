import * as z from 'zod/mini';
import { keyTask } from '../key/task.ts';
import { previewTask } from '../preview/task.ts';

/** The attempt of the run that has sealed the key. */
const attempt = z.string();

/** The schema of what ends a sealed key: what the post step of the action would do that has created the key. */
export const sealedTask = () =>
  z.discriminatedUnion('action', [
    z.object({ action: z.literal('key'), task: keyTask(), attempt }),
    z.object({ action: z.literal('preview'), task: previewTask(), attempt }),
  ]);

export type SealedTask = z.infer<ReturnType<typeof sealedTask>>;
