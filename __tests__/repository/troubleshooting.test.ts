import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { AnyNode } from 'acorn';
import { marked, type Token } from 'marked';
import { governanceInputs } from '../../src/governance/inputs.ts';
import { classifyResponse } from '../../src/http/retry-policy.ts';
import { guardrailFields } from '../../src/openrouter/resources/guardrails.ts';
import { apiErrorCodes } from '../../src/report/describe-api-error.ts';
import { describeError, INTERNAL_ERROR } from '../../src/report/describe-error.ts';
import { bundleNodes, nodesIn } from '../support/bundle-nodes.ts';
import { apiError } from '../support/failure-facts.ts';
import { FAILURES, WARNINGS } from '../support/failure-kinds.ts';
import { ROOT } from '../support/root.ts';

const PAGE = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
const codesOf = (kinds: readonly { code: string }[]) => kinds.map(({ code }) => code);
/** Every code that an annotation can have. A warning can have that of a failure. */
const CODES = [
  ...new Set([...codesOf(FAILURES), ...codesOf(WARNINGS), ...apiErrorCodes(), INTERNAL_ERROR]),
];

interface Section {
  heading: string;
  content: Token[];
}

/** A code is in kebab case; other headings group the sections, and have words with capitals. */
const SECTIONS = sectionsOf(PAGE).filter(({ heading }) => /^[a-z]+(-[a-z]+)*$/.test(heading));

test('docs/troubleshooting.md has one section for each code, and none for anything else', () => {
  const headings = SECTIONS.map(({ heading }) => heading);
  expect(headings.toSorted()).toEqual(CODES.toSorted());
});

/** The examples of messages in the section of `code`. */
function examplesOf(code: unknown): string[] {
  const section = SECTIONS.find(({ heading }) => heading === code);
  return (section?.content ?? []).flatMap((token) =>
    token.type === 'code' ? [String(token['text'])] : [],
  );
}

test.each(CODES)('docs/troubleshooting.md has an example of the message for %s', (code) => {
  expect(examplesOf(code)).toContainEqual(expect.stringMatching(/^\S.+/));
});

/** What somebody has to know and do at night. A section has only what differs from the top of the page. */
const ANSWERS = ['**Down?** ', '**Spending?** ', '**First:** '];

/** The answer that a text begins with, if it does. */
function answerOf(text: string): string | undefined {
  return ANSWERS.find((answer) => text.startsWith(answer));
}

/** The message in the section of `code`, and what follows it. */
function partsOf(code: string): { message: Token | undefined; rest: Token[] } {
  const section = SECTIONS.find(({ heading }) => heading === code);
  const [, message, ...rest] = (section?.content ?? []).filter(({ type }) => type !== 'space');
  return { message, rest };
}

test.each(CODES)('docs/troubleshooting.md says first what to know and do about %s', (code) => {
  const { message, rest } = partsOf(code);
  expect(message?.type).toBe('code');
  expect(rest).not.toEqual([]);
  const answers = rest.map((token) =>
    token.type === 'paragraph' ? answerOf(token['text']) : undefined,
  );
  // Each once, in this order, before anything else, and in no list.
  const expected = ANSWERS.filter((answer) => answers.includes(answer));
  expect(answers.slice(0, expected.length)).toEqual(expected);
  const text = rest.map(({ raw }) => raw).join('');
  expect(text.match(/\*\*(?:Down\?|Spending\?|First:)\*\* /g) ?? []).toEqual(expected);
});

const [TOP] = sectionsOf(PAGE);
/** What holds for each section that does not say otherwise, without the words in bold. */
const DEFAULTS = (TOP?.content ?? [])
  .flatMap((token): { text: string }[] => (token.type === 'list' ? token['items'] : []))
  .map(({ text }) => ({ answer: answerOf(text), text: text.slice(answerOf(text)?.length) }));

test('docs/troubleshooting.md says at its top what holds unless a section says otherwise', () => {
  expect(DEFAULTS.map(({ answer }) => answer)).toEqual(ANSWERS);
});

test.each(CODES)('the section about %s does not repeat the top of the page', (code) => {
  const repeated = partsOf(code).rest.filter(({ raw }) =>
    DEFAULTS.some(({ answer = '', text }) => {
      if (!raw.startsWith(answer)) return false;
      const own = raw.slice(answer.length).trim().toLowerCase();
      const [opening = ''] = /^[^.;:,]+/.exec(text.toLowerCase()) ?? [];
      return own.startsWith(opening) || text.toLowerCase().includes(own);
    }),
  );
  expect(repeated).toEqual([]);
});

/** An example whose long lines are continued with spaces at their beginning. */
function unfold(example: string): string {
  return example.replace(/\n +/g, ' ');
}

test('the commands in docs/troubleshooting.md start workflows that the documents have', () => {
  const pages = globSync(['README.md', 'docs/recipes/*.md'], { cwd: ROOT });
  const text = pages.map((page) => readFileSync(join(ROOT, page), 'utf8')).join('\n');
  const files = [...PAGE.matchAll(/(?:gh workflow run|--workflow) (\S+\.yml)/g)].map(
    ([, file]) => file,
  );
  expect(files).not.toEqual([]);
  expect(files.filter((file) => !text.includes(`.github/workflows/${file}\``))).toEqual([]);
});

