import { randomBytes } from 'node:crypto';
import type { Report } from '../report/report.ts';
import { sealKey } from './sealed-key.ts';

/** The output `sealed-key` of a step that has no key, although nothing is wrong. */
export const NO_KEY = 'none';

/** The run that a job belongs to. */
export interface WorkflowRun {
  id: string;
  /** Which attempt of the run it is, from 1. */
  attempt: string;
}

/** How a step gives out its key. */
export interface Sealing {
  /** Undefined if the key is not sealed. */
  seal: Buffer | undefined;
  managementKey: string;
  workflowRun: WorkflowRun;
}

/**
 * Sets the output for a new API key: the key itself, or the sealed key.
 * @param secret the API key itself
 * @param end what ends the key: the action that creates it, and the task of its post step
 * @throws {Failure} `secret-output-not-written`
 */
export function outputKey(
  secret: string,
  end: { action: 'key' | 'preview'; task: object },
  { seal, managementKey, workflowRun }: Sealing,
  report: Pick<Report, 'output' | 'outputSecret'>,
): void {
  if (!seal) {
    report.outputSecret('key', secret);
    return;
  }
  const { id: run, attempt } = workflowRun;
  const task = { ...end, attempt };
  const sealed = sealKey({ key: secret, task, run }, { seal, managementKey, randomBytes });
  report.output({ 'sealed-key': sealed });
}
