import { globSync, readFileSync } from 'node:fs';
import { matchesGlob, posix } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../support/root.ts';

/** What knows OpenRouter and GitHub, and no action. */
const APIS = 'openrouter github http lib';

/** What the work of an action may use. */
const PARTS = `creation governance teardown runtime inputs sealing shared ${APIS}`;

/**
 * What the files of `src/` may use besides their own room, `zod/mini` and Node.js. Of several rules for a file,
 * the first holds.
 */
const RULES: readonly (readonly [files: string, uses: string])[] = [
  ['index.ts', 'actions/*'],
  ['actions/preview/inputs.ts', `actions/create actions/key ${PARTS} @actions/core process.env`],
  [
    'actions/preview/{failures,report,render-*,main}.ts',
    `actions/create actions/key report ${PARTS}`,
  ],
  ['actions/preview/*.ts', `actions/create actions/key ${PARTS}`],
  ['actions/end-key/inputs.ts', `actions/key ${PARTS} @actions/core process.env`],
  ['actions/end-key/*.ts', `actions/key actions/preview ${PARTS}`],
  ['actions/*/inputs.ts', `${PARTS} @actions/core process.env`],
  ['actions/*/{failures,report,end-and-report}.ts', `report ${PARTS}`],
  ['actions/*/*.ts', PARTS],
  ['creation/*.ts', `shared ${APIS}`],
  ['governance/inputs.ts', `inputs creation shared ${APIS}`],
  ['governance/failures.ts', `report creation shared ${APIS}`],
  ['governance/*.ts', `creation shared ${APIS}`],
  ['teardown/{failures,report}.ts', `report shared ${APIS}`],
  ['teardown/*.ts', `shared ${APIS}`],
  ['runtime/*.ts', `inputs report shared ${APIS} @actions/core process.env package.json`],
  ['inputs/*.ts', `shared ${APIS} @actions/core process.env`],
  ['report/redactor.ts', 'http openrouter'],
  ['report/*.ts', 'shared github http lib @actions/core process.env'],
  ['sealing/inputs.ts', 'shared lib @actions/core process.env'],
  ['sealing/{failures,output-key}.ts', 'report shared'],
  ['sealing/*.ts', 'http lib'],
  ['shared/*.ts', APIS],
  ['openrouter/**/*.ts', 'http lib'],
  ['github/*.ts', 'http lib'],
  ['http/transport.ts', 'lib @actions/http-client'],
  ['http/*.ts', 'lib'],
  ['lib/*.ts', ''],
];

