/**
 * Writes the name under which the actions are published into every file that has it. `repository`
 * in package.json is the current name; before the first release, its owner is a placeholder.
 *
 *     npm run publish-as -- acme/openrouter-workspace      a second run changes nothing
 *     node scripts/publish-as.ts --check                   only fails if a file has another name
 *
 * What is in a document between `<!-- unpublished -->` and `<!-- /unpublished -->` is removed, and
 * what is in `<!-- published: … -->` is shown.
 */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface TextFile {
  path: string;
  text: string;
}

const PLACEHOLDER = 'OWNER';
const UNPUBLISHED = /<!-- unpublished -->\n.*?<!-- \/unpublished -->\n/gs;
const PUBLISHED = /<!-- published: (.*?) -->/gs;
/** GitHub's rules for an account, and for a repository. */
const NAME =
  /^(?!OWNER\/)(?=[^/]{1,39}\/)[a-z\d]+(?:-[a-z\d]+)*\/(?!\.{1,2}$|.*\.git$)[\w.-]{1,100}$/i;
const AUTHOR = /^author: .*$/m;

const root = fileURLToPath(new URL('..', import.meta.url));
const { name: project, repository: current } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);
/** The current name, and what stands for it with another owner or repository. */
const NAMES = anyOf(`[\\w-]+/${project}`, ...formsOf(current));

const args = process.argv.slice(2);
const [name = ''] = args;

if (args.length !== 1 || !(name === '--check' || NAME.test(name))) {
  console.error('Usage: npm run publish-as -- acme/openrouter-workspace');
  process.exitCode = 1;
} else if (name === '--check') {
  const findings = readTextFiles().flatMap(findOtherNames);
  if (findings.length > 0) {
    console.error([...findings, `Run npm run publish-as -- ${current}`].join('\n'));
    process.exitCode = 1;
  }
} else {
  const files = readTextFiles();
  const [conflict] = files.flatMap((file) => findConflicts(file, name));
  if (conflict === undefined) {
    const changed = files.filter((file) => publish(file, name));
    console.log(changed.map(({ path }) => path).join('\n') || `${name} is everywhere already.`);
  } else {
    console.error(conflict);
    process.exitCode = 1;
  }
}

/** Patterns for a name, and for other names that stand for it, because they are used in its place. */
function formsOf(name: string): string[] {
  const [owner = '', repository = ''] = name.replaceAll('.', '\\.').split('/');
  return [
    `${owner}/${repository}`,
    `(?<=uses: |//github\\.com/)[\\w-]+/${repository}`,
    // Other actions of the owner are pinned by SHA.
    `(?<=uses: )${owner}/[\\w.-]+(?=[\\w/-]*@v\\d)`,
  ];
}

/** Any of `patterns` as a whole name. The name in a command is an example. */
function anyOf(...patterns: string[]): RegExp {
  return new RegExp(`(?<!publish-as -- |[\\w-])(?:${patterns.join('|')})(?![\\w-])`, 'g');
}

/** All files of the repository, also those that are not committed yet. */
function readTextFiles(): TextFile[] {
  const list = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root });
  return [...new Set(String(list).split('\0'))]
    .filter((path) => lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile())
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Writes the name into a file, and returns whether that changed it. */
function publish({ path, text }: TextFile, name: string): boolean {
  let result = text.replace(NAMES, () => name);
  if (isManifest(path)) result = result.replace(AUTHOR, () => `author: ${ownerOf(name)}`);
  if (path.endsWith('.md')) result = result.replace(UNPUBLISHED, '').replace(PUBLISHED, '$1');
  if (result === text) return false;
  writeFileSync(join(root, path), result);
  return true;
}

/** What a file has that would be taken for `name`, and so could not be renamed again. */
function findConflicts({ path, text }: TextFile, name: string): string[] {
  const others = text.replace(NAMES, '').match(anyOf(...formsOf(name))) ?? [];
  return others.map(
    (other) => `${path} already has "${other}", which could not be told apart from ${name}`,
  );
}

/** What is not about the current name, one line each. */
function findOtherNames({ path, text }: TextFile): string[] {
  const found = (text.match(NAMES) ?? []).filter((name) => name !== current);
  const [author] = (isManifest(path) && AUTHOR.exec(text)) || [];
  if (author !== undefined && author !== `author: ${ownerOf(current)}`) found.push(author);
  const isPublished = ownerOf(current) !== PLACEHOLDER;
  if (isPublished && path.endsWith('.md') && text.search(UNPUBLISHED) >= 0) {
    found.push('<!-- unpublished -->');
  }
  return found.map((other) => `${path} has "${other}", and package.json has ${current}`);
}

function isManifest(path: string): boolean {
  return /(?:^|\/)action\.yml$/.test(path);
}

function ownerOf(name: string): string {
  return name.split('/', 1).join();
}
