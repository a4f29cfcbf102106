/** The preview action and its post step in virtual time, without a process. */

import fc from 'fast-check';
import * as z from 'zod';
import { inProcessTransport, type Network } from '../../sandbox/http/in-process.ts';
import { remainingOf as remainingOfKey } from '../../sandbox/openrouter/resources/usage.ts';
import { seedUsage } from '../../sandbox/openrouter/seed.ts';
import type { NewKey } from '../../src/actions/key/create-key.ts';
import { type JobStatus, jobStatusOf } from '../../src/actions/key/job-status.ts';
import { leavesToEndKey } from '../../src/actions/key/task.ts';
import { type CommentContent, formatMarker } from '../../src/actions/preview/comment.ts';
import { runPreviewTask } from '../../src/actions/preview/end-job.ts';
import type { GitHubContext } from '../../src/actions/preview/read-subject.ts';
import type { PreviewRequest } from '../../src/actions/preview/request.ts';
import { type PreviewResult, runPreview } from '../../src/actions/preview/run-preview.ts';
import type { Subject } from '../../src/actions/preview/subject.ts';
import { type PreviewTask, previewTask } from '../../src/actions/preview/task.ts';
import { openComments } from '../../src/actions/preview/write-comment.ts';
import { gitHub } from '../../src/github/server.ts';
import { ApiError } from '../../src/http/request.ts';
import type { HttpResponse, Transport } from '../../src/http/transport.ts';
import { Cancellation } from '../../src/lib/cancellation.ts';
import { parseJson } from '../../src/lib/json.ts';
import { toUsd, type Usd } from '../../src/lib/usd.ts';
import { isCounted } from '../../src/openrouter/settlement.ts';
import { Failure } from '../../src/shared/failure.ts';
import { openClient } from './client.ts';
import { knownOf } from './known-repositories.ts';
import { canSpend, GITHUB_URL, type World } from './preview-world.ts';
import { connect, savedAndRead, saveIn, whileAlive } from './simulation.ts';
import { jitters, rarely } from './some-faults.ts';

const TIMEOUT_MS = 60_000;
const HOUR_MS = 3_600_000;
const PREVIEW_TASK = previewTask();

/** How a process is ended from outside, if at all. */
export interface Ending {
  /** It is killed at this request, counted from 1. */
  killedAt?: number | undefined;
  isSent: boolean;
  /** When it is cancelled, in milliseconds from its start. */
  cancelledAfter?: number | undefined;
}

/** When a key spends something, in milliseconds, and how many cents, or which share of what remains to it. */
export type Spending = { after: number } & ({ cents: number } | { share: number });

export interface JobPlan {
  /** How long requests and responses are in flight, in turn. */
  latencies: readonly number[];
  jitter: number[];
  main: Ending;
  /** Undefined if the runner dies before it. */
  post: Ending | undefined;
  /** How `end-key` ends, and whether the jobs have succeeded that used the key. Without it, no key is sealed. */
  end?: (Ending & { succeeded: boolean }) | undefined;
  /** How long the other steps of the job take, in milliseconds. */
  work: number;
  /** What the key spends after its creation. */
  spends: readonly Spending[];
  status: string;
}

/** How a process ends that is killed now and then, at one of its first `requests`, or cancelled. */
export const endings = (requests: number): fc.Arbitrary<Ending> =>
  fc.record({
    killedAt: rarely(fc.integer({ min: 1, max: requests })),
    isSent: fc.boolean(),
    cancelledAfter: rarely(fc.nat(4_000), 9),
  });

/** How the processes of a job run that end as `ends`. By default, the runner rarely dies before the last. */
export const timings = (
  ends: fc.Arbitrary<Ending>,
  post: fc.Arbitrary<Ending | undefined> = fc.oneof(
    { weight: 9, arbitrary: ends },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
) => ({
  latencies: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 3 }),
  jitter: jitters,
  main: ends,
  post,
  work: fc.nat(3_000),
});

