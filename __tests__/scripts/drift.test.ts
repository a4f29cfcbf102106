import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { compareNames, formatDifference } from '../../scripts/drift/compare.ts';
import { readDescription } from '../../scripts/drift/description.ts';
import { KNOWN } from '../../scripts/drift/known.ts';
import { ROOT } from '../support/root.ts';

/** OpenRouter's description of 2026-08-22, cut to the calls and the names that are compared. */
const FIXTURE = join(ROOT, '__tests__/scripts/openapi.json');

const readFixture = () => JSON.parse(readFileSync(FIXTURE, 'utf8'));

/** The differences between what is known and a description, as they are printed. */
const differences = (document: unknown) =>
  compareNames(KNOWN, [readDescription(document, KNOWN)]).map(formatDifference);

/** What a description has and the actions do not know. Only a newer one has what is newer than it. */
const newNames = (document: unknown) =>
  differences(document).filter((line) => line.startsWith('New in '));

test('the description of 2026-08-22 has nothing that the actions do not know', () => {
  expect(newNames(readFixture())).toEqual([]);
});

test('a description has a difference for a new field of a schema that is composed of others', () => {
  const document = readFixture();
  document.components.schemas.Workspace.properties.default_classifier_id = {};
  expect(differences(document)).toContain(
    'New in the response of GET /workspaces/:id: "default_classifier_id"',
  );
});

test('a description has two differences for a renamed field of a body', () => {
  const document = readFixture();
  const { content } = document.paths['/keys/{hash}'].patch.requestBody;
  const { properties } = content['application/json'].schema;
  properties.renamed = {};
  delete properties.disabled;
  const added = differences(document).filter((line) => !differences(readFixture()).includes(line));
  expect(added).toEqual([
    'New in the body of PATCH /keys/:hash: "renamed"',
    'Not described in the body of PATCH /keys/:hash: "disabled"',
  ]);
});

test('a description has a difference for a new parameter of a path, by reference', () => {
  const document = readFixture();
  document.components.parameters = { Sort: { in: 'query', name: 'sort' } };
  document.paths['/keys'].parameters = [{ $ref: '#/components/parameters/Sort' }];
  expect(differences(document)).toContain('New in the query of GET /keys: "sort"');
});

test.each<[string, string, (document: ReturnType<typeof readFixture>) => unknown]>([
  ['it is a page', 'cannot read an OpenAPI document', () => '<html>'],
  [
    'a reference leads nowhere',
    'no fields found in the body of POST /workspaces',
    (document) => ({ ...document, components: { schemas: {} } }),
  ],
])('a description cannot be read if %s', (_, reason, change) => {
  expect(() => readDescription(change(readFixture()), KNOWN)).toThrow(reason);
});

test('a name that a newer description has is not missing', () => {
  expect(compareNames(KNOWN, [readDescription(readFixture(), KNOWN), KNOWN])).toEqual([]);
});

test('npm run drift fails and names what is new, as text, also if another description cannot be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drift-'));
  const newer = join(folder, 'newer.json');
  const missing = join(folder, 'missing.json');
  const document = readFixture();
  document.paths['/workspaces'].get.parameters.push({ in: 'query', name: '##[error]a\u001b[31m' });
  writeFileSync(newer, JSON.stringify(document));
  const script = join(ROOT, 'scripts/drift/drift.ts');
  const run = spawnSync(process.execPath, [script, newer, missing], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const lines = run.stdout.trim().split('\n');
  expect([run.status, lines[0]]).toEqual([1, `Description: ${newer}`]);
  expect(lines).toContainEqual(expect.stringMatching(`^${missing}: ENOENT: no such file`));
  expect(lines).toContain('New in the query of GET /workspaces: "## [error]a\\u001b[31m"');
  expect(lines.at(-1)).toMatch(/^Decide what to do about each difference, /);
});
