import { getInput } from '@actions/core';
import * as z from 'zod/mini';
import { type Engine, engineOf } from '../../github/engine.ts';
import { usdInput } from '../../inputs/amounts.ts';
import { type Connection, connection, toConnection } from '../../inputs/connection.ts';
import type { InvalidInput } from '../../inputs/failures.ts';
import { flag, idOrSlug, lifetime, toMs } from '../../inputs/fields.ts';
import { BOOLEANS } from '../../inputs/parse-input.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { type InputLog, makeSlug, slugInputs, slugProblems } from '../../inputs/slug.ts';
import { createKeyRequest, LIKELY_SECRET } from '../../openrouter/resources/keys.ts';
import { readWorkflowRun, sealOrNone } from '../../sealing/inputs.ts';
import type { Sealing } from '../../sealing/output-key.ts';
import { jobKeyName } from '../../shared/key-name.ts';
import type { KeyRequest } from './create-key.ts';
import { type JobStatus, jobStatusOf } from './job-status.ts';

/** What the words of the input `replace` mean: those of a boolean, and one more. */
const REPLACE = new Map<string, boolean | 'after-job'>([...BOOLEANS, ['after-job', 'after-job']]);

const replace = () =>
  z.pipe(
    z.enum([...REPLACE.keys()], 'must be true, false or after-job'),
    z.transform((word) => REPLACE.get(word) ?? false),
  );

/** The name of a key. The report redacts what looks like a key, so such a name could not be shown. */
export const keyName = () =>
  createKeyRequest.shape.name.check(
    z.refine((text) => text.search(LIKELY_SECRET) < 0, 'must not contain a key'),
  );

/** The inputs of `key/action.yml`, in the order in which their problems are reported. */
export const keyInputs = () => {
  const { limit_reset, include_byok_in_limit } = createKeyRequest.shape;
  return z.object({
    management_key: connection.management_key,
    workspace: z.optional(idOrSlug()),
    ...slugInputs(),
    name: z.optional(keyName()),
    limit_usd: z.optional(usdInput('must be an amount in USD, 0 or more')),
    limit_reset,
    include_byok_in_limit,
    // No default here and in action.yml: replace needs to know whether the author wrote it.
    expires_in: z.optional(lifetime()),
    revoke_after_job: flag(true),
    replace: z._default(replace(), false),
    seal: sealOrNone(),
    api_url: connection.api_url,
    timeout: connection.timeout,
    job_status: z.optional(z.string()),
  });
};

/** Checks the inputs against each other. */
function keyProblems(
  valid: Partial<z.infer<ReturnType<typeof keyInputs>>>,
  provided: ReadonlySet<string>,
): InvalidInput[] {
  const problems = slugProblems('workspace', valid, provided);
  const { limit_reset: reset, replace = false, revoke_after_job: revokes } = valid;
  if (reset !== undefined && !provided.has('limit_usd')) {
    const message = 'needs limit-usd: without a limit, there is nothing to reset';
    problems.push({ input: 'limit-reset', message });
  }
  if (replace !== false && !provided.has('name')) {
    const message = 'needs name: a generated name is different each time';
    problems.push({ input: 'replace', message });
  }
  if (replace === 'after-job' && (revokes ?? !provided.has('revoke_after_job'))) {
    const message =
      'after-job needs revoke-after-job: false, or no key would be left after the job';
    problems.push({ input: 'replace', message });
  }
  if (replace === 'after-job' && !provided.has('expires_in')) {
    const message =
      'is required with replace: after-job, because the key outlives the job: a time such as 70d, or never';
    problems.push({ input: 'expires-in', message });
  }
  if (valid.seal && replace === true) {
    const message =
      'cannot be used with replace: true, which deletes the older keys before any job has the new one. Use replace: after-job';
    problems.push({ input: 'seal', message });
  }
  problems.push(...sealProblems(valid));
  return problems;
}

const SET_STATUS =
  'Set job-status to the expression job.status, because its default counts on GitHub only';

/** What to do where the status of a job is unknown. */
const STATUS_REMEDIES: Readonly<Record<Engine, string>> = {
  GitHub: 'Leave job-status out',
  Forgejo: 'On Forgejo, none does, because a cancelled job counts as a success: leave seal out',
  Gitea: SET_STATUS,
  act: SET_STATUS,
};

/** Where a key cannot be sealed: its post step has to know whether the job has succeeded. */
export function sealProblems({
  seal,
  job_status = '',
}: {
  seal?: Buffer | undefined;
  job_status?: string | undefined;
}): InvalidInput[] {
  if (!seal) return [];
  const engine = engineOf(process.env);
  const problems: InvalidInput[] = [];
  if (jobStatusOf(job_status, engine).succeeded === undefined) {
    const message = `needs a post step that knows whether its job has succeeded. ${STATUS_REMEDIES[engine]}`;
    problems.push({ input: 'seal', message });
  }
  if (readWorkflowRun().id === '') {
    const message = 'must be set, because a sealed key is that of one run';
    problems.push({ input: 'GITHUB_RUN_ID (environment variable)', message });
  }
  return problems;
}

interface KeyInputs extends Connection, KeyRequest, Sealing {}

/** @throws {Failure} `invalid-inputs` */
export function readKeyInputs(log: InputLog): KeyInputs {
  const values = readInputs(keyInputs(), keyProblems);
  return {
    ...toConnection(values),
    workspace: values.workspace ?? makeSlug(values, log),
    desired: {
      name: values.name ?? jobKeyName(process.env),
      limit: values.limit_usd,
      limit_reset: values.limit_reset,
      include_byok_in_limit: values.include_byok_in_limit,
    },
    expiresInMs: values.expires_in === 'never' ? null : (values.expires_in ?? toMs('6h')),
    endsAfterJob: values.revoke_after_job,
    replace: values.replace,
    seal: values.seal,
    workflowRun: readWorkflowRun(),
    isSealed: values.seal !== undefined,
  };
}

/** Reads the status of the job for the post step. Never throws, since most post steps do not need it. */
export function readJobStatus(): JobStatus {
  return jobStatusOf(getInput('job-status'), engineOf(process.env));
}

/**
 * Whether the author wants a failed replacement to fail the job, for a post step that cannot read its task.
 * Never throws, since it is needed to report an error.
 */
export function replacesAfterJob(): boolean {
  return getInput('replace') === 'after-job';
}
