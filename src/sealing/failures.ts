import { declareFailure } from '../shared/failure.ts';
import type { SealProblem } from './sealed-key.ts';

/** What a person can do about a key that no job can end. */
const END_NOW = 'To end the API key now, disable it at https://openrouter.ai/workspaces.';

export const sealedKeyEmpty = declareFailure<object>('sealed-key-empty', () => ({
  title: 'The input sealed-key is empty, so there may be an API key that this job cannot have',
  lines: [
    'Check that the job that seals the key declares the output sealed-key, that this job names this output, and that this job needs that job.',
    'If the step that seals the key has failed, its log says why.',
    'GitHub drops an output that contains a secret. A secret of one or two characters, or with such a line, is in many texts: remove it.',
    'The API key, if there is one, works until its expires-in.',
    END_NOW,
    'The next deployment that succeeds replaces the key of a deployment.',
  ],
}));

/** Why a sealed key is not opened, by who opens it. */
const REASONS: Readonly<Record<SealProblem, Readonly<Record<'key' | 'task', string>>>> = {
  'not-opened': {
    key: 'The secret in seal is not the one of the job that sealed the key, the text was changed, or that job has another version of these actions.',
    task: 'The management key is not the one of the job that sealed the key, the text was changed, or that job has another version of these actions.',
  },
  'other-run': {
    key: 'Another run has sealed the key. Each run seals a key of its own.',
    task: 'Another run has sealed the key. Each run ends its own key.',
  },
  'other-version': {
    key: 'Another version of these actions has sealed the key. Use one version in all jobs.',
    task: 'Another version of these actions has sealed the key. Use one version in all jobs.',
  },
};

export const sealedKeyMismatch = declareFailure<{
  problem: SealProblem;
  /** What was to be opened: the key itself, or what ends it. */
  part: 'key' | 'task';
}>('sealed-key-mismatch', ({ problem, part }) => ({
  title: 'The sealed key cannot be opened',
  lines: [REASONS[problem][part], ...(part === 'task' ? [END_NOW] : [])],
}));

export const sealedKeyEnded = declareFailure<object>('sealed-key-ended', () => ({
  title: 'The sealed API key does not work any more',
  lines: [
    'If this run was repeated in part, its key is that of an earlier attempt: choose Re-run all jobs.',
    'If the key has expired, set a longer expires-in where it is created.',
    'Otherwise, a newer run has replaced it, or the pull request was closed.',
  ],
}));
