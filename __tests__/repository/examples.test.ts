import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SCENES } from '../../sandbox/cli/scenes.ts';
import { readExamples } from '../../scripts/examples.ts';
import { ROOT } from '../support/root.ts';

/** Runs the checker as a process: loading the language service in jest causes warnings. */
function check(...files: string[]): Promise<{ exitCode: number; findings: string }> {
  const script = join(ROOT, 'scripts/check-workflows.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...files], (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code) : 0, findings: stdout + stderr });
    });
  });
}

const STEP = `- uses: OWNER/openrouter-workspace@v1
  id: workspace
  with:
    management-key: \${{ secrets.OPENROUTER_MANAGEMENT_KEY }}
    name: Preview
    slug: preview
- run: echo \${{ steps.workspace.outputs.id }}
`;
const inReadme = (yaml: string) => `# Title\n\nText.\n\n\`\`\`yaml\n${yaml}\`\`\`\n`;

const CORRECT: [title: string, file: string, text: string][] = [
  ['a correct example', 'README.md', inReadme(STEP)],
  [
    'a null in quotes, and any null for another action',
    'README.md',
    inReadme(
      `${STEP.replace('name:', 'description: "null"\n    name:')}- uses: actions/checkout@v7\n  with:\n    ref: null\n`,
    ),
  ],
];

const INCORRECT: [title: string, file: string, text: string, finding: string][] = [
  [
    'an unknown input',
    'README.md',
    inReadme(STEP.replace('name:', 'nmae:')),
    "Invalid action input 'nmae'",
  ],
  [
    'a missing required input',
    'README.md',
    inReadme(STEP.replace(/ +slug:.*\n/, '')),
    'required input `slug`',
  ],
  [
    'an unknown output',
    'README.md',
    inReadme(STEP.replace('outputs.id', 'outputs.uuid')),
    'invalid: uuid',
  ],
  ['an unknown context', 'README.md', inReadme(STEP.replace('secrets.', 'secret.')), 'secret'],
  [
    'a null without quotes in an example',
    'README.md',
    inReadme(STEP.replace('name:', 'description: null\n    name:')),
    'description is a null without quotes',
  ],
  [
    'a mistake in an action.yml',
    'action.yml',
    'name: A\ndescription: B\nruns:\n  usin: node24\n  main: a.js\n',
    "Unexpected value 'usin'",
  ],
];

const NULLS = ['null', '~', 'Null', 'NULL', '# nothing'];
const USES = [
  'OWNER/openrouter-workspace@v1',
  'OWNER/openrouter-workspace/key@0123456789abcdef0123456789abcdef01234567',
  './',
  './delete',
];

/** A workflow with steps that use `uses`, each with another notation of null as an input. */
function workflowWithNulls(uses: string): string {
  const steps = NULLS.map(
    (text) => `      - uses: ${uses}\n        with:\n          name: ${text}\n`,
  );
  return `on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n${steps.join('')}`;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'example-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes `texts` to files of the given names, each in a folder of its own. */
async function write(group: string, texts: readonly (readonly [file: string, text: string])[]) {
  return Promise.all(
    texts.map(async ([file, text], at) => {
      const own = join(folder, group, String(at));
      await mkdir(own, { recursive: true });
      await writeFile(join(own, file), text);
      return join(own, file);
    }),
  );
}

test("GitHub's language service finds nothing in our YAML and our examples", async () => {
  expect(await check()).toEqual({ exitCode: 0, findings: '' });
});

test('no example has prompts stored or shared, which a reader may copy without noticing', () => {
  const examples = globSync(['README.md', 'docs/*.md'], { cwd: ROOT }).flatMap((file) =>
    readExamples(join(ROOT, file)).map(({ text }) => text),
  );
  const scenes = Object.values(SCENES).map(({ inputs }) =>
    Object.entries(inputs)
      .map(([input, value]) => `${input}: ${value}`)
      .join('\n'),
  );
  const found = [...examples, ...scenes].flatMap(
    (text) =>
      text.match(/^ *(is-.*(logging|broadcast)-enabled: true|io-logging-.*: [^"].*)$/gm) ?? [],
  );
  expect(examples.length).toBeGreaterThan(10);
  expect(found).toEqual([]);
});

describe('the check of workflows', () => {
  test(`accepts ${CORRECT.map(([title]) => title).join(', and ')}`, async () => {
    const files = await write(
      'correct',
      CORRECT.map(([, file, text]) => [file, text]),
    );
    expect(await check(...files)).toEqual({ exitCode: 0, findings: '' });
  });

  const examples = [
    ...INCORRECT.map(([title, file, text]) => ({ title, file, text })),
    ...USES.map((uses) => ({ title: uses, file: 'workflow.yml', text: workflowWithNulls(uses) })),
  ];
  const findings = new Map<string, string[]>();
  // One process for all: the language service takes a second to load.
  beforeAll(async () => {
    const files = await write(
      'incorrect',
      examples.map(({ file, text }) => [file, text]),
    );
    const found = await check(...files);
    expect(found.exitCode).toBe(1);
    const lines = found.findings.split('\n');
    for (const [at, { title }] of examples.entries()) {
      findings.set(
        title,
        lines.filter((line) => line.startsWith(`${files[at]}:`)),
      );
    }
  });

  test.each(INCORRECT)('finds %s', (title, _file, _text, finding) => {
    expect(findings.get(title)?.join('\n')).toContain(finding);
  });

  test.each(USES)('finds a null without quotes in an input of %s in every notation', (uses) => {
    const found = findings.get(uses)?.filter((line) => line.includes('write "null"'));
    expect(found).toHaveLength(NULLS.length);
    expect(found?.[0]).toMatch(/workflow\.yml:8:11: name is a null without quotes/);
  });
});
