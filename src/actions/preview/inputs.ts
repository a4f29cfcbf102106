import { readFileSync } from 'node:fs';
import { getInput } from '@actions/core';
import * as z from 'zod/mini';
import { type Engine, engineOf, isGitea } from '../../github/engine.ts';
import type { KnownRepository } from '../../github/repository.ts';
import { governanceInputs, governanceProblems, toGovernance } from '../../governance/inputs.ts';
import { usdInput } from '../../inputs/amounts.ts';
import {
  type Connection,
  connection,
  isConfidential,
  timeout,
  toConnection,
  toUrl,
} from '../../inputs/connection.ts';
import { type InvalidInput, invalidInputs } from '../../inputs/failures.ts';
import { count, flag, lifetime, toMs } from '../../inputs/fields.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { slugPrefix } from '../../inputs/slug.ts';
import { parseJson } from '../../lib/json.ts';
import { toUsd, type Usd } from '../../lib/usd.ts';
import { createKeyRequest } from '../../openrouter/resources/keys.ts';
import { createWorkspaceRequest } from '../../openrouter/resources/workspaces.ts';
import { readWorkflowRun, sealOrNone } from '../../sealing/inputs.ts';
import type { Sealing } from '../../sealing/output-key.ts';
import { Failure } from '../../shared/failure.ts';
import { deployingJob, jobKeyName } from '../../shared/key-name.ts';
import { toFields } from '../create/inputs.ts';
import { keyName, sealProblems } from '../key/inputs.ts';
import type { PreviewRequest } from './request.ts';

/** The limit of a key. */
const DEFAULT_LIMIT = toUsd(1);

const CAP_MESSAGE = 'must be an amount in USD, above 0';

/** The inputs of `preview/action.yml`, in the order in which their problems are reported. */
export const previewInputs = () => {
  const { limit_reset, include_byok_in_limit } = createKeyRequest.shape;
  const {
    name: _name,
    slug: _slug,
    description: _description,
    ...fields
  } = createWorkspaceRequest.shape;
  return z.object({
    management_key: connection.management_key,
    github_token: z._default(z.string(), ''),
    pull_request: z.optional(count('must be the number of a pull request')),
    slug_prefix: slugPrefix(),
    ...fields,
    ...governanceInputs,
    key: z._default(z.enum(['job', 'preview', 'none'], 'must be job, preview or none'), 'job'),
    key_name: z.optional(
      keyName().check(
        z.refine((text) => [...text].length <= 100, 'must be at most 100 characters'),
      ),
    ),
    limit_usd: z._default(
      z.nullable(usdInput('must be an amount in USD, 0 or more, or "null"')),
      DEFAULT_LIMIT,
    ),
    limit_reset,
    include_byok_in_limit,
    preview_limit_usd: z.optional(
      usdInput(CAP_MESSAGE).check(z.refine((usd) => usd > 0, CAP_MESSAGE)),
    ),
    expires_in: z.optional(lifetime()),
    seal: sealOrNone(),
    comment: flag(true),
    dry_run: flag(),
    api_url: connection.api_url,
    timeout: timeout('2m'),
    job_status: z.optional(z.string()),
  });
};

type Values = z.infer<ReturnType<typeof previewInputs>>;

/** Checks the inputs against each other. */
function previewProblems(valid: Partial<Values>, provided: ReadonlySet<string>): InvalidInput[] {
  const problems = governanceProblems(valid, provided);
  const { key } = valid;
  if (key === 'none' && valid.key_name !== undefined) {
    problems.push({ input: 'key-name', message: 'needs an API key' });
  }
  const isUncapped = key === 'none' || valid.limit_usd === null || valid.limit_reset !== undefined;
  if (valid.preview_limit_usd !== undefined && isUncapped) {
    const message = 'needs an API key, limit-usd as an amount, and no limit-reset';
    problems.push({ input: 'preview-limit-usd', message });
  }
  problems.push(
    ...limitProblems({
      isDeployed: key === 'preview',
      limit: provided.has('limit_usd') ? valid.limit_usd : DEFAULT_LIMIT,
      cap: valid.preview_limit_usd,
    }),
  );
  if (valid.limit_usd === null && valid.limit_reset !== undefined) {
    problems.push({ input: 'limit-reset', message: 'needs limit-usd to be an amount' });
  }
  if (valid.seal && key === 'none') {
    problems.push({
      input: 'seal',
      message: 'needs an API key: without one, there is nothing to seal',
    });
  }
  problems.push(...sealProblems(valid));
  return problems;
}

/** A limit that no key can have within the cap. A deployment needs room for two: the older key works until the end. */
function limitProblems({
  isDeployed,
  limit = null,
  cap,
}: {
  isDeployed: boolean;
  limit: Usd | null | undefined;
  cap: Usd | undefined;
}): InvalidInput[] {
  if (limit === null || cap === undefined || limit * (isDeployed ? 2n : 1n) <= cap) return [];
  const message = isDeployed
    ? 'must not be above half of preview-limit-usd with key: preview'
    : 'must not be above preview-limit-usd';
  return [{ input: 'limit-usd', message }];
}

