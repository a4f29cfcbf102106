import type { Effect } from '../http/effect.ts';

const SENTENCES: Readonly<Record<Effect, string>> = {
  none: 'Nothing was changed at OpenRouter.',
  throttled:
    'OpenRouter reports that it rejected each change of this step, so nothing should have changed.',
  possible: 'This step may have changed something at OpenRouter before that: see its log.',
};

/** Describes what all requests of a step together may have changed at OpenRouter. */
export function describeEffect(effect: Effect): string {
  return SENTENCES[effect];
}
