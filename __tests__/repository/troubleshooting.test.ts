import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { marked, type Token } from 'marked';
import { governanceInputs } from '../../src/governance/inputs.ts';
import { guardrailFields } from '../../src/openrouter/resources/guardrails.ts';
import { apiErrorCodes } from '../../src/report/describe-api-error.ts';
import { INTERNAL_ERROR } from '../../src/report/describe-error.ts';
import { bundleNodes } from '../support/bundle-nodes.ts';
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

/** Patterns of the texts of the bundle: anything can stand for an expression in a template. */
const TEXTS = bundleNodes()
  .flatMap((node) => {
    if (node.type === 'TemplateLiteral') return [node.quasis.map(({ value }) => value.raw)];
    return node.type === 'Literal' ? [[String(node.value)]] : [];
  })
  // A shorter text, such as `${name}: `, matches nearly any line.
  .filter((parts) => parts.join('').length > 6)
  .map((parts) => new RegExp(`^${parts.map(literal).join('.+')}$`));

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

// Its first line is that of an input, which is composed of many texts.
const TITLED = CODES.filter((code) => code !== 'invalid-inputs');

test.each(TITLED)(
  'docs/troubleshooting.md has the message for %s, as the bundle has it',
  (code) => {
    const section = SECTIONS.find(({ heading }) => heading === code);
    const [message = ''] = (section?.content ?? []).flatMap((token) =>
      token.type === 'code' ? [String(token['text'])] : [],
    );
    // A long line is continued with spaces at its beginning.
    const [title = ''] = message.replace(/\n +/g, ' ').split('\n');
    expect([code, title, TEXTS.some((text) => text.test(title))]).toEqual([code, title, true]);
  },
);

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
