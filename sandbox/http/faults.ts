/**
 * What goes wrong with one request. `applied`: whether the API has applied the request before,
 * which the client cannot know.
 */
export type Fault = { applied?: boolean } /** Another response arrives: one of a proxy, say. */ & (
  | { kind: 'response'; status: number; headers?: Record<string, string>; body?: string }
  /** The connection is reset before the response begins. */
  | { kind: 'reset' }
  /** No response arrives. */
  | { kind: 'silence' }
  /** The response arrives byte by byte and never ends. */
  | { kind: 'trickle' }
  /** The connection is closed after half of the response. */
  | { kind: 'cut'; status?: number }
  /** Half of the response arrives, and then nothing. */
  | { kind: 'stall'; status?: number }
  /** The response is endless. */
  | { kind: 'endless' }
  /** The response arrives as it is, but only once `until` has resolved. */
  | { kind: 'held'; until: Promise<unknown> }
);

/** A fault, and the request that it applies to. */
export type ScheduledFault = Fault & {
  /** A call such as `GET /workspaces/:id`, or a single path; the next request if left out. */
  on?: string;
};

/** Removes from `schedule` the first fault for a request that goes by any of `names`. */
export function takeFault<F extends { on?: string }>(
  schedule: F[],
  names: readonly string[],
): F | undefined {
  const at = schedule.findIndex(({ on }) => on === undefined || names.includes(on));
  return at < 0 ? undefined : schedule.splice(at, 1)[0];
}
