import fc from 'fast-check';
import type { ScheduledFault } from '../sandbox/openrouter/faults.ts';
import { startSandbox } from '../sandbox/openrouter/server.ts';
import {
  type Contender,
  curl,
  type Ended,
  officialSdk,
  openArena,
  thisAction,
} from './contender.ts';
import type { Row } from './table.ts';

const applied = fc.boolean();
const fault: fc.Arbitrary<ScheduledFault> = fc.oneof(
  fc.record({ kind: fc.constantFrom('reset' as const, 'cut' as const), applied }),
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(500, 502, 503, 504, 520),
    body: fc.constant('<html>Bad gateway</html>'),
    applied,
  }),
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constant(429),
    headers: fc.constant({ 'retry-after': '1' }),
  }),
);
const SCHEDULES = fc.sample(fc.array(fault, { minLength: 1, maxLength: 3 }), {
  numRuns: 60,
  seed: 20261124,
});

const OUTCOMES = [
  'green, with the id',
  'red, nothing made',
  'red, but it was made',
  'green, without the id',
];

/**
 * What becomes of a create on a bad network: each contender comes through the same schedules of one
 * to three faults, drawn from a fixed seed.
 */
export async function measureFaults(): Promise<Row[]> {
  const counts = {
    ours: await runAll(thisAction),
    sdk: await runAll(officialSdk),
    curl: await runAll(curl('--retry', '5', '--retry-all-errors')),
  };
  return OUTCOMES.map((outcome) => ({
    measure: `Create, ${SCHEDULES.length} schedules of faults: ${outcome}`,
    ours: String(counts.ours.get(outcome) ?? 0),
    sdk: String(counts.sdk.get(outcome) ?? 0),
    curl: String(counts.curl.get(outcome) ?? 0),
  }));
}

/** Several at once, because curl takes half a minute over some. */
async function runAll(candidate: Contender): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const waiting = [...SCHEDULES];
  const work = async () => {
    for (let schedule = waiting.pop(); schedule; schedule = waiting.pop()) {
      const outcome = await runOne(candidate, schedule);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 20 }, work));
  return counts;
}

async function runOne(candidate: Contender, schedule: ScheduledFault[]): Promise<string> {
  const sandbox = await startSandbox();
  const workdir = openArena(sandbox);
  sandbox.faults.push(...schedule);
  const ended = await workdir.run(candidate, 'bench');
  const made = sandbox.account.workspaces.find(({ slug }) => slug === 'bench');
  await sandbox.close();
  workdir.close();
  return outcomeOf(ended, made?.id);
}

function outcomeOf({ exitCode, stdout, output }: Ended, id: string | undefined): string {
  const told = id !== undefined && (stdout + output).includes(id);
  if (exitCode === 0) return told ? 'green, with the id' : 'green, without the id';
  return id === undefined ? 'red, nothing made' : 'red, but it was made';
}
