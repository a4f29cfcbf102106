import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compareNames, formatDifference } from '../../scripts/drift/compare.ts';
import { type Names, readDescription } from '../../scripts/drift/description.ts';
import { KNOWN } from '../../scripts/drift/known.ts';
import { ROOT } from '../support/root.ts';

/**
 * OpenRouter's description of 2026-08-22, cut to the calls and the names that are compared, with the body
 * of `POST /oauth/token` as the SDK 1.3.19 has it.
 */
const FIXTURE = join(ROOT, '__tests__/scripts/openapi.json');

const readFixture = () => JSON.parse(readFileSync(FIXTURE, 'utf8'));

/** The differences between what is known and a description, as they are printed. */
const differences = (document: unknown) =>
  compareNames(KNOWN, [readDescription(document, KNOWN)]).map(formatDifference);

/** What a description has and the actions do not know. Only a newer one has what is newer than it. */
const newNames = (document: unknown) =>
  differences(document).filter((line) => line.startsWith('New in '));

/** An OpenAPI document with these names. */
function describeNames(names: Names): object {
  const fields = (each: readonly string[] = []) => ({
    properties: Object.fromEntries(each.map((name) => [name, {}])),
  });
  const content = (schema: object) => ({ content: { 'application/json': { schema } } });
  const paths: Record<string, Record<string, object>> = {};
  for (const [call, { parameters = [], body, response }] of Object.entries(names)) {
    const [method = '', path = ''] = call.split(' ');
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: {
        parameters: parameters.map((name) => ({ in: 'query', name })),
        ...(body && { requestBody: content(fields(body)) }),
        ...(response && {
          responses: { 201: content({ properties: { data: fields(response) } }) },
        }),
      },
    };
  }
  return { paths };
}

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

test.each([
  ['POST /oauth/token', '/oauth/token', 'scope'],
  ['PATCH /keys/:hash', '/keys/{hash}', 'disabled'],
])(
  'a description has two differences for a renamed field of the body of %s',
  (call, path, name) => {
    const document = readFixture();
    const [method = ''] = call.toLowerCase().split(' ');
    const [type = ''] = Object.keys(document.paths[path][method].requestBody.content);
    const { properties } = document.paths[path][method].requestBody.content[type].schema;
    properties.renamed = {};
    delete properties[name];
    const added = differences(document).filter(
      (line) => !differences(readFixture()).includes(line),
    );
    expect(added).toEqual([
      `New in the body of ${call}: "renamed"`,
      `Not described in the body of ${call}: "${name}"`,
    ]);
  },
);

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

describe('npm run drift', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'drift-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (name: string, document: object) => {
    writeFileSync(join(folder, name), JSON.stringify(document));
    return join(folder, name);
  };
  const drift = (...sources: string[]) => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'scripts/drift/drift.ts'), ...sources],
      { encoding: 'utf8' },
    );
    return { status, lines: stdout.trim().split('\n') };
  };

  test('succeeds if a newer description has what an older one lacks', () => {
    const newest = write('newest.json', describeNames(KNOWN));
    expect(drift(FIXTURE, newest)).toEqual({
      status: 0,
      lines: [
        `Description: ${FIXTURE}`,
        `Description: ${newest}`,
        'The descriptions have the names that the actions know, and no others.',
      ],
    });
  });

  test('fails and names what is new, as text, also if another description cannot be read', () => {
    const parameters = ['offset', 'limit', '##[error]a\u001b[31m'];
    const newer = write(
      'newer.json',
      describeNames({ ...KNOWN, 'GET /workspaces': { parameters } }),
    );
    const missing = join(folder, 'missing.json');
    const { status, lines } = drift(newer, FIXTURE, missing);
    expect(status).toBe(1);
    expect(lines.slice(3)).toEqual([
      expect.stringMatching(`^${missing}: ENOENT: no such file`),
      'New in the query of GET /workspaces: "## [error]a\\u001b[31m"',
      'Not every description could be read. Try again, or name others: npm run drift -- openapi.json',
      'Decide what to do about each difference, then change scripts/drift/known.ts.',
    ]);
  });
});
