/**
 * Runs an action in a sandbox, and shows what a workflow author would see on GitHub, and the
 * requests that OpenRouter received: `npm start` for the root action, `npm start -- usage` for
 * that in the folder `usage`. `npm start -- --help` lists what the arguments can change.
 */
import { type Sandbox, startSandbox } from '../openrouter/server.ts';
import { mask } from '../runner/log.ts';
import { runPost, runStep, type StepOptions } from '../runner/runner.ts';
import { runProgram } from './arguments.ts';
import { type Call, readCall } from './call.ts';
import { describeContents, seedContents } from './contents.ts';
import { helpOf } from './help.ts';
import { firstLines, PUBLISHED, type Stage, show, showJob, showStep } from './show.ts';
import { writePage } from './summary.ts';

await runProgram(async (args) => {
  const call = await readCall(args);
  if (call.help) console.log(helpOf(call));
  else await run(call);
});

/** Runs the step, the rest of its job and its post step, and shows them. */
async function run(call: Call): Promise<void> {
  const { scene, inputs, contents } = call;
  const sandbox = call.apiUrl === undefined ? await startSandbox() : undefined;
  if (sandbox) {
    seedContents(sandbox, contents);
    show('Before the step, OpenRouter has', firstLines(describeContents(sandbox)));
  }
  const stages = await runStages(call, sandbox);
  await sandbox?.close();
  const redact = (text: string) => mask(text, [call.managementKey ?? '']);
  showStep(scene.folder, inputs, redact);
  showJob(stages, redact);
  if (call.preview) {
    const page = writePage(stages.map(({ result }) => result.summary));
    show('Job summary as a page, for a browser', [page.href]);
  }
  const failed = stages.find(({ result }) => result.exitCode !== 0);
  process.exitCode = failed ? (failed.result.exitCode ?? 1) : 0;
}

/** Runs the step, the rest of its job and its post step. Without a sandbox, no one records requests. */
async function runStages(call: Call, sandbox: Sandbox | undefined): Promise<Stage[]> {
  const { scene, action, manifest, contents, inputs } = call;
  const step: StepOptions = {
    action,
    with: {
      'management-key': call.managementKey ?? sandbox?.managementKey ?? '',
      ...(sandbox && { 'api-url': sandbox.url }),
      ...inputs,
    },
    // As the runner sets them for the step that is shown.
    env: { GITHUB_ACTION_REPOSITORY: PUBLISHED.repository, GITHUB_ACTION_REF: PUBLISHED.ref },
  };
  const main = await runStep(step);
  const stages: Stage[] = [{ name: 'step', result: main, requests: sandbox?.requests.splice(0) }];
  if (sandbox) scene.runJob?.(sandbox, main.outputs, contents);
  if (manifest.runs.post !== undefined) {
    const post = await runPost(step, main);
    stages.push({ name: 'post step', result: post, requests: sandbox?.requests });
  }
  return stages;
}