export interface Sent {
  at: number;
  method: string;
  call: string;
  path: string;
  body: string | undefined;
  /** What the response says about the subject in question, if it is about that. */
  look?: { isOpen: boolean; updatedAt: number | undefined } | undefined;
}

export interface Process<Result> {
  startedAt: number;
  endedAt: number;
  killed: boolean;
  /** Whether one of its requests met a fault, or it was cancelled. */
  metFault: boolean;
  sent: Sent[];
  result?: Result;
  error?: unknown;
  lines: string[];
}

export interface Job {
  name: string;
  /** Undefined for a clean-up. */
  subject: Subject | undefined;
  request: PreviewRequest;
  plan: JobPlan;
  /** The `updated_at` of its event, in milliseconds since 1970; 0 if it has none. */
  since: number;
  main?: Process<PreviewResult>;
  post?: Process<void>;
  end?: Process<void>;
  key?: NewKey;
  /** What ends the key, if it is sealed. */
  sealed?: PreviewTask;
  /** Called when the key is given out. */
  onKey?(): void;
  task?: PreviewTask;
}

/** What a run of a workflow is to do, but for its event. */
export function requestOf(
  run: PreviewRequest['run'],
  { keyMode, name, cap }: Pick<PreviewRequest, 'keyMode'> & { name: string; cap?: Usd },
): PreviewRequest {
  return {
    run,
    slugPrefix: undefined,
    workspace: {
      fields: { default_text_model: 'openai/gpt-5-mini' },
      governance: {},
      governanceInputs: [],
    },
    keyMode,
    key: {
      desired: { name: `octo-org/shop / Preview / ${name} / test`, limit: toUsd(1) },
      jobName: 'Preview / test',
      expiresInMs: keyMode === 'preview' ? 720 * HOUR_MS : 6 * HOUR_MS,
    },
    cap,
    isSealed: false,
    comment: true,
    dryRun: false,
    timeoutMs: TIMEOUT_MS,
  };
}

/** A clean-up that nothing disturbs, and whose requests and responses take 60 ms each. */
export function cleanUpJob(): Job {
  const run = { event: 'schedule', payload: {}, pullRequest: undefined };
  return {
    name: 'clean-up',
    subject: undefined,
    request: requestOf(run, { keyMode: 'none', name: 'clean-up' }),
    plan: {
      latencies: [60],
      jitter: [0.5],
      main: { isSent: false },
      post: undefined,
      work: 0,
      spends: [],
      status: 'success',
    },
    since: 0,
  };
}

export function wait({ simulation }: World, ms: number): Promise<void> {
  return new Promise((resolve) => simulation.clock.after(ms, resolve));
}

/** Whether a step reports `error` as something that can happen, and not as a defect. */
export function isOfAKnownKind(error: unknown): boolean {
  return [ApiError, Failure, Cancellation].some((type) => error instanceof type);
}

export async function runJob(world: World, job: Job): Promise<void> {
  const { plan } = job;
  await runMain(world, job);
  await wait(world, plan.work);
  if (plan.post && job.task) {
    job.post = newProcess(world);
    const jobStatus = jobStatusOf(statusOf(job), 'GitHub');
    await runTask(world, job.post, { job, ending: plan.post, task: job.task, jobStatus });
  }
  if (!plan.end || !job.sealed) return;
  await wait(world, plan.work);
  job.end = newProcess(world);
  const jobStatus = { succeeded: haveUsersSucceeded(job), isRepeated: false };
  await runTask(world, job.end, { job, ending: plan.end, task: job.sealed, jobStatus });
}

async function runMain(world: World, job: Job): Promise<void> {
  const { request, plan } = job;
  const process = newProcess(world);
  job.main = process;
  const alive = whileAlive(process);
  await runProcess(world, process, { job, ending: plan.main }, (context) =>
    runPreview(request, {
      ...context,
      saveTask: saveIn(job, { process, schema: PREVIEW_TASK }),
      registerSecrets: () => undefined,
      onWorkspace: () => undefined,
      onKey: alive((result: NewKey, end: PreviewTask) => {
        job.key = result;
        if (request.isSealed) job.sealed = savedAndRead(PREVIEW_TASK, end);
        job.onKey?.();
        for (const spend of plan.spends) spendLater(world, result.key, spend);
      }),
      random: randomsOf(job.name),
    }),
  );
}

