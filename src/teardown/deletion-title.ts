/**
 * The title of a summary about the deletion of a workspace.
 * @param deletion undefined if the workspace does not exist
 */
export function deletionTitle(
  workspace: string,
  deletion: { deleted: boolean } | undefined,
  { dryRun }: { dryRun: boolean },
): string {
  if (!deletion) return `✅ Nothing to delete: no OpenRouter workspace is ${workspace}`;
  if (dryRun) return `🔎 Dry run: would delete the OpenRouter workspace ${workspace}`;
  return deletion.deleted
    ? `✅ Deleted the OpenRouter workspace ${workspace}`
    : `✅ Already deleted by another job: the OpenRouter workspace ${workspace}`;
}
