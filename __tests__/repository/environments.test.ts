import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { marked } from 'marked';
import { openShell } from '../support/example-shell.ts';
import { ROOT } from '../support/root.ts';

/** The commands of a page that create environments for one repository. */
const COMMANDS = globSync(['README.md', 'docs/**/*.md'], { cwd: ROOT }).flatMap((page) => {
  const found: string[] = [];
  marked.walkTokens(marked.lexer(readFileSync(join(ROOT, page), 'utf8')), (token) => {
    if (token.type !== 'code' || !token['text'].includes('deployment_branch_policy')) return;
    // Somebody who pastes lines goes on after an error.
    if (!token['text'].includes('repositories.txt')) found.push(`set +e\n${token['text']}`);
  });
  return found.map((commands) => ({ page, commands }));
});

const shell = openShell();
const called = () => shell.read('called').split('\n').filter(Boolean);
/** The environments that got a secret. */
const withSecrets = () =>
  new Set(called().flatMap((line) => /^secret set .* --env (\S+)$/.exec(line)?.[1] ?? []));
/** As `gh` does it: `refused` is what it does not do. It lists no rule. */
const stub = (refused: string) =>
  shell.stub(
    'gh',
    `echo "$*" >> called
case "$*" in
  ${refused}) exit 1 ;;
  'secret set OPENROUTER_'*SEAL*) cat > seal ;;
esac`,
  );

beforeEach(() => {
  shell.run(': > called');
});

test('the pages create environments', () => {
  expect(COMMANDS.map(({ page }) => page)).toContain('README.md');
});

test.each(COMMANDS)('$page stores secrets only in environments with a rule', ({ commands }) => {
  stub('nothing');
  expect(shell.run(commands).status).toBe(0);
  const withRules = new Set(
    called().flatMap(
      (line) => /environments\/(\S+)\/deployment-branch-policies -f/.exec(line)?.[1] ?? [],
    ),
  );
  const others = [...withSecrets()].filter((name) => !withRules.has(name));
  // Which the README has created: the page about deployments adds a seal to it.
  const existing = commands.includes('OPENROUTER_DEPLOY_SEAL') ? ['openrouter-preview'] : [];
  expect(others).toEqual(existing);
  expect(withSecrets()).not.toEqual(new Set());
});

test.each([
  { refused: '*custom_branch_policies*' },
  { refused: '*deployment-branch-policies\\ -f*' },
])('no page stores a secret in an environment if GitHub refuses $refused', ({ refused }) => {
  stub(refused);
  for (const { page, commands } of COMMANDS) {
    shell.run(commands);
    expect([page, withSecrets()]).toEqual([page, new Set()]);
  }
});