/** Numbers that differ from job to job and from call to call, so that no two keys have the same name. */
export function randomsOf(name: string): () => number {
  const job = Number(name.replace(/\D/g, '')) % 997;
  let calls = 0;
  return () => {
    calls += 1;
    return (job + calls / 1_000) / 997;
  };
}

type SpendingKey = Parameters<typeof seedUsage>[1];

/** Has a key spend something, if it works then. */
export function spendLater(world: World, key: SpendingKey, spending: Spending): void {
  const { account, clock } = world.simulation;
  clock.after(spending.after, () => {
    if (!canSpend(world, key)) return;
    const credits =
      'cents' in spending ? spending.cents / 100 : remainingOf(world, key.hash) * spending.share;
    seedUsage({ account }, key, { credits });
  });
}

/** What a key may still spend now, in USD. */
function remainingOf({ simulation: { account } }: World, hash: string): number {
  const key = account.keys.find((one) => one.hash === hash);
  const own = account.spends.filter(({ key_hash }) => key_hash === hash);
  return key ? Math.max(0, Number(remainingOfKey(key, own, account.now()))) : 0;
}

function statusOf({ plan, main }: Job): string {
  if (plan.main.cancelledAfter !== undefined && main?.error) return 'cancelled';
  return main?.result && !main.error ? plan.status : 'failure';
}

/** Whether it is up to `end-key` to end the key of a job, at least on a runner that knows no status. */
export const isLeftToEndKey = (job: Job) =>
  job.sealed !== undefined && ['success', ''].includes(statusOf(job));

/** Whether the jobs have succeeded that used a sealed key. They run only if the job has succeeded that sealed it. */
export const haveUsersSucceeded = (job: Job) =>
  isLeftToEndKey(job) && !job.post?.error && !job.post?.killed && job.plan.end?.succeeded === true;

/** Carries out a task, unless it is that of a post step which leaves a sealed key to `end-key`. */
function runTask(
  world: World,
  process: Process<void>,
  { job, ending, task, jobStatus }: Running & { task: PreviewTask; jobStatus: JobStatus },
): Promise<void> {
  return runProcess(world, process, { job, ending }, async (context) => {
    if (task.key && leavesToEndKey(task.key, jobStatus, context)) return;
    const { incomplete } = await runPreviewTask(task, jobStatus, context);
    if (incomplete) throw incomplete.error;
  });
}

export function newProcess({ simulation }: World): Process<never> {
  const now = simulation.clock.now();
  return { startedAt: now, endedAt: now, killed: false, metFault: false, sent: [], lines: [] };
}

/** What a process belongs to, and how it ends. Only a job of `preview` has a request. */
interface Running {
  job: Pick<Job, 'name' | 'plan'> & Partial<Pick<Job, 'request'>>;
  ending: Ending;
}

export async function runProcess<Result>(
  world: World,
  process: Process<Result>,
  { job, ending }: Running,
  work: (context: GitHubContext) => Promise<Result>,
): Promise<void> {
  const { clock } = world.simulation;
  const alive = whileAlive(process);
  const death = Promise.withResolvers<void>();
  const kill = () => {
    process.killed = true;
    death.resolve();
  };
  const context = contextOf(world, process, { job, ending, kill });
  const end = work(context).then(
    alive((result) => {
      process.result = result;
    }),
    alive((error) => {
      process.error = error;
    }),
  );
  await Promise.race([end, death.promise]);
  process.endedAt = clock.now();
}

