import { createHash } from 'node:crypto';
import type { Repository } from '../../github/repository.ts';
import type { Subject } from './subject.ts';

/** The longest slug that OpenRouter accepts. */
const MAX_SLUG = 50;

/** What the name of a repository may take of a slug. The rest suffices for any number and most branches. */
const MAX_REPOSITORY = 21;

const MAX_NAME = 100;

/** What identifies the preview of `subject`: its slug, and its name and description for people. */
export function identify(
  subject: Subject,
  repository: Repository,
  slugPrefix: string | undefined,
): { slug: string; name: string; description: string } {
  const prefix = slugPrefix ?? `preview-${shorten(lastOf(repository.name), MAX_REPOSITORY)}-`;
  const { name } = repository;
  return {
    slug: prefix + partOf(subject, MAX_SLUG - prefix.length),
    name: cut(subject.kind === 'pull' ? `${name}#${subject.number}` : `${name}: ${subject.name}`),
    description: markOf(subject, repository),
  };
}

function partOf(subject: Subject, maxLength: number): string {
  return subject.kind === 'pull' ? String(subject.number) : withHash(subject.name, maxLength);
}

/** `text` as a part of a slug, always with its hash: two names that differ in case are two branches. */
export function withHash(text: string, maxLength: number): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
  const start = toSlug(text)
    .slice(0, Math.max(0, maxLength - HASH_LENGTH - 1))
    .replace(/-$/, '');
  return start === '' ? hash : `${start}-${hash}`;
}

const HASH_LENGTH = 8;

/** `text` as a part of a slug, with its hash only if it does not fit. */
function shorten(text: string, maxLength: number): string {
  const slug = toSlug(text);
  return slug !== '' && slug.length <= maxLength ? slug : withHash(text, maxLength);
}

/** Lower-case letters without their marks, and digits, in groups joined by single hyphens. */
export function toSlug(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function cut(name: string): string {
  return [...name].slice(0, MAX_NAME).join('');
}

/** The description of a preview: `Preview of https://github.com/octo-org/shop/pull/42 (repository 123456)` */
function markOf(subject: Subject, { serverUrl, name, id }: Repository): string {
  const path = subject.kind === 'pull' ? `pull/${subject.number}` : `tree/${subject.name}`;
  return `${START}${serverUrl}/${name}/${path}${id === undefined ? '' : ` (repository ${id})`}`;
}

const START = 'Preview of ';

/** What follows the URL of the server. Git allows no space in the name of a branch, but any other blank. */
const REST =
  /^\/(?<name>[^/\s]+\/[^/\s]+)\/(?:pull\/(?<number>\d{1,15})|tree\/(?<branch>[^ ]+))(?: \(repository (?<id>\d{1,15})\))?$/;

/**
 * Reads the mark in the description of a workspace: what it is a preview of, if that belongs to
 * `repository`. An id that both have decides: a repository can be renamed, and a new one can get an old name.
 */
export function readMark(description: unknown, repository: Repository): Subject | undefined {
  const start = START + repository.serverUrl;
  if (typeof description !== 'string' || !description.startsWith(start)) return undefined;
  const { groups } = REST.exec(description.slice(start.length)) ?? {};
  if (!groups) return undefined;
  const { name = '', number, branch = '', id } = groups;
  const isOwn =
    id !== undefined && repository.id !== undefined
      ? Number(id) === repository.id
      : name.toLowerCase() === repository.name.toLowerCase();
  if (!isOwn) return undefined;
  return number === undefined
    ? { kind: 'branch', name: branch }
    : { kind: 'pull', number: Number(number) };
}

/** Whether both are the same pull request or branch. */
export function isSame(a: Subject, b: Subject): boolean {
  return a.kind === 'pull'
    ? b.kind === 'pull' && a.number === b.number
    : b.kind === 'branch' && a.name === b.name;
}
