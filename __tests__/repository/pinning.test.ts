import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { marked } from 'marked';
import manifest from '../../package.json' with { type: 'json' };
import { openShell } from '../support/example-shell.ts';
import { ROOT } from '../support/root.ts';

/** The command of the README that pins all actions to the commits of their tags, as it is written there. */
const COMMAND = findCommand();

function findCommand(): string {
  const commands: string[] = [];
  marked.walkTokens(marked.lexer(readFileSync(join(ROOT, 'README.md'), 'utf8')), (token) => {
    if (token.type === 'code' && token['text'].includes('perl -pi')) commands.push(token['text']);
  });
  const [command, ...others] = commands;
  if (command === undefined || others.length > 0) throw new Error('Not one command with perl -pi');
  return command;
}

/** The account that publishes the actions, or what stands for it. */
const [ACCOUNT] = manifest.repository.split('/');

const shell = openShell();

// The only configuration of Git, with a folder instead of GitHub.
shell.write(
  'gitconfig',
  `
[user]
  name = Publisher
  email = publisher@example.com
[url "published/"]
  insteadOf = https://github.com/
`,
);

const run = (script: string) =>
  shell.run(`export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$PWD/gitconfig\n${script}`).status;

const FILES = {
  '.github/workflows/preview.yml': `
# By OWNER/openrouter-workspace@v1
- uses: OWNER/openrouter-workspace@v1
- uses: OWNER/openrouter-workspace/preview@v1
- uses: 'OWNER/openrouter-workspace/key@v1'
- { uses: OWNER/openrouter-workspace/usage@v1, with: { workspace: web } } # The costs
- uses: actions/checkout@v7
- uses: OWNER/openrouter-workspace@v1.2.3
- uses: OWNER/openrouter-workspace@v12
- uses: OWNER/openrouter-workspace-fork@v1
- uses: ./action@v1
- uses: docker://image@v1
- uses: OWNER/openrouter-workspace@main
`,
  '.github/workflows/clean up.yaml':
    '- uses: OWNER/openrouter-workspace/preview@v1\r\n- run: a\r\n',
  '.github/actions/test/action.yml': '  - uses: OWNER/openrouter-workspace/key@v1',
  'README.md': 'Uses: OWNER/openrouter-workspace@v1',
};

const pinnedTo = (sha: string, checkout: string) => ({
  '.github/workflows/preview.yml': `
# By OWNER/openrouter-workspace@v1
- uses: OWNER/openrouter-workspace@${sha} # v1
- uses: OWNER/openrouter-workspace/preview@${sha} # v1
- uses: 'OWNER/openrouter-workspace/key@${sha}' # v1
- { uses: OWNER/openrouter-workspace/usage@${sha}, with: { workspace: web } } # The costs # v1
- uses: actions/checkout@${checkout} # v7
- uses: OWNER/openrouter-workspace@${sha} # v1.2.3
- uses: OWNER/openrouter-workspace@${sha} # v12
- uses: OWNER/openrouter-workspace-fork@v1
- uses: ./action@v1
- uses: docker://image@v1
- uses: OWNER/openrouter-workspace@main
`,
  '.github/workflows/clean up.yaml': `- uses: OWNER/openrouter-workspace/preview@${sha} # v1\r\n- run: a\r\n`,
  '.github/actions/test/action.yml': `  - uses: OWNER/openrouter-workspace/key@${sha} # v1`,
  'README.md': 'Uses: OWNER/openrouter-workspace@v1',
});

/** The files of a repository that uses our actions. */
const readFiles = () =>
  Object.fromEntries(Object.keys(FILES).map((path) => [path, shell.read(path).slice(0, -1)]));

beforeEach(() => {
  shell.run('rm -rf .github published; mkdir -p .github/workflows .github/actions/test');
  for (const [path, text] of Object.entries(FILES)) shell.write(path, text);
  run(`
    git init --quiet --initial-branch main published/${ACCOUNT}/openrouter-workspace
    cd published/${ACCOUNT}/openrouter-workspace
    git commit --quiet --allow-empty --message 'Release 1'
    git rev-parse HEAD > ../../../sha
    git branch v1
    git tag v1.2.3
    git tag v12
    git commit --quiet --allow-empty --message 'Later'
    git branch --force v1
    cd ../../..
    git init --quiet --initial-branch main published/actions/checkout
    cd published/actions/checkout
    git commit --quiet --allow-empty --message 'Release 7'
    git tag v7
    git rev-parse HEAD > ../../../checkout
  `);
});

test.each([
  ['lightweight', 'git tag v1 v1.2.3'],
  ['annotated', "git tag --annotate v1 v1.2.3 --message 'Version 1'"],
])(
  'the command of the README pins all uses of actions, and nothing else, to the commit of a tag that is %s',
  (_, tag) => {
    run(`cd published/${ACCOUNT}/openrouter-workspace; ${tag}`);
    expect(run(COMMAND)).toBe(0);
    const pinned = pinnedTo(shell.read('sha').trim(), shell.read('checkout').trim());
    expect(readFiles()).toEqual(pinned);
    expect(run(COMMAND)).toBe(0);
    expect(readFiles()).toEqual(pinned);
  },
);

test('the command of the README leaves an action as it is whose tag does not exist, and says so', () => {
  expect(run(`{\n${COMMAND}\n} > shown`)).toBe(0);
  const shown = shell.read('shown');
  expect(shown).toContain('Not found: OWNER/openrouter-workspace/preview@v1\n');
  expect(shown.split('\n')).toContain(
    '.github/workflows/preview.yml:- uses: OWNER/openrouter-workspace/preview@v1',
  );
  expect(shown).not.toContain('actions/checkout@v7');
});
