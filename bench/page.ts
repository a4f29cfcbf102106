import { SWEEP_SCENE } from './sweep.ts';
import { formatTable, type Row } from './table.ts';

/** What was measured, as the rows of the tables. */
export interface Measurements {
  time: readonly Row[];
  requests: readonly Row[];
  faults: readonly Row[];
  sweep: readonly Row[];
}

/** What was measured, where and how often. */
export interface Setup {
  /** The commit whose program was measured. A release needs one with the same program. */
  commit: string;
  pairs: number;
  /** The version of Node.js. */
  node: string;
  cores: number;
}

/** The Markdown of bench/results.md. */
export function formatPage(
  { time, requests, faults, sweep }: Measurements,
  { commit, pairs, node, cores }: Setup,
): string {
  return `# Benchmarks

Written by \`npm run bench\` with commit \`${commit}\` and Node.js ${node} on ${cores} cores, against the sandbox on loopback.

## Time, memory and download

${formatTable(time)}

- **Times** are from start to finish, as medians of ${pairs} pairs. Ratios hold on other machines; times do not.
- **Bare script:** \`bench/bare.cjs\`, the POST of a create without checks, deadline, retries or summary.
- **Official SDK:** \`@openrouter/sdk\` with its defaults, downloaded with zod.

## Requests

${formatTable(requests)}

- **Least possible:** if nothing ever failed and no other job used the account. The actions also check before or after they write: see [reliability](../docs/reliability.md).
- **Preview, everything in place:** one request to GitHub, for the pull request. To OpenRouter, the lookup of the workspace, the list of its keys, and the POST of a key. The list tells OpenRouter's time, from which the expiry is counted.

## After a bad network

${formatTable(faults)}

- **Fault schedules** have one to three faults: connections reset before or after the request was applied, responses cut short, 5xx and 429.
- **Failed, but created** is an orphaned workspace.
- **curl** has \`--retry 5 --retry-all-errors\`.

## A large sweep

${SWEEP_SCENE}

${formatTable(sweep)}
`;
}
