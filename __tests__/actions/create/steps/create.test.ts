import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  MAX_LENGTH,
  WORKSPACE_EXAMPLE,
} from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { WORKSPACE_FIELDS } from '../../../../src/openrouter/resources/workspaces.ts';
import { toInputs } from '../../../support/action-inputs.ts';
import {
  annotations,
  declaredOutputs,
  expectFailure,
  openHarness,
  ROOT,
} from '../../../support/harness.ts';

const harness = openHarness();

const { name, version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

test('a create step sends one request, and sets the outputs of the new workspace', async () => {
  const before = harness.sandbox.requests.length;
  const step = await harness.create({
    name: 'Preview 42',
    slug: 'preview-42',
    timeout: '',
    description: ' \n\t',
  });

  expect(step.exitCode).toBe(0);
  const [request, ...more] = harness.sandbox.requests.slice(before);
  expect(more).toEqual([]);
  expect(request).toMatchObject({ method: 'POST', path: '/workspaces' });
  expect(request?.headers).toMatchObject({
    authorization: `Bearer ${harness.sandbox.managementKey}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': `${name}/${version}`,
  });
  expect(bodyOfLastRequest()).toEqual({ name: 'Preview 42', slug: 'preview-42' });
  const workspace = harness.sandbox.account.workspaces.find(({ slug }) => slug === 'preview-42');
  const { workspace: json, ...others } = step.outputs;
  expect(Object.keys(step.outputs).sort()).toEqual((await declaredOutputs('')).sort());
  expect(JSON.parse(json ?? '')).toEqual(workspace);
  expect(others).toEqual({
    id: workspace?.id,
    slug: 'preview-42',
    name: 'Preview 42',
    url: 'https://openrouter.ai/workspaces/preview-42',
    created: 'true',
    outcome: 'created',
  });
});

test('the header User-Agent has the id of the run, if the runner provides it', async () => {
  await harness.create(undefined, { ACTIONS_ORCHESTRATION_ID: 'run/1.build' });
  expect(harness.sandbox.requests.at(-1)?.headers['user-agent']).toBe(
    `${name}/${version} actions_orchestration_id/run_1.build`,
  );
});

test('every field is sent with the type that the API accepts', async () => {
  expect(Object.keys(WORKSPACE_EXAMPLE)).toEqual(WORKSPACE_FIELDS);
  const step = await harness.create(toInputs(WORKSPACE_EXAMPLE));
  expect(step.exitCode).toBe(0);
  expect(bodyOfLastRequest()).toEqual(WORKSPACE_EXAMPLE);
});

test('the log has a line for each retry', async () => {
  harness.sandbox.faults.push(
    { on: 'POST /workspaces', kind: 'response', status: 429, headers: { 'retry-after': '0' } },
    { on: 'POST /workspaces', kind: 'response', status: 502, body: '<b>Bad gateway</b>' },
    { on: 'GET /workspaces/:id', kind: 'reset' },
  );
  const step = await harness.create();
  const { slug } = step.outputs;
  const lines = step.log.split('\n').map((line) => line.replace(/\d+\.\d s/g, '1.0 s'));
  expect(lines.filter((line) => line.startsWith('Could not'))).toEqual([
    `Could not create the workspace "${slug}": HTTP 429 Too Many Requests. Retrying in 1.0 s.`,
    `Could not create the workspace "${slug}": HTTP 502 Bad Gateway. Checking whether the workspace exists.`,
    expect.stringMatching(
      /^Could not look up the workspace "preview-\d+" at 127\.0\.0\.1:\d+(, after 1\.0 s)?: the connection was closed before the response was complete \(ECONNRESET\)\. Retrying in 1\.0 s\.$/,
    ),
    `Could not create the workspace "${slug}": HTTP 502 Bad Gateway. Retrying in 1.0 s.`,
  ]);
});

test('the summary and the log show the inputs that the author wrote', async () => {
  const { outputs, summary, log } = await harness.create({
    slug: 'summarized',
    'io-logging-sampling-rate': '0.5',
  });
  expect(summary.split('\n')).toEqual([
    '<h3><a href="https://openrouter.ai/workspaces/summarized">✅ Created the OpenRouter workspace &quot;Preview&quot;</a></h3>',
    `<p>Slug: <code>summarized</code>, id: <code>${outputs['id']}</code></p>`,
    '<table>',
    '<tr><th>Inputs</th></tr>',
    '<tr><td><code>io-logging-sampling-rate: 0.5</code></td></tr>',
    '</table>',
    '',
  ]);
  expect(log.split('\n')).toContain('  io-logging-sampling-rate: 0.5');
});

test('an output workspace that would be too long only has what identifies it, and the log and the summary say so', async () => {
  const identity = {
    id: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
    slug: 'with-large-fields',
    name: 'Prévisualisation 🎈',
  };
  const large = { icon: '🎈'.repeat(15_000), description: null };
  const body = JSON.stringify({ data: { ...large, ...identity } });
  harness.sandbox.faults.push({ kind: 'response', status: 201, body });
  const step = await harness.create({ slug: identity.slug, name: identity.name });
  expect(step.exitCode).toBe(0);
  expect(JSON.parse(step.outputs['workspace'] ?? '')).toEqual(identity);
  const sentence = 'The output workspace lacks 2 of 5 fields: it is limited to 60 kB.';
  expect(step.log.split('\n')).toContain(sentence);
  expect(step.summary).toContain(`<p>${sentence}</p>`);
});

test('a warning that is too long for an annotation is in the summary with every line', async () => {
  const long = `a/${'b'.repeat(1_700)}`;
  const inputs = {
    slug: 'changed-in-full',
    description: 'd'.repeat(MAX_LENGTH.description),
    'default-text-model': long,
    'default-image-model': long,
  };
  const data = {
    id: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
    slug: inputs.slug,
    name: 'Preview',
    description: 'other',
    default_text_model: 'a/b',
    default_image_model: 'a/b',
  };
  const body = JSON.stringify({ data });
  harness.sandbox.faults.push({ kind: 'response', status: 201, body });
  const step = await harness.create(inputs);
  const [warning] = annotations(step, 'warning');
  expect(warning?.data.length).toBeLessThanOrEqual(4_096);
  expect(warning?.data).toContain('\n… and 1 more: see the job summary.');
  for (const input of ['description', 'default-text-model', 'default-image-model']) {
    expect(step.summary).toContain(`<p>${input}: `);
  }
  expect(step.summary).toContain(
    '⚠️ Created the OpenRouter workspace &quot;Preview&quot;: 3 inputs not applied',
  );
});

test('a summary that cannot be written is a warning, and the step succeeds', async () => {
  const step = await harness.create({}, { GITHUB_STEP_SUMMARY: '/nowhere/summary' });
  expect(step.exitCode).toBe(0);
  expect(step.outputs).toHaveProperty('id');
  const [warning] = annotations(step, 'warning');
  expect(warning?.properties['title']).toBe('openrouter-workspace: summary not written');
  expect(step.log).toContain('\nWarning: The job summary could not be written\nENOENT: ');
});

test('a summary for which the step has no space left is a warning, and the step succeeds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'summary-'));
  const file = join(folder, 'summary');
  writeFileSync(file, 'x'.repeat(1024 * 1024));
  const step = await harness.create({}, { GITHUB_STEP_SUMMARY: file });
  expect(step.exitCode).toBe(0);
  expect(readFileSync(file)).toHaveLength(1024 * 1024);
  rmSync(folder, { recursive: true });
  expect(annotations(step, 'warning')[0]?.data.split('\n').slice(0, 2)).toEqual([
    'The job summary could not be written',
    'GitHub accepts no more than 1 MiB for each step.',
  ]);
});

test('a state file that cannot be written does not matter without delete-after-job', async () => {
  harness.sandbox.faults.push({ kind: 'response', status: 401 });
  const { title } = expectFailure(await harness.create({}, { GITHUB_STATE: '/nowhere/state' }));
  expect(title).toMatch(/^Could not create the workspace /);
});

test('outputs that cannot be written fail the step, and are in the log', async () => {
  const step = await harness.create({ slug: 'unwritten' }, { GITHUB_OUTPUT: '/nowhere/output' });
  const workspace = harness.sandbox.account.workspaces.find(({ slug }) => slug === 'unwritten');
  expect(step.exitCode).toBe(1);
  expect(step.log).toContain("The runner's file for outputs cannot be written");
  expect(step.log).toContain(`id: ${workspace?.id}`);
});

function bodyOfLastRequest(): object {
  return JSON.parse(harness.sandbox.requests.at(-1)?.body ?? '');
}
