import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { PUBLISHED } from '../../sandbox/cli/show.ts';
import { readExamples } from '../../scripts/examples.ts';
import { ROOT } from '../support/root.ts';
import type { Job, Step, Workflow } from '../support/workflow.ts';

/** A workflow of a document in which a job seals a key for another one. */
interface Sealed {
  title: string;
  text: string;
  workflow: Workflow;
}

const SEALED: readonly Sealed[] = globSync(['README.md', 'docs/**/*.md'], { cwd: ROOT }).flatMap(
  (page) =>
    readExamples(join(ROOT, page))
      .filter(({ text }) => /^jobs:$/m.test(text) && text.includes('unseal-key@'))
      .map(({ text }) => ({
        title: `${parse(text).name} in ${page}`,
        text,
        workflow: parse(text),
      })),
);

const usesOf = ({ steps = [] }: Job, folder: string): Step[] =>
  steps.filter(({ uses }) => uses === `${PUBLISHED.repository}/${folder}@${PUBLISHED.ref}`);

const environmentOf = ({ environment = '' }: Job): string =>
  typeof environment === 'string' ? environment : environment.name;

/** The jobs with a step that has the management key, by name. */
function privilegedJobs({ jobs }: Workflow): [string, Job][] {
  return Object.entries(jobs).filter(([, { steps = [] }]) =>
    steps.some((step) => step.with?.['management-key'] !== undefined),
  );
}

/** Whether a comment is above a line of a text. */
function isExplained(text: string, expected: string): boolean {
  const lines = text.split('\n').map((line) => line.trim());
  const at = lines.indexOf(expected);
  return at > 0 && lines[at - 1]?.startsWith('#') === true;
}

test('the README and the recipes have workflows with a sealed key', () => {
  expect(SEALED.map(({ title }) => title)).toContain('Preview in README.md');
});

describe.each(SEALED)('$title', ({ text, workflow }) => {
  const jobs = Object.entries(workflow.jobs);
  const sealing = jobs.filter(([, job]) =>
    job.steps?.some(
      (step) => step.with?.['seal'] !== undefined && !step.uses?.includes('unseal-key'),
    ),
  );
  const unsealing = jobs.filter(([, job]) => usesOf(job, 'unseal-key').length > 0);
  const ending = jobs.filter(([, job]) => usesOf(job, 'end-key').length > 0);

  test('runs nothing but actions of this repository where the management key is', () => {
    for (const [name, { steps }] of privilegedJobs(workflow)) {
      const others = steps.filter(({ uses = '' }) => !uses.startsWith(PUBLISHED.repository));
      expect([name, others]).toEqual([name, []]);
      expect(isExplained(text, `${name}:`)).toBe(true);
    }
  });

  test('has neither the management key, nor its environment, nor a token that writes where the key is used', () => {
    const environments = privilegedJobs(workflow).map(([, job]) => environmentOf(job));
    for (const [name, job] of unsealing) {
      expect(JSON.stringify(job)).not.toContain('MANAGEMENT_KEY');
      expect(environments).not.toContain(environmentOf(job));
      const writes = Object.entries(job.permissions ?? {}).filter(([, level]) => level === 'write');
      // A review comments on lines by itself, and runs no commands.
      const reviews = job.steps.some((step) => step.with?.['github_token'] !== undefined);
      expect([name, writes.length > 0]).toEqual([name, reviews]);
    }
  });

  test('takes the sealed key from the job that seals it, not from one that runs code', () => {
    const sources = [...unsealing, ...ending].flatMap(([, { steps }]) =>
      steps.flatMap((step) => step.with?.['sealed-key'] ?? []),
    );
    const names = sealing.map(([name]) => name);
    for (const source of sources) expect(names).toContain(String(source).split('.')[1]);
  });

  test('passes on the sealed key by one output of the job that seals it', () => {
    expect(sealing).not.toEqual([]);
    for (const [, { outputs, steps }] of sealing) {
      const ids = steps.filter((step) => step.with?.['seal']).map(({ id }) => id);
      const values = ids.map((id) => `\${{ steps.${id}.outputs.sealed-key }}`);
      expect(Object.values(outputs ?? {})).toEqual(expect.arrayContaining(values));
    }
  });

  test('uses the key unless there is none, so that an empty one fails', () => {
    for (const [, job] of unsealing) {
      const [step] = usesOf(job, 'unseal-key');
      const [, sealed = ''] =
        /^\$\{\{ (needs\.\S+) \}\}$/.exec(String(step?.with?.['sealed-key'])) ?? [];
      const [condition, ...more] = String(job.if).split(' && ');
      expect(condition).toBe(`${sealed} != 'none'`);
      expect(isExplained(text, more.length > 0 ? 'if: >-' : `if: ${condition}`)).toBe(true);
      expect([job.needs ?? []].flat()).toContain(sealed.split('.')[1]);
    }
  });

  test('ends the key whenever there is one, after all jobs that use it, by their result', () => {
    for (const [, job] of unsealing) {
      const { 'sealed-key': used } = usesOf(job, 'unseal-key')[0]?.with ?? {};
      const ends = ending.filter(([, { steps }]) =>
        steps.some((step) => step.with?.['sealed-key'] === used),
      );
      expect(ends).toHaveLength(1);
    }
    for (const [, job] of ending) {
      const steps = usesOf(job, 'end-key');
      const sealed = steps.map((step) => String(step.with?.['sealed-key']).slice(4, -3));
      for (const each of sealed) expect(job.if).toContain(`startsWith(${each}, 'ey')`);
      expect(job.if).toMatch(/^always\(\) && /);
      expect(isExplained(text, `if: ${job.if}`)).toBe(true);
      const users = unsealing.filter(([, user]) =>
        sealed.some((each) => JSON.stringify(user.steps).includes(each)),
      );
      const needed = [...users.map(([name]) => name), ...sealed.map((each) => each.split('.')[1])];
      expect([job.needs ?? []].flat()).toEqual(expect.arrayContaining(needed));
      for (const { with: inputs } of steps) {
        expect(String(inputs?.['result'])).toMatch(/^\$\{\{ needs\.[\w-]+\.result \}\}$/);
      }
    }
  });
});
