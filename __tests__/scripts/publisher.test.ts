import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, matchesGlob, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { marked, type Tokens } from 'marked';
import { ACCOUNT_TESTS } from '../../e2e/account-tests.ts';
import { githubEnvironment } from '../../sandbox/runner/environment.ts';
import { FILES_WITHOUT_ACCOUNT, withAccount } from '../../scripts/publisher.ts';
import { ROOT } from '../support/root.ts';

// npm run e2e runs the program itself in a clone, and then all checks.

/** The texts that the program may change, by path. */
const FILES = new Map(
  execFileSync('git', ['ls-files', '-z', ...FILES_WITHOUT_ACCOUNT], { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)))
    .map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]),
);

const textOf = (files: ReadonlyMap<string, string>, path: string) => String(files.get(path));
const [current] = JSON.parse(textOf(FILES, 'package.json')).repository.split('/');

/** These texts after the program. */
const named = (files: ReadonlyMap<string, string>, from: string, to: string) =>
  new Map([...files].map(([path, text]) => [path, withAccount(path, text, from, to)]));

const linesWithPlaceholder = (files: ReadonlyMap<string, string>) =>
  [...files].flatMap(([path, text]) =>
    text
      .split('\n')
      .filter((line) => line.includes('OWNER'))
      .map((line) => ({ path, line })),
  );

describe.each(['x', 'acme-actions-1', 'abcdefghij-abcdefghij-abcdefghij-abcdef'])(
  'the account %s',
  (account) => {
    const published = named(FILES, current, account);

    test('replaces the placeholder everywhere but in the program and its test', () => {
      expect(linesWithPlaceholder(published)).toEqual([]);
      expect(textOf(published, 'action.yml')).toContain(`\nauthor: ${account}\n`);
      expect(textOf(published, 'README.md')).toContain(
        `- uses: ${account}/openrouter-workspace@v1\n`,
      );
    });

    test('adds badges of its own CI and release', () => {
      const readme = textOf(published, 'README.md');
      const urls = [...readme.matchAll(/\]\((\S+?(?:badge\.svg|v\/release\/\S+?))\)/g)];
      expect(urls.map(([, url]) => url)).toEqual([
        `https://github.com/${account}/openrouter-workspace/actions/workflows/ci.yml/badge.svg`,
        `https://img.shields.io/github/v/release/${account}/openrouter-workspace`,
      ]);
      expect(readme).not.toContain('<!-- badges');
    });

    test('leaves the instructions that are not about the placeholder', () => {
      expect(textOf(published, 'docs/recipes/workspace-for-one-job.md')).toContain(
        'replace `web` by a name that no other repository of the account uses',
      );
      expect(textOf(published, 'docs/costs.md')).toContain(
        ' stop spending. Replace `production-web` by ',
      );
    });

    test('leaves lists whose numbers have no gap', () => {
      for (const path of ['README.md', 'CONTRIBUTING.md']) {
        const text = textOf(published, path);
        marked.walkTokens(marked.lexer(text), (token) => {
          if (token.type !== 'list' || !token['ordered']) return;
          const numbers = (token as Tokens.List).items.map(({ raw }) => Number.parseInt(raw, 10));
          expect(numbers).toEqual(numbers.map((_, at) => at + 1));
        });
      }
    });

    test('is replaced by a later account, and by itself without a change', () => {
      expect(named(published, account, account)).toEqual(published);
      expect(named(published, account, 'other')).toEqual(named(FILES, current, 'other'));
    });
  },
);

test('what is removed is a line of its own or the section about the first release', () => {
  const text = [
    'Replace `web` by a name.',
    'Replace `OWNER` as above.',
    '- uses: OWNER/openrouter-workspace/key@v1, of ANOTHER-OWNER/openrouter-workspace',
    'Subject:  repo:OWNER/REPO:environment:live',
    '### Before the first release',
    'Name the account.',
    '### Settings',
    '',
  ];
  const kept = [
    'Replace `web` by a name.',
    '- uses: acme/openrouter-workspace/key@v1, of ANOTHER-OWNER/openrouter-workspace',
    'Subject:  repo:OWNER/REPO:environment:live',
    '### Settings',
    '',
  ];
  expect(withAccount('docs/costs.md', text.join('\n'), 'OWNER', 'acme')).toBe(kept.join('\n'));
});