/** `import … from`, `export … from`, `import` for its side effects, and `import(…)` or `require(…)`. */
const IMPORT =
  /(?:^(?:import|export)\s[^;(=]*?\bfrom\s*|^import\s*|\b(?:import|require)\s*\(\s*)(['"`])(?<specifier>[^'"`\n]+)\1/gm;

/** The environment, as `process.env`, `process['env']` or `{ env } = process`. */
const ENVIRONMENT = /\bprocess\b.*\benv\b|\benv\b.*= process\b/g;

/** Where a file uses something: its room, its package, or `process.env`. */
interface Use {
  line: number;
  name: string;
}

function usesOf(file: string, text: string): Use[] {
  const lineAt = (index: number) => text.slice(0, index).split('\n').length;
  const imports = [...text.matchAll(IMPORT)].map(({ index, groups }) => {
    return { line: lineAt(index), name: nameOf(file, groups?.['specifier'] ?? '') };
  });
  const environment = [...text.matchAll(ENVIRONMENT)].map(({ index }) => {
    return { line: lineAt(index), name: 'process.env' };
  });
  return [...imports, ...environment];
}

function nameOf(file: string, specifier: string): string {
  if (specifier === 'node:process' || specifier === 'process') return 'process.env';
  if (!specifier.startsWith('.')) return specifier;
  const path = posix.join('src', posix.dirname(file), specifier);
  return path.startsWith('src/') ? roomOf(path.slice('src/'.length)) : (path.split('/')[0] ?? '');
}

/** The room of a file of `src/`: `http`, `actions/key`. */
function roomOf(file: string): string {
  return file
    .split('/')
    .slice(0, file.startsWith('actions/') ? 2 : 1)
    .join('/');
}

const isForAll = (name: string) => name === 'zod/mini' || name.startsWith('node:');

/** What a file of `src/` uses and may not: `src/http/send.ts:3 uses report. It may use: lib.` */
function violationsIn(file: string, text: string): string[] {
  const rule = RULES.find(([files]) => matchesGlob(file, files));
  if (!rule) return [`src/${file} has no rule in ${import.meta.filename}.`];
  const allowed = [roomOf(file), ...rule[1].split(' ')];
  return usesOf(file, text)
    .filter(({ name }) => !isForAll(name) && !allowed.some((one) => matchesGlob(name, one)))
    .map(({ line, name }) => `src/${file}:${line} uses ${name}. It may use: ${rule[1]}.`);
}

const sources = globSync('**/*.ts', { cwd: `${ROOT}src` }).map((file) =>
  file.replaceAll('\\', '/'),
);

test('each file of src/ uses only what the table of rooms allows', () => {
  const violations = sources.flatMap((file) =>
    violationsIn(file, readFileSync(`${ROOT}src/${file}`, 'utf8')),
  );
  expect(violations).toEqual([]);
});

test('each rule of the table of rooms is about a file that exists', () => {
  const used = new Set(
    sources.map((file) => RULES.findIndex(([files]) => matchesGlob(file, files))),
  );
  expect(RULES.filter((_, at) => !used.has(at))).toEqual([]);
});

test.each([
  ['lib/json.ts', "import { x } from '../http/send.ts';"],
  ['lib/json.ts', "import { x } from '@actions/core';"],
  ['http/send.ts', "import { x } from '@actions/http-client';"],
  ['http/send.ts', "import type { x } from '../openrouter/time.ts';"],
  ['http/transport.ts', "import '../report/text.ts';"],
  ['openrouter/pages.ts', "export { x } from '../github/pulls.ts';"],
  ['openrouter/resources/keys.ts', "export * from '../../shared/context.ts';"],
  ['github/pulls.ts', "const x = await import('../openrouter/time.ts');"],
  ['shared/context.ts', 'const x = await import(`../report/text.ts`);'],
  ['creation/post-once.ts', "type X = typeof import('../governance/budgets.ts');"],
  ['governance/budgets.ts', "const x = require('../inputs/slug.ts');"],
  ['governance/inputs.ts', "import { x } from '../report/text.ts';"],
  ['governance/failures.ts', "import { x } from '../inputs/slug.ts';"],
  ['teardown/teardown.ts', "import { x } from '../creation/post-once.ts';"],
  ['teardown/report.ts', "import { x } from '../inputs/slug.ts';"],
  ['inputs/slug.ts', "import { x } from '../report/text.ts';"],
  ['report/text.ts', "import { x } from '../inputs/slug.ts';"],
  ['report/summary.ts', "import { x } from '../openrouter/settlement.ts';"],
  ['runtime/step.ts', "import { x } from '../actions/key/main.ts';"],
  ['actions/key/main.ts', "import {\n  x,\n} from '../create/main.ts';"],
  ['actions/key/main.ts', "import { x } from '../../report/text.ts';"],
  ['actions/key/report.ts', "import { x } from '../usage/report.ts';"],
  ['actions/key/inputs.ts', "import { x } from '../../report/text.ts';"],
  ['actions/preview/cap.ts', "import { x } from '../sweep/main.ts';"],
  ['actions/preview/cap.ts', "import { x } from '../../report/text.ts';"],
  ['actions/preview/inputs.ts', "import { x } from '../../report/text.ts';"],
  ['actions/delete/main.ts', "import { x } from '../../../sandbox/seed.ts';"],
  ['actions/delete/main.ts', "import { x } from '../../../__tests__/support/root.ts';"],
  ['lib/clock.ts', "import { env as x } from 'node:process';"],
  ['http/send.ts', "const x = process.env['X'];"],
  ['http/send.ts', "const x = process['env'];"],
  ['actions/key/main.ts', 'const { env } = process;'],
  ['elsewhere/file.ts', ''],
])('the table of rooms does not allow %s to have %j', (file, text) => {
  expect(violationsIn(file, text)).toHaveLength(1);
});
