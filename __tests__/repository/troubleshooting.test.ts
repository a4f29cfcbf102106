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
import { FAILURES, WARNINGS } from '../support/failure-kinds.ts';
import { apiError } from '../support/failures.ts';
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

/** What follows the message in each section, for somebody who has to act at night. */
const ANSWERS = ['**Down?** ', '**Spending?** ', '**First:** '];

test.each(CODES)('docs/troubleshooting.md says first what to know and do about %s', (code) => {
  const section = SECTIONS.find(({ heading }) => heading === code);
  const [, message, answers] = (section?.content ?? []).filter(({ type }) => type !== 'space');
  expect([message?.type, answers?.type]).toEqual(['code', 'list']);
  const items: { text: string }[] = answers?.type === 'list' ? answers['items'] : [];
  expect(items.map(({ text }) => /^\*\*[^*]*\*\* /.exec(text)?.[0])).toEqual(ANSWERS);
});

const [, BY_MESSAGE = ''] = /\n## By the message\n(.*?)\n## /s.exec(PAGE) ?? [];

/** The links of the contents: a line of a message, in which `…` is any text, and the code of the message. */
const CONTENTS = [...BY_MESSAGE.matchAll(/^- \[(.+)\]\(#([a-z-]+)\)(?:, .*)?$/gm)]
  .map(([, text = '', code = '']) => ({ text, code }))
  .filter(({ code }) => CODES.includes(code));

test('the contents of docs/troubleshooting.md have each code once, in the order of its sections', () => {
  expect(CONTENTS.map(({ code }) => code)).toEqual(SECTIONS.map(({ heading }) => heading));
});

// An annotation has the title of invalid inputs, and the message has not.
test.each(CONTENTS.filter(({ code }) => code !== 'invalid-inputs'))(
  'the contents of docs/troubleshooting.md have a line of the message for $code',
  ({ text, code }) => {
    const [message = ''] = examplesOf(code);
    const lines = unfold(message).split('\n');
    const pattern = patternOf(text.split('…'));
    expect([text, lines.filter((line) => pattern.test(line))]).toEqual([text, [expect.anything()]]);
  },
);

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
