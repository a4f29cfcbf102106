import { readFileSync, writeFileSync } from 'node:fs';

/** What GitHub keeps of a repository, as far as our workflows and those of our documents use it with gh. */
export interface Service {
  /** Such as `octo-org/shop`. */
  repository: string;
  releases: Release[];
  /** Commits by ref, such as `refs/tags/v1`. */
  refs: Record<string, string>;
  issues: Issue[];
  attestations: Attestation[];
  statuses: CommitStatus[];
  comments: { number: number; body: string }[];
  /** Values by environment and name, such as `production/TOKEN`. */
  secrets: Record<string, string>;
  /** The permissions of tokens that are not the JSON of their permissions. */
  tokens: Record<string, Record<string, string>>;
  /** Calls that fail, such as `GET /releases`, with the status of their responses. */
  faults: Record<string, number>;
  /** How long each call takes. */
  latencyMs: number;
  /** The last number that was given to a release or an issue. */
  lastId: number;
}

export interface Release {
  id: number;
  tag_name: string;
  draft: boolean;
  prerelease: boolean;
  immutable: boolean;
  body: string;
  assets: { name: string; base64: string }[];
}

interface Issue {
  number: number;
  title: string;
  body: string;
  state: string;
  user: { login: string };
}

interface Attestation {
  /** The SHA-256 of the file. */
  digest: string;
  workflow: string;
  ref: string;
  commit: string;
}

interface CommitStatus {
  commit: string;
  state: string;
  context: string;
  target_url: string;
}

/** This repository. */
export const REPOSITORY = 'acme/openrouter-workspace';

/** Where the stand-ins find the file of the service. */
export const SERVICE_FILE = 'STAND_IN_SERVICE';

/** The file is how a test and the programs of a workflow share the service. */
export function openService(file: string) {
  const read = (): Service => JSON.parse(readFileSync(file, 'utf8'));
  return {
    read,
    change(change: (service: Service) => void): void {
      const service = read();
      change(service);
      writeFileSync(file, JSON.stringify(service));
    },
  };
}

export function createService(file: string, parts: Partial<Service> = {}) {
  const service: Service = {
    repository: REPOSITORY,
    releases: [],
    refs: {},
    issues: [],
    attestations: [],
    statuses: [],
    comments: [],
    secrets: {},
    tokens: {},
    faults: {},
    latencyMs: 0,
    lastId: 0,
    ...parts,
  };
  writeFileSync(file, JSON.stringify(service));
  return openService(file);
}

/** What a person does on the page of a draft. Immutable releases are enabled. */
export function publish({ releases }: Service, tag: string): void {
  const draft = releases.find(({ tag_name }) => tag_name === tag);
  if (!draft) throw new Error(`There is no draft of ${tag}`);
  Object.assign(draft, { draft: false, immutable: true });
}
