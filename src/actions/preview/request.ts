import type { Usd } from '../../lib/usd.ts';
import type { SaveTask } from '../../shared/context.ts';
import type { CreateRequest, WorkspaceCreator } from '../create/request.ts';
import type { KeyCreator, KeyRequest, NewKey } from '../key/create-key.ts';
import type { Identity } from './naming.ts';
import type { GitHubContext } from './read-subject.ts';
import type { RunEvent, Subject } from './subject.ts';
import type { PreviewTask } from './task.ts';

/** What a preview is to have, as the author of the workflow requested it. */
export interface PreviewRequest {
  run: RunEvent;
  slugPrefix: string | undefined;
  /** The fields, guardrail, budgets and members of the workspace. */
  workspace: Pick<CreateRequest, 'governance' | 'governanceInputs'> & {
    fields: Omit<CreateRequest['desired'], 'slug' | 'name' | 'description'>;
  };
  keyMode: 'job' | 'preview' | 'none';
  key: Pick<KeyRequest, 'desired' | 'expiresInMs'> & {
    /** What the name of a key for a deployed preview ends with: it is the same in each run of the job. */
    jobName: string;
  };
  /** What all keys of the preview may spend together; undefined without a cap. */
  cap: Usd | undefined;
  /** Whether the key is sealed for other jobs. */
  isSealed: boolean;
  comment: boolean;
  dryRun: boolean;
  timeoutMs: number;
}

/** A pull request or branch, and what identifies its preview. */
export interface Preview {
  subject: Subject;
  identity: Identity;
}

/** What opens a preview. */
export interface PreviewOpener
  extends GitHubContext,
    Pick<WorkspaceCreator, 'onWorkspace'>,
    Pick<KeyCreator, 'registerSecrets' | 'random'> {
  /** As `KeyCreator` has it. */
  onKey(key: NewKey, end: PreviewTask): void;
  saveTask: SaveTask<PreviewTask>;
}
