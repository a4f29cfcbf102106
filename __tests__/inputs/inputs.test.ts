import { beforeAll, describe, expect, test } from '@jest/globals';
import { readManifest, type StepResult } from '../../sandbox/runner/runner.ts';
import { expectFailure, openHarness, ROOT } from '../support/harness.ts';

const harness = openHarness();

const NOTHING_SENT = 'Nothing was sent to OpenRouter.';

const KEY_IDS =
  'must be a list of whole numbers: one per line, separated by commas, or a JSON array';
const TOOLS = 'must be a list of names: one per line, separated by commas, or a JSON array';
const RATE = 'must be a number from 0.0001 to 1';
const SLUG = 'must consist of lower-case letters and digits, separated by single hyphens';
const EMPTY =
  'was probably empty: on push, github.event.number, github.event.pull_request.number and github.head_ref are empty';
const DURATION = 'must be a duration such as 90s, 15m, 48h or 14d';
const URL_SHAPE = 'must be a URL such as https://openrouter.ai/api/v1';
const KEY = 'must be the key alone: no whitespace, no quotes, no "Bearer"';

/** Inputs, their texts in the workflow, and the values that are sent for them. */
const ACCEPTED: [input: string, text: string, sent: unknown][] = [
  ['name', 'n'.repeat(100), 'n'.repeat(100)],
  ['name', '🎈'.repeat(100), '🎈'.repeat(100)],
  ['name', 'null', 'null'],
  ['slug', 's'.repeat(50), 's'.repeat(50)],
  ['slug', '1', '1'],
  ['slug', '2024-10-a-1', '2024-10-a-1'],
  ['description', 'd'.repeat(500), 'd'.repeat(500)],
  ['description', 'NULL', 'NULL'],
  ['description', '  one\r\n\r\n  two\n', 'one\r\n\r\n  two'],
  ['default-text-model', 'openai/gpt-5-mini:free', 'openai/gpt-5-mini:free'],
  ['default-text-model', 'null', null],
  ['default-image-model', 'null', null],
  ['default-provider-sort', 'price', 'price'],
  ['default-provider-sort', 'latency', 'latency'],
  ['default-provider-sort', 'exacto', 'exacto'],
  ['io-logging-api-key-ids', '7', [7]],
  ['io-logging-api-key-ids', '1\n2\n\n3\n', [1, 2, 3]],
  ['io-logging-api-key-ids', '1,\n 2 , 3', [1, 2, 3]],
  ['io-logging-api-key-ids', '[1, 2]', [1, 2]],
  ['io-logging-api-key-ids', '[]', []],
  ['io-logging-sampling-rate', '0.0001', 0.0001],
  ['io-logging-sampling-rate', '1E-04', 0.0001],
  ['io-logging-sampling-rate', '1', 1],
  ['is-data-discount-logging-enabled', 'true', true],
  ['is-data-discount-logging-enabled', 'True', true],
  ['is-data-discount-logging-enabled', 'TRUE', true],
  ['is-data-discount-logging-enabled', 'false', false],
  ['is-data-discount-logging-enabled', 'False', false],
  ['is-data-discount-logging-enabled', 'FALSE', false],
  ['disabled-server-tools', 'openrouter:bash', ['openrouter:bash']],
  ['disabled-server-tools', 'a, b\nc', ['a', 'b', 'c']],
  ['disabled-server-tools', '["a,b"]', ['a,b']],
  ['disabled-server-tools', 'a\rb', ['a', 'b']],
];

/** Inputs, and their names in the line that rejects them. */
const MODEL_INPUTS = [
  ['default-text-model', 'default-text-model'],
  ['default-image-model', 'default-image-model'],
  ['allowed-models', 'allowed-models (entry 1)'],
  ['ignored-models', 'ignored-models (entry 1)'],
] as const;

