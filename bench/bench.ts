/**
 * Prints, as the Markdown of docs/benchmarks.md, what the actions cost and what they come through,
 * beside other ways to do the same: `npm run bench [-- --pairs N]`.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureFaults } from './faults.ts';
import { measureRequests } from './requests.ts';
import { measureSweep } from './sweep.ts';
import { tableOf } from './table.ts';
import { measureTime } from './time.ts';

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '40' } } });
const pairs = Number(values.pairs);

const rows = [
  ...(await measureTime(pairs)),
  ...(await measureRequests()),
  ...(await measureFaults()),
  ...(await measureSweep()),
];

console.log(`# Benchmarks

Made by \`npm run -s bench -- --pairs ${pairs} > docs/benchmarks.md\` with Node.js ${process.version} on ${cpus().length} cores, against the sandbox on loopback, in ${pairs} pairs for each time. Ratios hold from one machine to another, and times do not.

${tableOf(rows)}

- The bare script is \`bench/bare.cjs\`: the same POST in thirty lines, without checks, deadline, retries or summary.
- The official SDK is \`@openrouter/sdk\` with its defaults; its download is that of the package and of zod. curl comes through the faults with \`--retry 5 --retry-all-errors\`.
- The least number of requests is the fewest that the API could do the work with, if nothing ever went wrong and nobody else used the account. What is spent beyond it looks before it writes, or after: see [reliability](reliability.md).
- Each schedule has one to three faults: connections reset before or after the request was carried out, answers cut short, 5xx, 429. "Red, but it was made" is a workspace that nobody knows of.`);