test('each line about the placeholder says nothing else', () => {
  const lines = [...FILES]
    .filter(([path]) => path.endsWith('.md'))
    .flatMap(([, text]) => text.match(/^.*`OWNER`.*$/gm) ?? []);
  for (const line of lines) {
    expect(line).toMatch(
      /^((- \[ \] \*\*In (all|the) files?,\*\*|- \*\*Publisher:\*\*) r| *R)eplace `OWNER` /,
    );
    expect(line.match(/`.*?`/g)).toEqual(['`OWNER`']);
  }
});

test('each document that names these actions by the placeholder says what replaces it', () => {
  const silent = [...FILES]
    .filter(([path, text]) => path.endsWith('.md') && text.includes('OWNER/openrouter-workspace'))
    .filter(([, text]) => !text.includes('eplace `OWNER` '));
  expect(silent.map(([path]) => path)).toEqual([]);
});

describe('the tests that npm run e2e repeats with other accounts', () => {
  const all = globSync('**/*.test.ts', { cwd: join(ROOT, '__tests__') }).map((path) =>
    path.replaceAll('\\', '/'),
  );
  const isRepeated = (path: string) => ACCOUNT_TESTS.some((tests) => path.startsWith(tests));
  /** The files that name the account. */
  const NAMED = [...named(FILES, current, 'other')].flatMap(([path, text]) =>
    text === FILES.get(path) ? [] : path,
  );

  test('exist', () => {
    expect(ACCOUNT_TESTS.filter((tests) => !all.some((path) => path.startsWith(tests)))).toEqual(
      [],
    );
  });

  test('are all that import a file with the account, or name one that they read', () => {
    const others = all.filter((path) => !isRepeated(path));
    const seen = others.flatMap((path) =>
      [...modulesOf(`__tests__/${path}`)]
        .flatMap((module) => [module, ...pathsIn(module)])
        .filter((read) => NAMED.some((file) => isMeant(file, read)))
        .map((read) => `${path} uses ${read}`),
    );
    expect(others.length).toBeGreaterThan(50);
    expect(seen).toEqual([]);
  });

  test('are all that see the account in what a step writes, because others run it for another one', () => {
    expect(NAMED.filter((path) => path.startsWith('src/'))).toEqual(['src/report/description.ts']);
    const repository = githubEnvironment('')['GITHUB_ACTION_REPOSITORY'];
    expect(process.env['GITHUB_ACTION_REPOSITORY']).toBe(repository);
    // So they prove what holds for the longest account.
    expect(repository).toMatch(/^[a-z-]{39}\/openrouter-workspace$/);
  });

  /** A module and what it imports, but for the actions, and for the runner, which reads each `action.yml`. */
  function modulesOf(module: string): Set<string> {
    const modules = new Set([module]);
    for (const one of modules) {
      for (const [, path = ''] of textOf(FILES, one).matchAll(/(?:from|import\()\s*'(\..*?)'/g)) {
        const imported = posix.join(posix.dirname(one), path);
        if (!/^(src|sandbox\/runner)\//.test(imported)) modules.add(imported);
      }
    }
    return modules;
  }

  /** What is written in a module as a path or as a pattern, from where it stands or from the root. */
  function pathsIn(module: string): string[] {
    const texts = textOf(FILES, module).matchAll(
      /['"`](?:\$\{\w+\})?([^'"`\n$]+\.(?:md|yml|json|ts))['"`]/g,
    );
    return [...texts].map(([, path = '']) => path).filter((path) => !path.startsWith('.'));
  }

  /** Whether a file is meant by a path, a pattern, or the end of a path. */
  function isMeant(file: string, path: string): boolean {
    return matchesGlob(file, path) || file.endsWith(`/${path}`);
  }
});

const INVALID = 'is not the name of an account: letters and digits, in groups joined by single';

test.each([
  ['no account', [], '0 accounts were given.'],
  ['two accounts', ['acme', 'other'], '2 accounts were given.'],
  ['an account with a space', ['ac me'], `"ac me" ${INVALID}`],
  ['an account with two hyphens in a row', ['ac--me'], `"ac--me" ${INVALID}`],
  ['an account that begins with a hyphen', ['-acme'], `"-acme" ${INVALID}`],
  ['an account of 40 characters', ['a'.repeat(40)], `"${'a'.repeat(40)}" ${INVALID}`],
])('%s is rejected, with what is wrong and the usage', (_, args, problem) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/publisher.ts'), ...args],
    { encoding: 'utf8' },
  );
  const [first, usage] = stderr.split('\n');
  expect(status).toBe(1);
  expect(first).toContain(problem);
  expect(usage).toMatch(/^Usage: npm run publisher -- ACCOUNT, /);
});
