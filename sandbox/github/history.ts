/** A value that changes, with what it was at any earlier time. */
export interface History<Value> {
  /** The value as it is now. */
  now(): Value;
  /** The value as it was `ms` milliseconds ago. */
  ago(ms: number): Value;
  change(value: Value): void;
}

/** The history of a value that has always been `first` until its first change. */
export function historyOf<Value>(first: Value, clock: () => Date): History<Value> {
  const changes: { value: Value; at: number }[] = [];
  const ago = (ms: number) => {
    const time = clock().getTime() - ms;
    return changes.findLast(({ at }) => at <= time)?.value ?? first;
  };
  return {
    now: () => ago(0),
    ago,
    change: (value) => changes.push({ value, at: clock().getTime() }),
  };
}
