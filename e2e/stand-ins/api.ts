import type { Release, Service } from './service.ts';

/** A response of GitHub's API that is an error. */
export class Rejection extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Call {
  method: string;
  /** Without a leading slash, and with its query, which is ignored. */
  path: string;
  fields: Record<string, unknown>;
  token: string;
}

type Handler = (service: Service, parameter: string, fields: Record<string, unknown>) => unknown;

/** The permission that a route needs, and what it does. The parameter is what `*` in a path stands for. */
const ROUTES: Record<string, { needs: string; run: Handler }> = {
  'GET /releases': { needs: 'contents: read', run: ({ releases }) => releases },
  'POST /releases': { needs: 'contents: write', run: addRelease },
  'DELETE /releases/*': { needs: 'contents: write', run: removeRelease },
  'GET /releases/tags/*': { needs: 'contents: read', run: findPublished },
  'GET /commits/tags/*': {
    needs: 'contents: read',
    run: (service, tag) => ({ sha: commitOf(service, `refs/tags/${tag}`) }),
  },
  'GET /git/ref/tags/*': {
    needs: 'contents: read',
    run: (service, tag) => ({ object: { sha: commitOf(service, `refs/tags/${tag}`) } }),
  },
  'PATCH /git/refs/tags/*': { needs: 'contents: write', run: moveTag },
  'POST /git/refs': { needs: 'contents: write', run: addRef },
  'GET /issues': {
    needs: 'issues: read',
    run: ({ issues }) => issues.filter(({ state }) => state === 'open'),
  },
  'POST /issues': { needs: 'issues: write', run: addIssue },
  'PATCH /issues/*': { needs: 'issues: write', run: changeIssue },
  'POST /issues/*/comments': { needs: 'pull-requests: write', run: addComment },
  'POST /statuses/*': { needs: 'statuses: write', run: addStatus },
  'PUT /environments/*/secrets/*': { needs: 'environments: write', run: setSecret },
};

/** GitHub's pages have 30 entries by default, and up to 100. Here a second entry has its own page. */
const PAGE_SIZE = 1;

/**
 * The pages of a response: one, unless it is a list.
 * @throws {Rejection}
 */
export function callApi(service: Service, { method, path, fields, token }: Call): unknown[] {
  const [resource = ''] = path.replace(`repos/${service.repository}`, '').split('?');
  const [found] = Object.entries(ROUTES).flatMap(([route, { needs, run }]) => {
    const pattern = new RegExp(`^${route.replaceAll('*', '([^/]+)')}$`);
    const match = pattern.exec(`${method} ${resource}`);
    return match ? [{ route, needs, run, parameter: match.slice(1).join('/') }] : [];
  });
  if (!found) throw new Rejection(404, 'Not Found');
  const fault = service.faults[found.route];
  if (fault !== undefined) throw new Rejection(fault, 'A fault of the stand-in');
  if (!allows(service, token, found.needs)) {
    throw new Rejection(403, 'Resource not accessible by integration');
  }
  const body = found.run(service, found.parameter, fields);
  if (!Array.isArray(body)) return [body];
  const visible = allows(service, token, 'contents: write')
    ? body
    : body.filter(({ draft }) => !draft);
  const count = Math.max(1, Math.ceil(visible.length / PAGE_SIZE));
  return Array.from({ length: count }, (_, at) =>
    visible.slice(at * PAGE_SIZE, (at + 1) * PAGE_SIZE),
  );
}

/** A token that the service does not know is the JSON of its permissions, as those of a job. */
function allows({ tokens }: Service, token: string, needs: string): boolean {
  const [scope = '', level] = needs.split(': ');
  const granted: Record<string, string> = tokens[token] ?? JSON.parse(token);
  return granted[scope] === 'write' || granted[scope] === level;
}

function addComment(
  { comments }: Service,
  number: string,
  { body }: Record<string, unknown>,
): void {
  comments.push({ number: Number(number), body: String(body) });
}

function addRelease(service: Service, _: string, fields: Record<string, unknown>): Release {
  service.lastId += 1;
  const release = { id: service.lastId, prerelease: false, immutable: false, ...fields } as Release;
  service.releases.push(release);
  return release;
}

function removeRelease(service: Service, id: string): void {
  const release = service.releases.find((each) => String(each.id) === id);
  if (!release) throw new Rejection(404, 'Not Found');
  if (release.immutable) throw new Rejection(422, 'Cannot delete an immutable release');
  service.releases = service.releases.filter((each) => each !== release);
}

/** GitHub finds no draft by its tag. */
function findPublished({ releases }: Service, tag: string): Release {
  const release = releases.find(({ tag_name, draft }) => tag_name === tag && !draft);
  if (!release) throw new Rejection(404, 'Not Found');
  return release;
}

function commitOf({ refs }: Service, ref: string): string {
  const commit = refs[ref];
  if (commit === undefined) throw new Rejection(404, 'Not Found');
  return commit;
}

function moveTag(service: Service, tag: string, { sha, force }: Record<string, unknown>): void {
  commitOf(service, `refs/tags/${tag}`);
  if (force !== true) throw new Rejection(422, 'Update is not a fast forward');
  service.refs[`refs/tags/${tag}`] = String(sha);
}

function addRef({ refs }: Service, _: string, { ref, sha }: Record<string, unknown>): void {
  if (refs[String(ref)] !== undefined) throw new Rejection(422, 'Reference already exists');
  refs[String(ref)] = String(sha);
}

function addIssue(service: Service, _: string, { title, body }: Record<string, unknown>): void {
  service.lastId += 1;
  service.issues.push({
    number: service.lastId,
    title: String(title),
    body: String(body),
    state: 'open',
    user: { login: 'github-actions[bot]' },
  });
}

function changeIssue(service: Service, number: string, fields: Record<string, unknown>): void {
  const issue = service.issues.find((each) => String(each.number) === number);
  if (!issue) throw new Rejection(404, 'Not Found');
  Object.assign(issue, fields);
}

function addStatus(service: Service, commit: string, fields: Record<string, unknown>): void {
  service.statuses.push({ commit, ...fields } as Service['statuses'][number]);
}

function setSecret({ secrets }: Service, name: string, { value }: Record<string, unknown>): void {
  secrets[name] = String(value);
}
