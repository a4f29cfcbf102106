import { parseJson } from '../../src/lib/json.ts';
import { toUsd, type Usd } from '../../src/lib/usd.ts';
import type { Simulation } from './simulation.ts';

interface Shown {
  hash: string;
  usage?: number;
}

/** Records the most that a run reads from now on of what each API key has spent, by hash. */
export function recordReadings(simulation: Simulation): ReadonlyMap<string, Usd> {
  const largest = new Map<string, Usd>();
  const { proxy } = simulation;
  simulation.proxy = (direct) => {
    const next = proxy(direct);
    return async (request, signal) => {
      const response = await next(request, signal);
      if (response.status !== 200) return response;
      const { data = [] } = (parseJson(response.body) ?? {}) as { data?: Shown | Shown[] };
      for (const one of [data].flat()) {
        // A deletion returns no key.
        if (one.usage === undefined) continue;
        const amount = toUsd(one.usage);
        if (amount >= (largest.get(one.hash) ?? 0n)) largest.set(one.hash, amount);
      }
      return response;
    };
  };
  return largest;
}
