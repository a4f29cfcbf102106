import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from '../support/root.ts';

interface Job {
  strategy?: { matrix: { node?: string[] } };
  steps?: { run?: string }[];
}

/** The jobs whose scripts run in the tests of this folder, or under act in `npm run e2e`. */
const TESTED = [
  'ci.yml use',
  'live.yml live',
  'major.yml move',
  'major.yml verify',
  'release.yml draft',
  'release.yml pack',
  'report.yml report',
];

/** Scripts that need OpenRouter or take too long, or say that such a script has failed. */
const UNTESTED = [
  /^npm run -s drift$/,
  /^npm run faults -- --runs \d+$/,
  /^echo "::error::[^"$`]*"$/,
];

const jobs = globSync('.github/workflows/*.yml', { cwd: ROOT }).flatMap((file) => {
  const workflow: { jobs: Record<string, Job> } = parse(readFileSync(join(ROOT, file), 'utf8'));
  return Object.entries(workflow.jobs).map(([name, job]) => ({
    name: `${basename(file)} ${name}`,
    job,
  }));
});

/** The scripts of a job, for each Node.js of its matrix. */
const scriptsOf = ({ strategy, steps = [] }: Job) =>
  steps.flatMap(({ run }) =>
    run === undefined
      ? []
      : (strategy?.matrix.node ?? ['']).map((node) =>
          run.replace('"test:$NODE-node"', `test:${node}-node`),
        ),
  );

test('CI runs the commands with which the README lets people try the actions', () => {
  const commands = [
    ...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/`(npm ci && .+?)`/g),
  ].flatMap(([, command = '']) => command.split(' && '));
  const scripts = jobs.find(({ name }) => name === 'ci.yml test')?.job.steps?.map(({ run }) => run);
  expect(commands.length).toBeGreaterThan(0);
  expect(scripts).toEqual(expect.arrayContaining(commands));
});

test('the jobs whose scripts are tested exist', () => {
  expect(jobs.map(({ name }) => name)).toEqual(expect.arrayContaining(TESTED));
});

test.each(jobs.filter(({ name }) => !TESTED.includes(name)))(
  'each script of the job $name is tested, or is a command of .ci/run',
  ({ job }) => {
    const everything = readFileSync(join(ROOT, '.ci/run'), 'utf8');
    // npm run check includes node scripts/launch.js scripts/check-dist.ts.
    const { check } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts;
    const others = scriptsOf(job).filter(
      (script) =>
        ![everything, check].some((commands) => commands.includes(script)) &&
        !UNTESTED.some((pattern) => pattern.test(script)),
    );
    expect(others).toEqual([]);
  },
);
