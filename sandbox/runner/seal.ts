import { randomBytes } from 'node:crypto';

/** A seal, as `openssl rand -base64 32` prints one. */
export const newSeal = () => randomBytes(32).toString('base64');
