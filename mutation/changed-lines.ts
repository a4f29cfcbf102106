/**
 * The lines of sources that a diff without context adds or changes, as StrykerJS reads them:
 * `src/lib/usd.ts:12-14`.
 */
export function changedLines(diff: string): string[] {
  return diff.split(/^(?=diff --git )/m).flatMap((change) => {
    const [, file] = /^\+\+\+ b\/(src\/.*\.ts)$/m.exec(change) ?? [];
    return file === undefined ? [] : linesOf(change).map((lines) => `${file}:${lines}`);
  });
}

/** The ranges of lines in the headers of the hunks, `@@ -7 +12,3 @@`. A hunk that only removes lines has none. */
function linesOf(change: string): string[] {
  return [...change.matchAll(/^@@ -\S+ \+(\d+)(?:,(\d+))? @@/gm)].flatMap(
    ([, first, count = '1']) => {
      const last = Number(first) + Number(count) - 1;
      return count === '0' ? [] : [`${first}-${last}`];
    },
  );
}
