import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../support/root.ts';

// Not as one text each: the script would find these in this file.
const PROJECT = 'openrouter-workspace';
const UNPUBLISHED = `OWNER/${PROJECT}`;
const PUBLISHED = `acme/${PROJECT}`;
const RENAMED = `acme/${'my-actions'}`;

const stepOf = (name: string) => `- uses: ${name}/key@v1`;

/** The files of a small repository that is not published yet. */
const FILES = {
  'package.json': JSON.stringify({ name: PROJECT, repository: UNPUBLISHED, type: 'module' }),
  'action.yml': 'name: A\nauthor: OWNER\n',
  'key/action.yml': 'name: B\nauthor: OWNER\n',
  'README.md': `# A

<!-- published: ![CI](https://github.com/${UNPUBLISHED}/ci.svg) -->

${stepOf(UNPUBLISHED)}
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

${stepOf(PUBLISHED)}
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
  expect(read('README.md')).toContain(stepOf('acme/or.workspaces'));
  write('docs/costs.md', FILES['README.md']);
  publishAs('globex-2/workspaces');
  expect(read('README.md')).toContain(stepOf('globex-2/workspaces'));
  expect(read('docs/costs.md')).toContain(stepOf('globex-2/workspaces'));
  expect(publishAs('--check').status).toBe(0);
});

test('the check finds each other name, and publish-as replaces it', () => {
  publishAs(PUBLISHED);
  write('docs/costs.md', `uses: ${UNPUBLISHED}/usage@v1\n`);
  write('src/a.ts', `'https://github.com/${UNPUBLISHED}/issues'`);
  write('key/action.yml', 'author: globex\n');
  write('README.md', FILES['README.md'].replaceAll('OWNER/', 'acme/'));
  const { status, stderr } = publishAs('--check');
  expect({ status, lines: stderr.trim().split('\n').sort() }).toEqual({
    status: 1,
    lines: [
      `README.md has "<!-- unpublished -->", and package.json has ${PUBLISHED}`,
      `Run npm run publish-as -- ${PUBLISHED}`,
      `docs/costs.md has "${UNPUBLISHED}", and package.json has ${PUBLISHED}`,
      `key/action.yml has "author: globex", and package.json has ${PUBLISHED}`,
      `src/a.ts has "${UNPUBLISHED}", and package.json has ${PUBLISHED}`,
    ],
  });
  publishAs(PUBLISHED);
  expect(publishAs('--check').status).toBe(0);
});

test.each([
  ['another owner', RENAMED.replace('acme', 'evil')],
  ['another repository of the owner', 'acme/other-actions'],
  ['the first name', UNPUBLISHED],
])('the check finds a use of %s, and publish-as replaces it', (_, other) => {
  publishAs(RENAMED);
  const published = read('README.md');
  write('README.md', published.replace(`uses: ${RENAMED}`, `uses: ${other}`));
  expect(publishAs('--check')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`README.md has "${other}", and package.json has`),
  });
  publishAs(RENAMED);
  expect(read('README.md')).toBe(published);
});

test('other actions and repositories, of the owner too, are no other names', () => {
  const others = `- uses: actions/checkout@${'0'.repeat(40)}
- uses: acme/setup@${'0'.repeat(40)}
- https://github.com/acme/python-sdk, src/actions/key.ts, https://github.com/octo-org/app
`;
  write('docs/costs.md', others);
  expect(publishAs(RENAMED).status).toBe(0);
  expect(publishAs('--check').status).toBe(0);
  expect(read('docs/costs.md')).toBe(others);
});

test.each(['actions/checkout', 'octo-org/app', 'globex/app', 'sandbox/cli'])(
  'publish-as rejects %s, which a file has in another sense, and changes nothing',
  (name) => {
    write(
      'docs/costs.md',
      `- uses: actions/checkout@${'0'.repeat(40)}\nhttps://github.com/octo-org/app, sandbox/cli/start.ts\n`,
    );
    expect(publishAs(name)).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^docs\/costs\.md already has "[^"]+", which could not be told apart from .*\n$/,
      ),
    });
    expect(readAll()).toEqual(FILES);
  },
);

test('publish-as rejects what is not the name of a repository, and changes nothing', () => {
  const names = ['acme', 'acme-/a', 'acme/a/b', 'acme/a b', 'acme/.', 'acme/..', 'acme/b.git'];
  const owners = ['OWNER', 'owner', '-a', 'a'.repeat(40)].map((owner) => `${owner}/${PROJECT}`);
  const calls = [...names, ...owners, '--nope', `acme/${'a'.repeat(101)}`].map((name) => [name]);
  for (const args of [[], ...calls, [PUBLISHED, 'b'], ['--check', PUBLISHED]]) {
    expect({ args, ...publishAs(...args) }).toEqual({
      args,
      status: 1,
      stdout: '',
      stderr: `Usage: npm run publish-as -- acme/${PROJECT}\n`,
    });
  }
  expect(readAll()).toEqual(FILES);
});