/** Inputs, their texts in the workflow, and the lines that reject them. */
const REJECTED: [input: string, text: string, line: string][] = [
  ['name', '', 'name is required, and must be 1 to 100 characters'],
  ['name', ' \n', 'name is required, and must be 1 to 100 characters'],
  [
    'name',
    '🎈'.repeat(101),
    `name must be 1 to 100 characters, but has 101; given: "${'🎈'.repeat(100)}…"`,
  ],
  ['slug', '', 'slug is required, and must be 1 to 50 characters'],
  ['slug', 'feature/Foo_Bar', `slug ${SLUG}; given: "feature/Foo_Bar"; try: feature-foo-bar`],
  ['slug', 'Ünïcode', `slug ${SLUG}; given: "Ünïcode"; try: unicode`],
  ['slug', 'preview-', `slug ${SLUG}; given: "preview-"; the expression at its end ${EMPTY}`],
  ['slug', 'Preview_', `slug ${SLUG}; given: "Preview_"; the expression at its end ${EMPTY}`],
  ['slug', '-web', `slug ${SLUG}; given: "-web"; the expression at its beginning ${EMPTY}`],
  ['slug', 'pr--web', `slug ${SLUG}; given: "pr--web"; the expression in its middle ${EMPTY}`],
  ['slug', 'pr_-web', `slug ${SLUG}; given: "pr_-web"; the expression in its middle ${EMPTY}`],
  ['slug', 'preview/', `slug ${SLUG}; given: "preview/"`],
  ['slug', '(preview)', `slug ${SLUG}; given: "(preview)"`],
  ['slug', 'feature-日本語', `slug ${SLUG}; given: "feature-日本語"`],
  ['slug', '***', `slug ${SLUG}; given: "***"`],
  ['slug', 'a\nb', `slug ${SLUG}; given: "a\\nb"; try: a-b`],
  [
    'slug',
    's'.repeat(51),
    `slug must be 1 to 50 characters, but has 51; given: "${'s'.repeat(51)}"`,
  ],
  [
    'slug',
    'default',
    'slug must not be default, because every account already has a workspace with that slug; given: "default"',
  ],
  [
    'slug',
    '550e8400-e29b-41d4-a716-446655440000',
    'slug must not look like a UUID, because the API accepts an id in place of a slug; given: "550e8400-e29b-41d4-a716-446655440000"',
  ],
  [
    'slug',
    'ffffffff-ffff-0fff-ffff-ffffffffffff',
    'slug must not look like a UUID, because the API accepts an id in place of a slug; given: "ffffffff-ffff-0fff-ffff-ffffffffffff"',
  ],
  [
    'description',
    'd'.repeat(501),
    `description must be at most 500 characters, but has 501; given: "${'d'.repeat(100)}…"`,
  ],
  ...MODEL_INPUTS.flatMap(([input, named]) =>
    ['gpt5', 'openai/', 'a/b/c', 'openai/gpt 5'].map((text): [string, string, string] => [
      input,
      text,
      `${named} must be the slug of a model, such as openai/gpt-5-mini; given: "${text}"`,
    ]),
  ),
  [
    'default-provider-sort',
    'Price',
    'default-provider-sort must be price, throughput, latency, exacto or "null"; given: "Price"; try: price',
  ],
  [
    'default-provider-sort',
    'cheapest',
    'default-provider-sort must be price, throughput, latency, exacto or "null"; given: "cheapest"',
  ],
  [
    'default-provider-sort',
    'NULL',
    'default-provider-sort must be price, throughput, latency, exacto or "null"; given: "NULL"; try: "null"',
  ],
  ['io-logging-api-key-ids', ',', `io-logging-api-key-ids ${KEY_IDS}; given: ","`],
  ['io-logging-api-key-ids', '[1, 2', `io-logging-api-key-ids ${KEY_IDS}; given: "[1, 2"`],
  [
    'io-logging-api-key-ids',
    '1, x, 2.5, 3, 9007199254740993',
    'io-logging-api-key-ids (entry 2, 3, 5) must be a whole number; given: "1, x, 2.5, 3, 9007199254740993"',
  ],
  [
    'io-logging-api-key-ids',
    '["1"]',
    'io-logging-api-key-ids (entry 1) must be a whole number; given: "[\\"1\\"]"',
  ],
  ['io-logging-sampling-rate', '0', `io-logging-sampling-rate ${RATE}; given: "0"`],
  ['io-logging-sampling-rate', '0.00001', `io-logging-sampling-rate ${RATE}; given: "0.00001"`],
  ['io-logging-sampling-rate', '1.0001', `io-logging-sampling-rate ${RATE}; given: "1.0001"`],
  ['io-logging-sampling-rate', '10%', `io-logging-sampling-rate ${RATE}; given: "10%"`],
  ['io-logging-sampling-rate', '0x1', `io-logging-sampling-rate ${RATE}; given: "0x1"`],
  ['io-logging-sampling-rate', 'NaN', `io-logging-sampling-rate ${RATE}; given: "NaN"`],
  ['io-logging-sampling-rate', 'true', `io-logging-sampling-rate ${RATE}; given: "true"`],
  ['io-logging-sampling-rate', 'null', `io-logging-sampling-rate ${RATE}; given: "null"`],
  ...(
    [
      'is-data-discount-logging-enabled',
      'is-observability-broadcast-enabled',
      'is-observability-io-logging-enabled',
    ] as const
  ).flatMap((input): [string, string, string][] => [
    [input, 'yes', `${input} must be true or false; given: "yes"; try: true`],
    [input, 'tRUE', `${input} must be true or false; given: "tRUE"; try: true`],
    [input, 'Off', `${input} must be true or false; given: "Off"; try: false`],
    [input, '0', `${input} must be true or false; given: "0"`],
    [input, '1', `${input} must be true or false; given: "1"`],
    [input, 'null', `${input} must be true or false; given: "null"`],
  ]),
  ['disabled-server-tools', '[', `disabled-server-tools ${TOOLS}; given: "["`],
  [
    'disabled-server-tools',
    '["a", 1]',
    'disabled-server-tools (entry 2) must be the name of a tool, without whitespace or quotes; given: "[\\"a\\", 1]"',
  ],
  [
    'disabled-server-tools',
    '- a\n- b',
    'disabled-server-tools (entry 1, 2) must be the name of a tool, without whitespace or quotes; given: "- a\\n- b"',
  ],
  [
    'disabled-server-tools',
    '"a",""',
    'disabled-server-tools (entry 1, 2) must be the name of a tool, without whitespace or quotes; given: "\\"a\\",\\"\\""',
  ],
  [
    'timeout',
    '60',
    'timeout has no unit; it must be a duration such as 90s, 15m, 48h or 14d; given: "60"',
  ],
  ['timeout', '1 h', `timeout ${DURATION}; given: "1 h"; try: 1h`],
  ['timeout', '1H', `timeout ${DURATION}; given: "1H"; try: 1h`],
  ['timeout', '5M', `timeout ${DURATION}; given: "5M"`],
  ['timeout', '1 0 m', `timeout ${DURATION}; given: "1 0 m"`],
  ['timeout', '1h30m', `timeout ${DURATION}; given: "1h30m"`],
  ['timeout', '-5s', `timeout ${DURATION}; given: "-5s"`],
  ['timeout', '0s', 'timeout must be from 1s to 24h; given: "0s"'],
  ['timeout', '2d', 'timeout must be from 1s to 24h; given: "2d"'],
  [
    'api-url',
    'openrouter.ai/api/v1',
    'api-url must be a URL such as https://openrouter.ai/api/v1; given: "openrouter.ai/api/v1"; try: https://openrouter.ai/api/v1',
  ],
  ['api-url', 'api/v1', `api-url ${URL_SHAPE}; given: "api/v1"`],
  ['api-url', '/api/v1', `api-url ${URL_SHAPE}; given: "/api/v1"`],
  [
    'api-url',
    'http:///api/v1',
    'api-url must begin with https, because the key is sent there; given: "http:///api/v1"',
  ],
  [
    'api-url',
    'http://openrouter.ai/api/v1',
    'api-url must begin with https, because the key is sent there; given: "http://openrouter.ai/api/v1"; try: https://openrouter.ai/api/v1',
  ],
  [
    'api-url',
    'http://127.0.0.1.example/api',
    'api-url must begin with https, because the key is sent there; given: "http://127.0.0.1.example/api"; try: https://127.0.0.1.example/api',
  ],
  [
    'api-url',
    'ftp://openrouter.ai',
    'api-url must begin with https, because the key is sent there; given: "ftp://openrouter.ai"',
  ],
  ['api-url', 'https://user:s3cret@host/v1', 'api-url must not contain a user or password'],
  [
    'api-url',
    'https://openrouter.ai/api/v1?x=1',
    'api-url must not contain ? or #; given: "https://openrouter.ai/api/v1?x=1"',
  ],
  [
    'api-url',
    'https://openrouter.ai/api/v1#',
    'api-url must not contain ? or #; given: "https://openrouter.ai/api/v1#"',
  ],
  ['management-key', 'sk-or-v1-"quoted"-0123456789', `management-key ${KEY}`],
  ['management-key', 'sk-or-v1-abc def-0123456789', `management-key ${KEY}`],
  ['management-key', 'Bearer sk-or-v1-0123456789', `management-key ${KEY}`],
  ['management-key', 'sk-or-v1-0123456789\nsecond-line', `management-key ${KEY}`],
  ['management-key', 'sk-or-v1-0123456789é', `management-key ${KEY}`],
  ['management-key', 'k3y', 'management-key is too short to be a key'],
  ['management-key', 'short', 'management-key is too short to be a key'],
];

