/**
 * Fails the job unless its post steps have revoked the API key and deleted the workspace, the last
 * ones in the sandbox. A post step of the actions only warns if it fails.
 *
 * The log of the sandbox says where it is. Inputs do not, because they are evaluated again for a
 * post step.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(process.env.RUNNER_TEMP, 'own/sandbox.log');
const log = existsSync(file) ? readFileSync(file, 'utf8') : '';
const read = (name) => new RegExp(`^${name}: (.*)$`, 'm').exec(log)?.[1];
const [url, key] = ['api-url', 'management-key'].map(read);

/** @throws {Error} also if nothing listens there any more. */
async function list(path) {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { data } = await response.json();
  return data;
}

async function findLeft() {
  const workspaces = await list('/workspaces');
  const keys = await list('/keys?include_disabled=true');
  return [
    ...workspaces.filter(({ slug }) => slug !== 'default').map(({ slug }) => `workspace ${slug}`),
    ...keys.map(({ name }) => `API key ${name}`),
  ];
}

function fail(message) {
  console.log(`::error::${message}`);
  process.exitCode = 1;
}

if (url === undefined) {
  fail('The sandbox did not start, so that no post step can be checked');
} else {
  try {
    const left = await findLeft();
    if (left.length > 0) fail(`The job and its post steps have left: ${left.join(', ')}`);
    else console.log('The post steps have revoked the API key and deleted the workspace.');
  } catch (error) {
    fail(
      `What the post steps have left cannot be determined: ${error.cause?.message ?? error.message}`,
    );
  }
}
