/**
 * A stand-in for GitHub's CLI and what it talks to: the commands and options that our workflows and those of
 * our documents use, and no others, with the behavior that was seen of gh and is documented of GitHub's API.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { callApi, Rejection } from './api.ts';
import { selectJson } from './jq.ts';
import { openService, SERVICE_FILE } from './service.ts';

const { env } = process;
const service = openService(env[SERVICE_FILE] ?? '');
const { latencyMs, repository } = service.read();

const COMMANDS: Record<string, (args: string[]) => void> = {
  api,
  'release create': createRelease,
  'release download': downloadRelease,
  'attestation verify': verifyAttestation,
  'secret set': setSecret,
  'pr comment': commentOnPull,
};

const name = Object.keys(COMMANDS).find((command) =>
  process.argv.slice(2).join(' ').startsWith(`${command} `),
);
if (name === undefined) throw new Error(`No stand-in for gh ${process.argv.slice(2).join(' ')}`);
await setTimeout(latencyMs);
try {
  COMMANDS[name]?.(process.argv.slice(2 + name.split(' ').length));
} catch (error) {
  if (!(error instanceof Rejection)) throw error;
  console.error(`gh: ${error.message} (HTTP ${error.status})`);
  process.exitCode = 1;
}

function parse<T extends ParseArgsOptionsConfig>(args: string[], options: T) {
  return parseArgs({ args, options, allowPositionals: true });
}

/** `gh api`, which prints a list page by page, and with `--slurp` a list of pages. */
function api(args: string[]): void {
  const { values, positionals } = parse(args, {
    method: { type: 'string' },
    paginate: { type: 'boolean' },
    slurp: { type: 'boolean' },
    silent: { type: 'boolean' },
    jq: { type: 'string' },
    'raw-field': { type: 'string', short: 'f', multiple: true },
    field: { type: 'string', short: 'F', multiple: true },
  });
  const fields = Object.fromEntries([
    ...(values['raw-field'] ?? []).map(splitField),
    ...(values.field ?? []).map(splitField).map(([key, text]) => [key, JSON.parse(String(text))]),
  ]);
  const isPost = Object.keys(fields).length > 0;
  const method = values.method ?? (isPost ? 'POST' : 'GET');
  const pages = call(method, positionals[0] ?? '', fields).slice(
    0,
    values.paginate ? undefined : 1,
  );
  if (values.silent) return;
  if (values.slurp) console.log(JSON.stringify(pages));
  else for (const page of pages) printPage(page, values.jq);
}

function printPage(page: unknown, jq: string | undefined): void {
  if (page === undefined) return;
  if (jq === undefined) console.log(JSON.stringify(page));
  else for (const each of selectJson(page, jq, env)) console.log(each);
}

function splitField(field: string): [string, string] {
  const at = field.indexOf('=');
  return [field.slice(0, at), field.slice(at + 1)];
}

/** The pages of the response. */
function call(method: string, path: string, fields: Record<string, unknown> = {}): unknown[] {
  let pages: unknown[] = [];
  service.change((content) => {
    pages = callApi(content, { method, path, fields, token: env['GH_TOKEN'] ?? '' });
  });
  return pages;
}

/** With `--draft`, gh does not look for another release of the tag. */
function createRelease(args: string[]): void {
  const { values, positionals } = parse(args, {
    draft: { type: 'boolean' },
    'verify-tag': { type: 'boolean' },
    title: { type: 'string' },
    'notes-file': { type: 'string' },
  });
  const [tag = '', ...files] = positionals;
  if (values['verify-tag']) call('GET', `repos/${repository}/git/ref/tags/${tag}`);
  const assets = files.map((file) => ({
    name: basename(file),
    base64: readFileSync(file, 'base64'),
  }));
  const body = readFileSync(values['notes-file'] ?? '', 'utf8');
  const fields = { tag_name: tag, draft: values.draft, body, assets };
  call('POST', `repos/${repository}/releases`, fields);
  console.log(`https://github.com/${repository}/releases/tag/untagged-1`);
}

/** Finds only published releases: the workflow that downloads cannot see drafts. */
function downloadRelease(args: string[]): void {
  const { values, positionals } = parse(args, { dir: { type: 'string' } });
  const [release] = call('GET', `repos/${repository}/releases/tags/${positionals[0]}`) as [
    { assets: { name: string; base64: string }[] },
  ];
  const folder = values.dir ?? '.';
  mkdirSync(folder, { recursive: true });
  for (const asset of release.assets) {
    writeFileSync(join(folder, asset.name), Buffer.from(asset.base64, 'base64'));
  }
}

function verifyAttestation(args: string[]): void {
  const { values, positionals } = parse(args, {
    repo: { type: 'string' },
    'signer-workflow': { type: 'string' },
    'source-ref': { type: 'string' },
    'source-digest': { type: 'string' },
    'deny-self-hosted-runners': { type: 'boolean' },
  });
  const digest = createHash('sha256')
    .update(readFileSync(positionals[0] ?? ''))
    .digest('hex');
  const isAttested = service
    .read()
    .attestations.some(
      (attestation) =>
        attestation.digest === digest &&
        values.repo === repository &&
        attestation.workflow === values['signer-workflow'] &&
        attestation.ref === values['source-ref'] &&
        attestation.commit === values['source-digest'],
    );
  if (!isAttested) throw new Rejection(404, 'Not Found');
}

/** Reads the value from its input, and encrypts nothing. Without a clone, gh needs the variable. */
function setSecret(args: string[]): void {
  const { values, positionals } = parse(args, { env: { type: 'string' } });
  const path = `repos/${env['GH_REPO']}/environments/${values.env}/secrets/${positionals[0]}`;
  call('PUT', path, { value: readFileSync(0, 'utf8') });
}

/** Without a clone, gh needs the variable. */
function commentOnPull(args: string[]): void {
  const { values, positionals } = parse(args, { 'body-file': { type: 'string' } });
  const body = readFileSync(values['body-file'] ?? '', 'utf8');
  call('POST', `repos/${env['GH_REPO']}/issues/${positionals[0]}/comments`, { body });
}
