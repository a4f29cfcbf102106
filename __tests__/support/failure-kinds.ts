import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { FailureKind, WarningKind } from '../../src/shared/failure.ts';
import { ROOT } from './root.ts';

const rooms: Record<string, unknown>[] = await Promise.all(
  globSync('src/**/failures.ts', { cwd: ROOT }).map((file) => import(join(ROOT, file))),
);
const declared = rooms.flatMap((room) => Object.values(room)).filter(isKind);

function isKind(exported: unknown): exported is FailureKind | WarningKind {
  return typeof exported === 'object' && exported !== null && 'code' in exported;
}

export const FAILURES = declared.filter((kind) => kind.type === 'failure');
export const WARNINGS = declared.filter((kind) => kind.type === 'warning');