/** The titles that `declareFailure` and `declareWarning` give to a code, as patterns. */
const TITLES = Map.groupBy(
  bundleNodes()
    .filter((node) => node.type === 'CallExpression')
    .flatMap(({ callee, arguments: [code, describe] }) => {
      const declares = callee.type === 'Identifier' && /^declare/.test(callee.name);
      if (!declares || code?.type !== 'Literal' || !describe) return [];
      return titlesIn(describe).map((title) => ({ code: code.value, title }));
    }),
  ({ code }) => code,
);

function titlesIn(describe: AnyNode): RegExp[] {
  const titles = [...nodesIn(describe)].flatMap((node) =>
    node.type === 'Property' && node.key.type === 'Identifier' && node.key.name === 'title'
      ? [...nodesIn(node.value)]
      : [],
  );
  // Whose title is that of the request that failed.
  const isPart = [...nodesIn(describe)].some(
    (node) => node.type === 'Identifier' && node.name === 'describePart',
  );
  const ofRequest = isPart ? [patternOf(['Could not ', ': ', ''])] : [];
  const own = titles.flatMap((node) => {
    if (node.type === 'TemplateLiteral')
      return [patternOf(node.quasis.map(({ value }) => value.raw))];
    return node.type === 'Literal' ? [patternOf([String(node.value)])] : [];
  });
  return own.length > 0 ? own : ofRequest;
}

/** What has these parts of a text, and anything between them. */
function patternOf(parts: readonly string[]): RegExp {
  const literal = (part: string) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${parts.map(literal).join('.+')}$`);
}

// The page shows the lines about its inputs, which have no title.
const TITLED = [...TITLES].filter(([code]) => code !== 'invalid-inputs');

test.each(TITLED)('docs/troubleshooting.md has the title of %s', (code, titles) => {
  const [message = ''] = examplesOf(code);
  const [shown = ''] = unfold(message).split('\n');
  const isTitle = titles.some(({ title }) => title.test(shown));
  expect([shown, isTitle]).toEqual([shown, true]);
});

/** The examples whose title has a status, such as `Could not create …: OpenRouter failed (HTTP 502)`. */
const FAILED_REQUESTS = apiErrorCodes().flatMap((code) => {
  const [message = ''] = examplesOf(code);
  const [shown = ''] = unfold(message).split('\n');
  const [, operation, status] = /^Could not (.+): .+ \(HTTP (\d+)\)$/.exec(shown) ?? [];
  return operation && status ? [{ code, shown, operation, status: Number(status) }] : [];
});

test.each(FAILED_REQUESTS)(
  'docs/troubleshooting.md has the title of a request that failed with $code',
  ({ code, shown, operation, status }) => {
    const kind = classifyResponse('PATCH', status);
    const described = describeError(apiError({ operation, kind, status }), 'none');
    expect({ code, title: shown }).toEqual({ code: described.code, title: described.title });
  },
);

/** The statuses between 400 and 499 of a GET whose code is not that of most. */
const STATUSES = Array.from({ length: 100 }, (_, at) => 400 + at).flatMap((status) => {
  const kind = classifyResponse('GET', status);
  const { code } = describeError(apiError({ method: 'GET', kind, status }), 'none');
  return code === 'request-rejected' ? [] : [{ status, code }];
});

test.each(STATUSES)('docs/troubleshooting.md refers from $status to $code', ({ status, code }) => {
  const links = [...PAGE.matchAll(/\[([^\]]+)\]\(#([a-z-]+)\)/g)];
  // A link is the statuses, and then its target.
  const targets = links.filter(([, text = '', target]) =>
    text.replace(`: ${target}`, '').split(', ').includes(`\`${status}\``),
  );
  expect(targets.map(([, , target]) => target)).toContain(code);
});

test('the section unknown-guardrail-fields lists the fields that the input guardrail accepts', () => {
  const accepted = Object.keys(guardrailFields).filter((field) =>
    [null, true].some((value) => governanceInputs.guardrail.safeParse({ [field]: value }).success),
  );
  const section = SECTIONS.find(({ heading }) => heading === 'unknown-guardrail-fields');
  const listed = (section?.content ?? []).flatMap((token) =>
    token.type === 'list' ? [...token.raw.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name) : [],
  );
  expect(listed.toSorted()).toEqual(accepted);
});

test.each([
  ['failures', [...codesOf(FAILURES), ...apiErrorCodes(), INTERNAL_ERROR]],
  ['warnings', [...codesOf(WARNINGS), ...apiErrorCodes(), INTERNAL_ERROR]],
])('no two %s have the same code', (_, codes) => {
  expect(codes.toSorted()).toEqual([...new Set(codes)].toSorted());
});

test('a code is declared in a file named failures.ts, where the tests find it', () => {
  const declares = /import \{[^}]*\bdeclare(Failure|Warning)\b[^}]*\} from/;
  const files = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) =>
    declares.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  expect(files.filter((file) => !file.endsWith('failures.ts'))).toEqual([]);
  expect(files).toHaveLength(globSync('src/**/failures.ts', { cwd: ROOT }).length);
});

/** The sections below headings of level 2 and 3, each up to the next one. */
function sectionsOf(markdown: string): Section[] {
  const sections: Section[] = [];
  for (const token of marked.lexer(markdown)) {
    if (token.type === 'heading' && token['depth'] <= 3) {
      sections.push({ heading: token['text'], content: [] });
    }
    sections.at(-1)?.content.push(token);
  }
  return sections;
}
