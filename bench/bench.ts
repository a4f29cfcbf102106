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
import { formatPage } from './page.ts';
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
  const tables = {
    time: await measureTime(pairs),
    requests: await measureRequests(),
    faults: await measureFaults(),
    sweep: await measureSweep(),
  };
  const machine = { node: process.version, cores: cpus().length };
  console.log(formatPage(tables, { pairs, ...machine }));
}