/** Splits `cases` so that no two in a group are about the same input: one run tests a group. */
function groupForRuns<Case extends readonly [input: string, ...unknown[]]>(cases: readonly Case[]) {
  const byInput = [...Map.groupBy(cases, ([input]) => input).values()];
  const runs = Math.max(...byInput.map(({ length }) => length));
  return Array.from({ length: runs }, (_, at) => ({
    run: at + 1,
    cases: byInput.flatMap((ofInput) => ofInput.slice(at, at + 1)),
  }));
}

/** The inputs of one run. */
const inputsOf = (cases: readonly (readonly [string, string, unknown])[]) =>
  Object.fromEntries(cases.map(([input, text]) => [input, text]));

describe.each(groupForRuns(ACCEPTED))('run $run with valid inputs', ({ cases }) => {
  let body: Record<string, unknown>;
  beforeAll(async () => {
    const step = await harness.create(inputsOf(cases));
    expect(step.exitCode).toBe(0);
    body = JSON.parse(harness.sandbox.requests.at(-1)?.body ?? '');
  });

  test.each(cases)('%s: %j is accepted', (input, _, sent) => {
    expect(body[input.replaceAll('-', '_')]).toEqual(sent);
  });
});

describe.each(groupForRuns(REJECTED))('run $run with invalid inputs', ({ cases }) => {
  let step: StepResult;
  beforeAll(async () => {
    const before = harness.sandbox.requests.length;
    step = await harness.create(inputsOf(cases));
    expect(harness.sandbox.requests).toHaveLength(before);
  });

  test.each(cases)('%s: %j is rejected', (_input, _text, line) => {
    expect(expectFailure(step).lines).toContain(line);
  });

  test('reports nothing else', () => {
    const { title, lines, code } = expectFailure(step);
    expect(code).toBe('invalid-inputs');
    expect(title).toBe(cases.length === 1 ? '1 invalid input' : `${cases.length} invalid inputs`);
    expect(lines).toHaveLength(cases.length + 1);
    expect(lines.at(-1)).toBe(NOTHING_SENT);
  });
});

