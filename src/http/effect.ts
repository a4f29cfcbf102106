import { type ApiRequest, isRead, type Outcome } from './request.ts';
import { FAILURE_CLASSES } from './retry-policy.ts';

/**
 * What a step may have changed at OpenRouter: nothing; nothing, as OpenRouter reports of a write that it
 * throttled; or something.
 */
export type Effect = 'none' | 'throttled' | 'possible';

/** Records what a step may have changed at OpenRouter. */
export interface EffectRecord {
  /** Calls `send`. Counts a write as possibly applied until its outcome shows that it was not. */
  watch<Data>(
    request: ApiRequest<Data>,
    send: () => Promise<Outcome<Data>>,
  ): Promise<Outcome<Data>>;
  current(): Effect;
}

/** Creates a record of a step that has sent nothing yet. */
export function recordEffect(): EffectRecord {
  let possible = 0;
  let wasThrottled = false;
  return {
    async watch(request, send) {
      if (isRead(request)) return send();
      possible += 1;
      const outcome = await send();
      if (outcome.kind !== 'succeeded' && !FAILURE_CLASSES[outcome.kind].ambiguous) possible -= 1;
      wasThrottled ||= outcome.kind === 'throttled';
      return outcome;
    },
    current() {
      if (possible > 0) return 'possible';
      return wasThrottled ? 'throttled' : 'none';
    },
  };
}
