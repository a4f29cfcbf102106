import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../support/root.ts';

// Not as one text: the script would find these in this file.
const PROJECT = 'openrouter-workspace';
const UNPUBLISHED = `OWNER/${PROJECT}`;
const PUBLISHED = `acme/${PROJECT}`;

/** The files of a small repository that is not published yet. */
const FILES = {
  'package.json': JSON.stringify({ name: PROJECT, repository: UNPUBLISHED, type: 'module' }),
  'action.yml': 'name: A\nauthor: OWNER\n',
  'key/action.yml': 'name: B\nauthor: OWNER\n',
  'README.md': `# A

<!-- published: ![CI](https://github.com/${UNPUBLISHED}/ci.svg) -->

- uses: ${UNPUBLISHED}/key@v1
<!-- unpublished -->
- Replace OWNER.
<!-- /unpublished -->
- npm run publish-as -- globex/${PROJECT}
`,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'publish-as-'));
  for (const [path, text] of Object.entries(FILES)) write(path, text);
  mkdirSync(join(folder, 'scripts'));
  cpSync(join(ROOT, 'scripts/publish-as.ts'), join(folder, 'scripts/publish-as.ts'));
  spawnSync('git', ['init', '--quiet'], { cwd: folder });
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function publishAs(...args: string[]) {
  const script = join(folder, 'scripts/publish-as.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args]);
  return { status, stdout: String(stdout), stderr: String(stderr) };
}

const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const readAll = () => Object.fromEntries(Object.keys(FILES).map((path) => [path, read(path)]));

test('publish-as writes the name into every file, shows the badge and removes the placeholder', () => {
  expect(publishAs('--check').status).toBe(0);
  const { status, stdout } = publishAs(PUBLISHED);
  expect({ status, changed: stdout.trim().split('\n').sort() }).toEqual({
    status: 0,
    changed: Object.keys(FILES).sort(),
  });
  expect(readAll()).toEqual({
    'package.json': JSON.stringify({ name: PROJECT, repository: PUBLISHED, type: 'module' }),
    'action.yml': 'name: A\nauthor: acme\n',
    'key/action.yml': 'name: B\nauthor: acme\n',
    'README.md': `# A

![CI](https://github.com/${PUBLISHED}/ci.svg)

- uses: ${PUBLISHED}/key@v1
- npm run publish-as -- globex/${PROJECT}
`,
  });
  expect(publishAs('--check').status).toBe(0);
});

test('publish-as changes nothing when it runs again', () => {
  publishAs(PUBLISHED);
  const before = readAll();
  expect(publishAs(PUBLISHED)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('already'),
  });
  expect(readAll()).toEqual(before);
});

test('publish-as replaces one name by another, and each other name of the project', () => {
  publishAs('acme/or.workspaces');
  expect(read('README.md')).toContain('- uses: acme/or.workspaces/key@v1');
  write('docs/costs.md', FILES['README.md']);
  publishAs('globex-2/workspaces');
  expect(read('README.md')).toContain('- uses: globex-2/workspaces/key@v1');
  expect(read('docs/costs.md')).toContain('- uses: globex-2/workspaces/key@v1');
  expect(publishAs('--check').status).toBe(0);
});

test.each([
  ['a name in a document', 'docs/costs.md', `uses: ${UNPUBLISHED}/usage@v1\n`, UNPUBLISHED],
  ['a name in a URL', 'src/a.ts', `'https://github.com/${UNPUBLISHED}/issues'`, UNPUBLISHED],
  ['an author', 'key/action.yml', 'author: globex\n', 'author: globex'],
  ['a placeholder', 'README.md', FILES['README.md'].replaceAll('OWNER/', 'acme/'), 'unpublished'],
])('the check fails when two names are mixed: %s', (_, path, text, finding) => {
  publishAs(PUBLISHED);
  write(path, text);
  const { status, stderr } = publishAs('--check');
  expect(status).toBe(1);
  expect(stderr).toContain(`${path} has "`);
  expect(stderr).toContain(finding);
  publishAs(PUBLISHED);
  expect(publishAs('--check').status).toBe(0);
});

test.each([[], ['acme'], [UNPUBLISHED], ['acme-/a'], ['acme/a/b'], ['acme/a b']])(
  'publish-as rejects the name %j, and changes nothing',
  (...args) => {
    const { status, stderr } = publishAs(...args);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `Usage: npm run publish-as -- acme/${PROJECT}\n`,
    });
    expect(readAll()).toEqual(FILES);
  },
);
