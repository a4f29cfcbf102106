import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from '../support/harness.ts';

/** Runs the checker as a process: the language service cannot be loaded in jest without warnings. */
function check(...files: string[]): Promise<{ exitCode: number; findings: string }> {
  const script = join(ROOT, 'scripts/check-workflows.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...files], (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code) : 0, findings: stdout + stderr });
    });
  });
}

async function checkText(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'example-'));
  const file = join(folder, name);
  await writeFile(file, text);
  const { exitCode, findings } = await check(file);
  await rm(folder, { recursive: true });
  expect(exitCode).toBe(findings === '' ? 0 : 1);
  return findings.replaceAll(file, name);
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

test("GitHub's language service finds nothing in our YAML and our examples", async () => {
  expect(await check()).toEqual({ exitCode: 0, findings: '' });
}, 60_000);

describe('it would find', () => {
  test('nothing in a sound example', async () => {
    expect(await checkText('README.md', inReadme(STEP))).toBe('');
  });

  test.each([
    ['an input that is not there', STEP.replace('name:', 'nmae:'), "Invalid action input 'nmae'"],
    ['a required input left out', STEP.replace(/ +slug:.*\n/, ''), 'required input `slug`'],
    ['an output that is not there', STEP.replace('outputs.id', 'outputs.uuid'), 'invalid: uuid'],
    ['a context that is not there', STEP.replace('secrets.', 'secret.'), 'secret'],
  ])('%s', async (_, yaml, finding) => {
    expect(await checkText('README.md', inReadme(yaml))).toContain(finding);
  });

  test.each([
    'OWNER/openrouter-workspace@v1',
    'OWNER/openrouter-workspace/key@0123456789abcdef0123456789abcdef01234567',
    './',
    './delete',
  ])('a null without quotes in an input of %s, however it is written', async (uses) => {
    const nulls = ['null', '~', 'Null', 'NULL', '# nothing'];
    const steps = nulls.map(
      (text) => `      - uses: ${uses}\n        with:\n          name: ${text}\n`,
    );
    const job = '  job:\n    runs-on: ubuntu-latest\n    steps:\n';
    const findings = await checkText('workflow.yml', `on: push\njobs:\n${job}${steps.join('')}`);
    const lines = findings.split('\n').filter((line) => line.includes('write "null"'));
    expect(lines).toHaveLength(nulls.length);
    expect(lines[0]).toMatch(/^workflow\.yml:8:11: name is a null without quotes/);
  });

  test('a null without quotes in an example', async () => {
    const example = inReadme(STEP.replace('name:', 'description: null\n    name:'));
    expect(await checkText('README.md', example)).toContain('description is a null without quotes');
  });

  test('no fault in a null with quotes, nor in one for the action of somebody else', async () => {
    const quoted = STEP.replace('name:', 'description: "null"\n    name:');
    const other = '- uses: actions/checkout@v7\n  with:\n    ref: null\n';
    expect(await checkText('README.md', inReadme(quoted + other))).toBe('');
  });

  test('a mistake in an action.yml', async () => {
    const text = 'name: A\ndescription: B\nruns:\n  usin: node24\n  main: a.js\n';
    expect(await checkText('action.yml', text)).toContain("Unexpected value 'usin'");
  });
});
