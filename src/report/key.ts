import type { KeyRequest, KeyResult } from '../operations/key/create-key.ts';
import type { Outputs } from './create.ts';
import type { Summary } from './summary.ts';

/** The outputs that say which key it is, and not its secret. */
export function outputsOfKey({ key, workspace, expiresAt }: KeyResult): Outputs {
  return {
    name: key.name,
    hash: key.hash,
    label: key.label,
    'expires-at': expiresAt ?? '',
    'workspace-id': workspace.id,
    'workspace-slug': workspace.slug,
  };
}

/** The summary of a step that ended well. */
export function summaryOfKey(result: KeyResult, request: KeyRequest): Summary {
  const { key, workspace, expiresAt } = result;
  return {
    title: `✅ Made the OpenRouter API key ${key.name}`,
    table: {
      header: ['Field', 'Value'],
      rows: [
        ['Name', { code: key.name }],
        ['Label', { code: key.label }],
        ['Hash', { code: key.hash }],
        ['Workspace', { code: `${workspace.slug} (${workspace.id})` }],
        ['Limit', limitOf(request)],
        ['Expires', expiresAt === null ? 'never' : { code: expiresAt }],
        ['Revoked after the job', request.revokeAfterJob ? 'yes' : 'no'],
      ],
    },
  };
}

function limitOf({ asked: { limit, limit_reset } }: KeyRequest): string {
  if (limit === undefined) return 'none';
  return limit_reset === undefined ? `$${limit}` : `$${limit}, reset ${limit_reset}`;
}
