import { isGitea } from '../github/engine.ts';
import type { Effect } from '../http/effect.ts';
import type { LeftAdvice } from '../shared/context.ts';
import type { DescriptionText, EffectLine, NoEffect } from '../shared/failure.ts';

/** A failure or a warning, as its annotation and its summary show it. */
export interface Description extends DescriptionText {
  /** The section of `docs/troubleshooting.md`. */
  code: string;
}

/** The repository of this action if the runner does not name it, as with `uses: ./`. */
const DEFAULT_REPOSITORY = 'OWNER/openrouter-workspace';

/** The URL of the section of `docs/troubleshooting.md` about `code`, as that of `documentUrl`. */
export function troubleshootingUrl(code: string, env: NodeJS.ProcessEnv): string {
  return documentUrl(`troubleshooting.md#${code}`, env);
}

/**
 * The URL of a page in `docs/`, or of a section in it, at the version of the action that runs
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/variables).
 */
export function documentUrl(page: string, env = process.env): string {
  const server = env['GITHUB_SERVER_URL'] || 'https://github.com';
  const repository = env['GITHUB_ACTION_REPOSITORY'] || DEFAULT_REPOSITORY;
  const ref = env['GITHUB_ACTION_REF'] || 'main';
  const folder = isGitea(env) ? 'src' : 'blob';
  return `${server}/${repository}/${folder}/${ref}/docs/${page}`;
}

/** What a failure says that ended a step before any deletion. */
export const NOTHING_DELETED: NoEffect = { nothing: 'Nothing was deleted.' };

const SENTENCES: Readonly<Record<Effect, EffectLine>> = {
  none: { nothing: 'Nothing was changed at OpenRouter.' },
  throttled:
    'OpenRouter reports that it rejected each change of this step, so nothing should have changed.',
  possible: 'This step may have changed something at OpenRouter before that: see its log.',
};

/** Describes what all requests of a step together may have changed at OpenRouter. */
export function describeEffect(effect: Effect): EffectLine {
  return SENTENCES[effect];
}

/** What else is known where the effect of a failure is described. */
export interface EffectFacts {
  /** What other steps may have left; empty for nothing. That nothing was changed would seem to contradict it. */
  leftovers?: string;
  /** What a post step says instead of what to do about a request that failed. */
  advice?: LeftAdvice | undefined;
  /** Whether the step only reads, so that it goes without saying that it changed nothing. */
  onlyReads?: boolean;
}

/** The lines about the effect of a failure. */
export function effectLines(
  effect: readonly EffectLine[],
  { leftovers = '', onlyReads = false }: EffectFacts,
): string[] {
  return effect.flatMap((line) => {
    if (typeof line === 'string') return line;
    return leftovers === '' && !onlyReads ? line.nothing : [];
  });
}

/** The line about what a post step may leave. */
export function formatLeftovers(leftovers: string): string {
  return `May still exist at OpenRouter: ${leftovers}.`;
}
