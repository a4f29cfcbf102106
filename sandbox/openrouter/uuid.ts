import { createHash } from 'node:crypto';

/** A UUID of 16 bytes that `random` returns. */
export function newUuid(random: (size: number) => Buffer): string {
  return formatUuid(random(16).toString('hex'), 4);
}

/** The UUID that follows from `seed`. */
export function derivedUuid(seed: string): string {
  return formatUuid(createHash('sha1').update(seed).digest('hex'), 5);
}

function formatUuid(hex: string, version: number): string {
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, `$1-$2-${version}$3-a$4-$5`);
}
