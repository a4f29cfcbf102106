import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Client } from '../../openrouter/client.ts';

/** What the functions of this folder work with. */
export interface Surroundings {
  client: Client;
  clock: Clock;
  log: Log;
}

/** The same, for what waits by itself and can be told to end. */
export interface Abortable extends Surroundings {
  signal: AbortSignal;
}
