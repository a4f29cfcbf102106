import fc from 'fast-check';
import type { ScheduledFault } from '../sandbox/http/faults.ts';
import { startSandbox } from '../sandbox/openrouter/server.ts';
import {
  type Candidate,
  curl,
  officialSdk,
  openWorkdir,
  type ProcessResult,
  thisAction,
} from './candidate.ts';
import type { Row } from './table.ts';

const applied = fc.boolean();
const fault: fc.Arbitrary<ScheduledFault> = fc.oneof(
  fc.record({ kind: fc.constantFrom('reset' as const, 'cut' as const), applied }),
  fc.record({
    kind: fc.constant('response' as const),
    status: fc.constantFrom(500, 502, 503, 504, 520),
    body: fc.constant('<html>Bad gateway</html>'),
    applied,
  }),
  fc.record({
    kind: fc.constant('response' as const),
    status: fc.constant(429),
    headers: fc.constant({ 'retry-after': '1' }),
  }),
);
const SCHEDULES = fc.sample(fc.array(fault, { minLength: 1, maxLength: 3 }), {
  numRuns: 60,
  seed: 20261124,
});

const OUTCOMES = [
  'succeeded, with the id',
  'failed, nothing created',
  'failed, but created',
  'succeeded, without the id',
] as const;

type Outcome = (typeof OUTCOMES)[number];

/**
 * The outcomes of a create on a bad network: each candidate runs through the same schedules of one
 * to three faults, drawn from a fixed seed.
 */
export async function measureFaults(): Promise<Row[]> {
  const ours = await countOutcomes(thisAction);
  const sdk = await countOutcomes(officialSdk);
  const curls = await countOutcomes(curl('--retry', '5', '--retry-all-errors'));
  return OUTCOMES.map((outcome) => ({
    [`Create, ${SCHEDULES.length} fault schedules`]: outcome,
    'This action': String(ours[outcome]),
    'Official SDK': String(sdk[outcome]),
    curl: String(curls[outcome]),
  }));
}

const CONCURRENCY = 20;

/** Runs several schedules at once, because curl takes half a minute for some. */
async function countOutcomes(candidate: Candidate): Promise<Record<Outcome, number>> {
  const pending = [...SCHEDULES];
  const work = async () => {
    const outcomes: Outcome[] = [];
    for (let schedule = pending.pop(); schedule; schedule = pending.pop()) {
      outcomes.push(await run(candidate, schedule));
    }
    return outcomes;
  };
  const outcomes = (await Promise.all(Array.from({ length: CONCURRENCY }, work))).flat();
  const counts = OUTCOMES.map((outcome) => [
    outcome,
    outcomes.filter((it) => it === outcome).length,
  ]);
  return Object.fromEntries(counts);
}

async function run(candidate: Candidate, schedule: ScheduledFault[]): Promise<Outcome> {
  const sandbox = await startSandbox();
  const workdir = openWorkdir(sandbox);
  sandbox.faults.push(...schedule);
  const result = await workdir.run(candidate, 'bench');
  const created = sandbox.account.workspaces.find(({ slug }) => slug === 'bench');
  await sandbox.close();
  workdir.close();
  return outcomeOf(result, created?.id);
}

/** @param id of the workspace, if it was created. */
function outcomeOf({ exitCode, stdout, output }: ProcessResult, id: string | undefined): Outcome {
  const isReported = id !== undefined && (stdout + output).includes(id);
  if (exitCode === 0) return isReported ? 'succeeded, with the id' : 'succeeded, without the id';
  return id === undefined ? 'failed, nothing created' : 'failed, but created';
}
