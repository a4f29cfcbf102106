import type { Repository } from '../../github/repository.ts';
import { cutName, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { subjectEnd } from '../../shared/key-name.ts';
import { slugFrom, toSlug, withHash } from '../../shared/slug.ts';
import type { Subject } from './subject.ts';

/** What the name of a repository may take of a slug. The rest suffices for any number and most branches. */
const MAX_REPOSITORY = 21;

/** What identifies a preview: the slug of its workspace, and its name and description for people. */
export interface Identity {
  slug: string;
  name: string;
  description: string;
}

/** Identifies the preview of `subject`. */
export function identify(
  subject: Subject,
  repository: Repository,
  slugPrefix: string | undefined,
): Identity {
  const prefix = slugPrefix ?? `preview-${shorten(lastOf(repository.name), MAX_REPOSITORY)}-`;
  const { name } = repository;
  return {
    slug: subject.kind === 'pull' ? `${prefix}${subject.number}` : slugFrom(subject.name, prefix),
    name: cutName(name + subjectEnd(subject)),
    description: markOf(subject, repository),
  };
}

/** `text` as a part of a slug, with its hash only if it does not fit. */
function shorten(text: string, maxLength: number): string {
  const slug = toSlug(text);
  return slug !== '' && slug.length <= maxLength ? slug : withHash(text, maxLength);
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** The description of a preview: `Preview of https://github.com/octo-org/shop/pull/42 (repository 123456)` */
function markOf(subject: Subject, { serverUrl, name, id }: Repository): string {
  const path = subject.kind === 'pull' ? `pull/${subject.number}` : `tree/${subject.name}`;
  return `${START}${serverUrl}/${name}/${path} (repository ${id})`;
}

/** The owner mark for people, without the id of the repository, which reads like a count. */
export function describePreview({ description }: { description: string }): string {
  return description.slice(0, description.lastIndexOf(' ('));
}

/** The page of `subject` at GitHub: `#42`, or the name of the branch. */
export function linkTo(
  subject: Subject,
  { serverUrl, name }: Repository,
): { text: string; url: string } {
  if (subject.kind === 'pull') {
    return { text: `#${subject.number}`, url: `${serverUrl}/${name}/pull/${subject.number}` };
  }
  const path = subject.name.split('/').map(encodeURIComponent).join('/');
  return { text: subject.name, url: `${serverUrl}/${name}/tree/${path}` };
}

const START = 'Preview of ';

/** What follows the URL of the server. Git allows no space in the name of a branch, but any other blank. */
const REST =
  /^\/[^/\s]+\/[^/\s]+\/(?:pull\/(?<number>\d{1,15})|tree\/(?<branch>[^ ]+)) \(repository (?<id>\d{1,15})\)(?<locked>, locked)?$/;

/** What the description of a workspace says that is a preview. */
export interface Mark {
  subject: Subject;
  /** Whether no run uses the workspace any more. */
  isLocked: boolean;
}

const LOCKED = ', locked';

/** A workspace of a preview, as its mark describes it. */
export interface MarkedWorkspace extends WorkspaceRef, Mark {
  description: string;
  created_at?: string | undefined;
  /** What the preview is called: its slug until it is locked, and then `octo-org/shop#42`. */
  name: string;
}

/** Whether runs use a workspace that was looked up: it exists, and is not locked. */
export function isInUse(workspace: WorkspaceRef | undefined): boolean {
  return workspace !== undefined && workspace.slug !== lockedSlug(workspace);
}

/** The slug and the description of a workspace once it is locked: no run finds it under its slug, or uses it. */
export function lockOf(workspace: Pick<MarkedWorkspace, 'id' | 'description'>) {
  return { slug: lockedSlug(workspace), description: workspace.description + LOCKED };
}

function lockedSlug({ id }: { id: string }): string {
  return `locked-${id.toLowerCase()}`;
}

/**
 * Reads the mark in the description of a workspace: what it is a preview of, if that belongs to
 * `repository`. The id decides: a repository can be renamed, and a new one can get an old name.
 */
export function readMark(description: unknown, repository: Repository): Mark | undefined {
  const start = START + repository.serverUrl;
  if (typeof description !== 'string' || !description.startsWith(start)) return undefined;
  const { groups } = REST.exec(description.slice(start.length)) ?? {};
  if (!groups || Number(groups['id']) !== repository.id) return undefined;
  const { number, branch = '', locked } = groups;
  return {
    subject:
      number === undefined
        ? { kind: 'branch', name: branch }
        : { kind: 'pull', number: Number(number) },
    isLocked: locked !== undefined,
  };
}

/** Whether both are the same pull request or branch. */
export function isSame(a: Subject, b: Subject): boolean {
  return a.kind === 'pull'
    ? b.kind === 'pull' && a.number === b.number
    : b.kind === 'branch' && a.name === b.name;
}