test('all input errors are reported together, a line each, in the order of action.yml', async () => {
  const step = await harness.create({
    timeout: '60',
    'api-url': 'nowhere',
    'disabled-server-tools': '[',
    'is-observability-io-logging-enabled': 'yes',
    'is-observability-broadcast-enabled': 'on',
    'is-data-discount-logging-enabled': 'maybe',
    'io-logging-sampling-rate': '2',
    'io-logging-api-key-ids': 'a',
    'default-provider-sort': 'speed',
    description: 'd'.repeat(501),
    slug: 'default',
    name: '',
    'management-key': '',
  });
  const { title, lines } = expectFailure(step);
  expect(title).toBe('13 invalid inputs');
  expect(lines.map((line) => line.split(' ')[0])).toEqual([
    'management-key',
    'name',
    'slug',
    'description',
    'default-provider-sort',
    'io-logging-api-key-ids',
    'io-logging-sampling-rate',
    'is-data-discount-logging-enabled',
    'is-observability-broadcast-enabled',
    'is-observability-io-logging-enabled',
    'disabled-server-tools',
    'api-url',
    'timeout',
    'Nothing',
  ]);
  const summary = step.summary.replaceAll('&quot;', '"');
  for (const line of lines) expect(summary).toContain(line.split(';')[0]);
});

test('a message about many invalid inputs ends before GitHub cuts it, and refers to the summary', async () => {
  const { inputs = {} } = await readManifest(ROOT);
  const names = Object.keys(inputs).filter(
    (name) => !/^management-key$|-model$|^timeout$/.test(name),
  );
  const invalid = Object.fromEntries(names.map((name) => [name, `[${'?'.repeat(600)}`]));
  const step = await harness.create(invalid);
  const { title, message, lines } = expectFailure(step);
  expect(title).toBe(`${names.length} invalid inputs`);
  expect(`${title}\n${message}`.length).toBeLessThanOrEqual(4_096);
  expect(lines[0]).toMatch(/^name must be 1 to 100 characters/);
  expect(lines).toContainEqual(
    expect.stringMatching(/^… and \d+ more: the job summary has every line\.$/),
  );
  expect(lines.at(-1)).toBe(NOTHING_SENT);
  for (const name of names) expect(step.summary).toContain(`<p>${name} `);
});

