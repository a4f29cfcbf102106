/**
 * What goes wrong with one exchange. `committed` says whether the API has carried the request out
 * before it does, which whoever sent it cannot know.
 */
export type Fault = { applied?: boolean } & (
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** The connection is reset before any of the answer. */
  | { kind: 'reset' }
  /** Nothing is ever answered. */
  | { kind: 'silence' }
  /** The answer comes byte by byte and never ends. */
  | { kind: 'trickle' }
  /** The connection is closed half-way through the answer. */
  | { kind: 'cut'; status?: number }
  /** Half the answer comes, and then nothing. */
  | { kind: 'stall'; status?: number }
  /** The answer never ends. */
  | { kind: 'endless' }
);

/** A fault and the request that it befalls: the next one, or the next one of that call. */
export type ScheduledFault = Fault & {
  /** As the account names it, such as `GET /workspaces/:id`, or one path alone. */
  on?: string;
};

/** Takes the fault that befalls a call, which has several `names`, out of `schedule`. */
export function takeFault<F extends { on?: string }>(
  schedule: F[],
  names: readonly string[],
): F | undefined {
  const at = schedule.findIndex(({ on }) => on === undefined || names.includes(on));
  return at < 0 ? undefined : schedule.splice(at, 1)[0];
}
