import { readCreateInputs } from './inputs/create.ts';
import { readSecrets } from './inputs/secrets.ts';
import { openRouter } from './openrouter/client.ts';
import { httpTransport } from './openrouter/transport.ts';
import { created } from './report/created.ts';
import { runStep } from './step.ts';
import { USER_AGENT } from './user-agent.ts';
import { createWorkspace } from './workspace/create.ts';

/** `action.yml`: creates a workspace. */
export function create(): Promise<void> {
  return runStep(async ({ report, clock, signal, limit }) => {
    const { managementKey: keyTexts, proxyPassword } = readSecrets();
    report.conceal(keyTexts);
    report.mask(proxyPassword);
    const { managementKey, apiUrl, timeoutMs, workspace: asked } = readCreateInputs();
    limit(timeoutMs);

    const transport = httpTransport(USER_AGENT);
    const { debug } = report;
    const client = openRouter({ apiUrl, managementKey, transport, clock, signal, debug });
    const workspace = await createWorkspace(asked, { client, clock, log: report });

    await report.publish(created(workspace, asked));
  });
}