test('an input that is invalid in two ways counts once and has two lines', async () => {
  const { title, message } = expectFailure(await harness.create({ slug: 'A'.repeat(51) }));
  expect(title).toBe('1 invalid input');
  expect(message.match(/^slug /gm)).toHaveLength(2);
});

describe('an empty management-key is reported with the likely cause', () => {
  test.each([
    [
      'push',
      'octocat',
      /^management-key is required, and is empty: the secret that the workflow names does not exist/,
    ],
    ['pull_request', 'octocat', /is empty: on pull_request, runs for forks get no secrets/],
    [
      'pull_request_target',
      'octocat',
      /is empty: the secret that the workflow names does not exist/,
    ],
    [
      'pull_request',
      'dependabot[bot]',
      /Dependabot started this run, so it has Dependabot's secrets/,
    ],
  ])('on %s by %s', async (event, actor, cause) => {
    const env = { GITHUB_EVENT_NAME: event, GITHUB_ACTOR: actor };
    const { message } = expectFailure(await harness.create({ 'management-key': '' }, env));
    expect(message).toMatch(cause);
  });
});

describe('a slug that ends with a hyphen is reported as made from an empty expression', () => {
  const EXPRESSION = 'the expression at its end was probably empty';
  const ALL = 'github.event.number, github.event.pull_request.number and github.head_ref';
  test.each([
    ['push', `${EXPRESSION}: on push, ${ALL} are empty`],
    ['workflow_dispatch', `${EXPRESSION}: on workflow_dispatch, ${ALL} are empty`],
    ['schedule', `${EXPRESSION}: on schedule, ${ALL} are empty`],
    [
      'issue_comment',
      `${EXPRESSION}: on issue_comment, ${ALL} are empty; use github.event.issue.number`,
    ],
    [
      'pull_request_review',
      `${EXPRESSION}: on pull_request_review, github.event.number and github.head_ref are empty; use github.event.pull_request.number`,
    ],
    ['pull_request', EXPRESSION],
    ['pull_request_target', EXPRESSION],
    ['', EXPRESSION],
  ])('on %j', async (event, cause) => {
    const env = { GITHUB_EVENT_NAME: event };
    const { message } = expectFailure(await harness.create({ slug: 'preview-' }, env));
    expect(message.split('\n')[0]).toBe(`slug ${SLUG}; given: "preview-"; ${cause}`);
  });

  test('in the input workspace of delete and key', async () => {
    for (const action of ['delete', 'key']) {
      const { message } = expectFailure(await harness.run(action, { workspace: 'preview-' }));
      expect(message.split('\n')[0]).toBe(
        `workspace must be the id or slug of a workspace; given: "preview-"; ${EXPRESSION}: on push, ${ALL} are empty`,
      );
    }
  });
});

describe('api-url', () => {
  test.each(['/', '//'])('can end with %s', async (end) => {
    const step = await harness.create({ 'api-url': harness.sandbox.url + end });
    expect(step.exitCode).toBe(0);
  });

  test('can be any name of loopback', async () => {
    const step = await harness.create({
      'api-url': harness.sandbox.url.replace('127.0.0.1', 'localhost'),
    });
    expect(step.exitCode).toBe(0);
  });
});

describe('an input that controls the step', () => {
  test.each([
    ['if-exists', 'overwrite', 'if-exists must be fail, reuse or update; given: "overwrite"'],
    ['if-exists', 'Reuse', 'if-exists must be fail, reuse or update; given: "Reuse"; try: reuse'],
    ['dry-run', 'yes', 'dry-run must be true or false; given: "yes"; try: true'],
    ['delete-after-job', '1', 'delete-after-job must be true or false; given: "1"'],
  ])('%s: %s is rejected', async (input, text, line) => {
    const { lines } = expectFailure(await harness.create({ [input]: text }));
    expect(lines).toEqual([line, NOTHING_SENT]);
  });
});
