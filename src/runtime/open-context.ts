import manifest from '../../package.json' with { type: 'json' };
import { createClient } from '../http/client.ts';
import { httpTransport } from '../http/transport.ts';
import type { Connection } from '../inputs/connection.ts';
import type { AbortableContext } from '../operations/shared/context.ts';
import type { Step } from './step.ts';

const USER_AGENT = `${manifest.name}/${manifest.version}`;

/** Creates the context for an operation in `step`, and starts the step's timeout. */
export function openContext(connection: Connection, step: Step): AbortableContext {
  const { apiUrl, managementKey, timeoutMs } = connection;
  const { report, clock, signal, effect } = step;
  const deadline = step.startTimeout(timeoutMs);
  const client = createClient({
    apiUrl,
    managementKey,
    transport: httpTransport(USER_AGENT),
    clock,
    random: Math.random,
    deadline,
    signal,
    log: report,
    effect,
  });
  return { client, clock, timeOfDay: Date.now, log: report, warn: report.warn, signal };
}