function contextOf<Result>(
  world: World,
  process: Process<Result>,
  { job, ending, kill }: Running & { kill(): void },
): GitHubContext {
  const { simulation, gitHubNetwork, github, token, repository } = world;
  const { jitter } = job.plan;
  const observer = observe(world, process, { job, ending, kill });
  const network = slow(simulation.network, job.plan);
  const context = connect(
    { ...simulation, network, proxy: (direct) => observer(direct, network) },
    {
      timeout: job.request?.timeoutMs ?? TIMEOUT_MS,
      jitter,
      ...noteCancellation(world, process, ending),
    },
    { lines: process.lines },
  );
  const gitHubSide = slow(gitHubNetwork, job.plan);
  const client = openClient({
    ...context,
    clock: simulation.clock,
    server: gitHub({ apiUrl: GITHUB_URL, token: token.secret }),
    transport: observer(inProcessTransport(gitHubSide, GITHUB_URL), gitHubSide),
    random: () => jitter[0] ?? 0.5,
  });
  const named = knownOf(github, repository);
  const hasComments = job.request?.comment !== false;
  const jobLogin = token.user.login;
  return {
    ...context,
    github: client,
    comments: hasComments
      ? openComments({ jobLogin, repository: named, render: shortComment })
      : undefined,
    repository: named,
  };
}

function shortComment({ data, keys }: CommentContent): string {
  const counted = keys.filter(isCounted).length;
  return `${formatMarker(data)}\n${keys.length} keys, ${counted} of them counted`;
}

/** Notes when a process is cancelled: what it does then counts as failed. */
function noteCancellation(
  { simulation }: World,
  process: Process<unknown>,
  { cancelledAfter }: Ending,
): { cancelledAfter?: number } {
  if (cancelledAfter === undefined) return {};
  const { startedAt } = process;
  simulation.clock.after(cancelledAfter, () => {
    if (process.endedAt === startedAt) process.metFault = true;
  });
  return { cancelledAfter };
}

/** The same network, in which each way takes another time. */
function slow(network: Network, { latencies }: JobPlan): Network {
  let count = 0;
  return {
    ...network,
    calls: [],
    get latency() {
      count += 1;
      return latencies[count % latencies.length] ?? 1;
    },
  };
}

/** What records each request of a process, and kills it at one of them. */
function observe<Result>(
  world: World,
  process: Process<Result>,
  { job, ending, kill }: Running & { kill(): void },
) {
  const never = () => new Promise<never>(() => undefined);
  return (direct: Transport, network: Network): Transport =>
    async (request, signal) => {
      if (process.killed) return never();
      const { method } = request;
      const path = request.url.replace(/^.*?\/api(\/v[13])?(?=\/)/, '');
      const call = network.api.callOf(method, path);
      const { body } = request;
      const sent: Sent = { at: world.simulation.clock.now(), method, call, path, body };
      process.sent.push(sent);
      const dies = process.sent.length === ending.killedAt;
      if (dies && !ending.isSent) {
        kill();
        return never();
      }
      if (call === 'POST /keys') world.ledger.jobs.set(request.body ?? '', job.name);
      const before = network.schedule.length;
      const response = direct(request, signal);
      if (network.schedule.length < before) process.metFault = true;
      if (dies) {
        response.catch(() => undefined);
        kill();
        return never();
      }
      const answer = await response;
      sent.look = lookOf(sent, answer);
      return process.killed ? never() : answer;
    };
}

const pull = z.object({ state: z.string(), updated_at: z.string() });

/** What a response of GitHub says about a pull request or a branch. */
function lookOf(
  { call, path }: Sent,
  { status, body }: Pick<HttpResponse, 'status' | 'body'>,
): Sent['look'] {
  if (call === 'GET /repos/:owner/:repo/pulls/:number') {
    const { data } = z.safeParse(pull, parseJson(body));
    return data && { isOpen: data.state === 'open', updatedAt: Date.parse(data.updated_at) };
  }
  const isAboutBranch = path.includes('/git/ref/') && !path.endsWith('/heads/main');
  if (!isAboutBranch || ![200, 404].includes(status)) return undefined;
  return { isOpen: status === 200, updatedAt: undefined };
}
