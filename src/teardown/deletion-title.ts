/**
 * The title of a summary about the deletion of a workspace.
 * @param thing what is deleted: `workspace "web-42"`
 * @param deletion undefined if it does not exist
 */
export function deletionTitle(
  thing: string,
  deletion: { deleted: boolean } | undefined,
  { dryRun }: { dryRun: boolean },
): string {
  if (!deletion) return `✅ Nothing to delete: the OpenRouter ${thing} does not exist`;
  if (dryRun) return `🔎 Dry run: would delete the OpenRouter ${thing}`;
  return deletion.deleted
    ? `✅ Deleted the OpenRouter ${thing}`
    : `✅ Already deleted by another job: the OpenRouter ${thing}`;
}
