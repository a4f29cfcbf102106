import { expect, test } from '@jest/globals';
import { changedLines } from '../../mutation/changed-lines.ts';

const DIFF = `diff --git a/src/lib/usd.ts b/src/lib/usd.ts
index 3c1bd65..7de3770 100644
--- a/src/lib/usd.ts
+++ b/src/lib/usd.ts
@@ -7 +7 @@ export function toUsd(
-  one
+  other
@@ -20,2 +19,0 @@
-  removed
-  removed
@@ -30,0 +28,3 @@
+  first
+@@ -1 +99 @@
+  last
diff --git a/src/actions/key/old.ts b/src/actions/key/old.ts
deleted file mode 100644
--- a/src/actions/key/old.ts
+++ /dev/null
@@ -1 +0,0 @@
-  removed
diff --git a/README.md b/README.md
--- a/README.md
+++ b/README.md
@@ -1 +1 @@
-one
+other
diff --git a/src/lib/new.ts b/src/lib/new.ts
new file mode 100644
--- /dev/null
+++ b/src/lib/new.ts
@@ -0,0 +1,12 @@
+  added
`;

test('the lines that are changed are those that a diff adds to sources', () => {
  expect(changedLines(DIFF)).toEqual([
    'src/lib/usd.ts:7-7',
    'src/lib/usd.ts:28-30',
    'src/lib/new.ts:1-12',
  ]);
});

test('no lines are changed without a diff', () => {
  expect(changedLines('')).toEqual([]);
});
