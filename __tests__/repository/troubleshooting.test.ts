import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { marked, type Token } from 'marked';
import { governanceInputs } from '../../src/governance/inputs.ts';
import { guardrailFields } from '../../src/openrouter/resources/guardrails.ts';
import { allCodes } from '../../src/report/describe-error.ts';
import { ROOT } from '../support/root.ts';

const PAGE = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
const CODES = [...allCodes()];

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

test.each(CODES)('docs/troubleshooting.md has an example of the message for %s', (code) => {
  const section = SECTIONS.find(({ heading }) => heading === code);
  const examples = (section?.content ?? []).flatMap((token) =>
    token.type === 'code' ? [String(token['text'])] : [],
  );
  expect(examples).toContainEqual(expect.stringMatching(/^\S.+/));
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
