/**
 * Compares what the actions cost, and how they cope with a bad network, with other ways to do the
 * same. Prints the Markdown of docs/benchmarks.md.
 *
 *     npm run -s bench [-- --pairs N]
 *     npm run bench -- --requests       only updates the requests and the download of the actions there
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureDownload } from './download.ts';
import { measureFaults } from './faults.ts';
import { measureRequests } from './requests.ts';
import { measureSweep } from './sweep.ts';
import { formatTable } from './table.ts';
import { measureTime } from './time.ts';

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '40' }, requests: { type: 'boolean' } },
});
if (values.requests) await updateRequests();
else await printAll(Number(values.pairs));

/** Measures in seconds what a new use of an action changes, and writes it into the page. */
async function updateRequests(): Promise<void> {
  const page = new URL('../docs/benchmarks.md', import.meta.url);
  const requests = formatTable(await measureRequests());
  const updated = readFileSync(page, 'utf8')
    .replace(/^\| Requests \|(.*\n)+?(?=\n)/m, () => `${requests}\n`)
    .replace(/^(\| All actions \|.*\| ).* \|$/m, `$1${measureDownload()} |`);
  writeFileSync(page, updated);
}

async function printAll(pairs: number): Promise<void> {
  const tables = [
    await measureTime(pairs),
    await measureRequests(),
    await measureFaults(),
    await measureSweep(),
  ].map(formatTable);

  console.log(`# Benchmarks

For anyone who compares these actions with a script, curl or the official SDK. At the end, you know what each costs, and what is left after a bad network.

Written by \`npm run -s bench -- --pairs ${pairs} > docs/benchmarks.md\` with Node.js ${process.version} on ${cpus().length} cores, against the sandbox on loopback. Times are from start to finish, as medians of ${pairs} pairs. Ratios hold on other machines; times do not.

${tables.join('\n\n')}

- **Bare script:** \`bench/bare.cjs\`, the POST of a create without checks, deadline, retries or summary.
- **Official SDK:** \`@openrouter/sdk\` with its defaults, downloaded with zod. **curl** has \`--retry 5 --retry-all-errors\` in the fault schedules.
- **Least possible:** if nothing ever failed and no other job used the account. The actions also check before or after they write: see [reliability](reliability.md).
- **Usage, with a deleted key:** analytics then knows of more than the counters of the existing keys. It is queried for these keys alone and, if it lacks nothing of them, once more: it may have caught up in between.
- **Preview, everything in place:** one request to GitHub, for the pull request. To OpenRouter, the lookup of the workspace, the list of its keys, and the POST of a key. Without that list, an orphaned key could not be recognized.
- **Fault schedules** have one to three faults: connections reset before or after the request was applied, responses cut short, 5xx and 429. "Failed, but created" is an orphaned workspace.`);
}