/** How long the key lives by default, by what it is for. */
const LIFETIMES = { job: '6h', preview: '30d', none: '6h' };

interface PreviewInputs extends Connection, PreviewRequest, Sealing {
  gitHub: GitHubConnection;
}

/** How to reach GitHub, and which repository the run belongs to. */
export interface GitHubConnection {
  apiUrl: string;
  token: string;
  /** The login of the token of a job. */
  jobLogin: string;
  repository: KnownRepository;
}

/** @throws {Failure} `invalid-inputs` */
export function readPreviewInputs(): PreviewInputs {
  const values = readInputs(previewInputs(), previewProblems);
  const payload = readEvent();
  const run = {
    event: process.env['GITHUB_EVENT_NAME'] ?? '',
    payload,
    pullRequest: values.pull_request,
  };
  const expiresIn = values.expires_in ?? toMs(LIFETIMES[values.key]);
  return {
    ...toConnection(values),
    gitHub: readGitHub(values.github_token, payload),
    run,
    slugPrefix: values.slug_prefix,
    workspace: { fields: toFields(values), ...toGovernance(values) },
    keyMode: values.key,
    key: {
      desired: {
        // A sealed key is used by another job than this one.
        name: jobKeyName(
          process.env,
          values.seal ? { job: values.key_name } : { entry: values.key_name },
        ),
        limit: values.limit_usd ?? undefined,
        limit_reset: values.limit_reset,
        include_byok_in_limit: values.include_byok_in_limit,
      },
      jobName: values.key_name ?? deployingJob(process.env),
      expiresInMs: expiresIn === 'never' ? null : expiresIn,
    },
    cap: values.preview_limit_usd,
    seal: values.seal,
    workflowRun: readWorkflowRun(),
    isSealed: values.seal !== undefined,
    comment: values.comment,
    dryRun: values.dry_run,
  };
}

/** The event of the run; undefined if the runner provides none. */
function readEvent(): unknown {
  const path = process.env['GITHUB_EVENT_PATH'];
  try {
    return path ? parseJson(readFileSync(path, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
}

/** The logins of the tokens of jobs, where that is not GitHub's. */
const JOB_LOGINS: Readonly<Partial<Record<Engine, string>>> = {
  Forgejo: 'forgejo-actions',
  Gitea: 'gitea-actions',
};

/** GitHub's `schedule` has no repository. */
const runnerEvent = z.object({
  repository: z.object({ id: z.optional(z.number()), default_branch: z.optional(z.string()) }),
});

/** @throws {Failure} `invalid-inputs` */
function readGitHub(token: string, payload: unknown): GitHubConnection {
  const { env } = process;
  const apiUrl = env['GITHUB_API_URL'] || 'https://api.github.com';
  const url = toUrl(apiUrl);
  if (!url || !isConfidential(url)) {
    const problem = {
      input: 'GITHUB_API_URL (environment variable)',
      message: 'must be a URL that begins with https, because the token is sent there',
    };
    throw new Failure(invalidInputs, { problems: [problem] });
  }
  const { repository } = z.safeParse(runnerEvent, payload).data ?? {};
  const id = Number(env['GITHUB_REPOSITORY_ID'] || repository?.id);
  const scheduled = env['GITHUB_EVENT_NAME'] === 'schedule' ? env['GITHUB_REF_NAME'] : undefined;
  return {
    apiUrl: apiUrl.replace(/\/$/, ''),
    token,
    jobLogin: JOB_LOGINS[engineOf(env)] ?? 'github-actions[bot]',
    repository: {
      name: env['GITHUB_REPOSITORY'] ?? '',
      id: Number.isSafeInteger(id) ? id : undefined,
      serverUrl: env['GITHUB_SERVER_URL'] || 'https://github.com',
      isGitea: isGitea(env),
      defaultBranch: repository?.default_branch || scheduled || undefined,
    },
  };
}

const strangersEvent = z.object({
  repository: z.object({ full_name: z.string(), fork: z.optional(z.boolean()) }),
  pull_request: z.optional(
    z.object({ head: z.object({ repo: z.nullable(z.object({ full_name: z.string() })) }) }),
  ),
});

/** Why this run has no management key although nothing is wrong; undefined if it has one, or should have. */
export function reasonForNoKey(): string | undefined {
  const { env } = process;
  if (getInput('management-key') !== '') return undefined;
  if (env['GITHUB_ACTOR'] === 'dependabot[bot]') return 'Dependabot started this run';
  const { data } = z.safeParse(strangersEvent, readEvent());
  const head = data?.pull_request?.head;
  const isForeign = head && head.repo?.full_name !== data?.repository.full_name;
  if (data?.repository.fork) return 'this repository is a fork';
  return isForeign ? 'this pull request comes from a fork' : undefined;
}

/**
 * Reads how the post step reaches GitHub, which evaluates the inputs again for it.
 * @throws {Failure} `invalid-inputs`
 */
export function readPostGitHub(): GitHubConnection {
  const { github_token } = previewInputs().shape;
  return readGitHub(readInputs(z.object({ github_token })).github_token, readEvent());
}
