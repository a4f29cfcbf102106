/** The path of the list of the API keys of a workspace, by default with disabled and expired ones. */
export function keysPath(
  workspaceId: string,
  query: Record<string, string> = { include_disabled: 'true', include_expired: 'true' },
): string {
  return `/keys?${new URLSearchParams({ workspace_id: workspaceId, ...query })}`;
}
