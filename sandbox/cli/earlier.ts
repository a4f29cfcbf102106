import { fileURLToPath } from 'node:url';
import { runStep, type StepResult } from '../runner/runner.ts';
import { newSeal } from '../runner/seal.ts';
import { type EarlierJob, EXPRESSIONS, type Inputs } from './scenes.ts';

/** An earlier job, as far as a step of a later job sees it. */
interface EndedJob {
  step: StepResult;
  /** The inputs of a later step, with the values of what they have from the earlier job. */
  evaluate(inputs: Inputs): Inputs;
}

/** Runs the step of an earlier job, which seals an API key, with a new seal. */
export async function runEarlierJob(
  { folder, inputs }: EarlierJob,
  connection: Inputs,
  run = runStep,
): Promise<EndedJob> {
  const seal = newSeal();
  const action = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
  const step = await run({ action, with: { ...connection, ...inputs, seal } });
  const values = new Map<string, string>([
    [EXPRESSIONS.sealedKey, step.outputs['sealed-key'] ?? ''],
    [EXPRESSIONS.seal, seal],
    [EXPRESSIONS.result, 'success'],
  ]);
  const evaluated = (text: string) => values.get(text) ?? text;
  return {
    step,
    evaluate: (all) =>
      Object.fromEntries(Object.entries(all).map(([name, text]) => [name, evaluated(text)])),
  };
}
