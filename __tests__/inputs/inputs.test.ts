import { beforeAll, describe, expect, test } from '@jest/globals';
import { readManifest, type StepResult } from '../../sandbox/runner/runner.ts';
import { expectFailure, openHarness, ROOT } from '../support/harness.ts';
import { ACCEPTED, REJECTED, SLUG_MESSAGE } from '../support/input-cases.ts';

const harness = openHarness();

const NOTHING_SENT = 'Nothing was sent to OpenRouter.';

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
  expect(lines).toContainEqual(expect.stringMatching(/^… and \d+ more: see the job summary\.$/));
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
    expect(message.split('\n')[0]).toBe(`slug ${SLUG_MESSAGE}; given: "preview-"; ${cause}`);
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
