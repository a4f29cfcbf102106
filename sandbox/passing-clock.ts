/** A time of day that can pass faster than that of this machine, and at any time by any time. */
export interface PassingClock {
  now(): Date;
  /** Lets `ms` milliseconds pass at once. */
  letPass(ms: number): void;
}

export interface PassingClockOptions {
  /** The time of day that it follows; that of this machine by default. */
  now?: () => Date;
  /** By what factor time passes faster from now on. */
  speed?: number;
}

export function openPassingClock({
  now = () => new Date(),
  speed = 1,
}: PassingClockOptions = {}): PassingClock {
  const start = now().getTime();
  let passed = 0;
  return {
    now: () => new Date(start + speed * (now().getTime() - start) + passed),
    letPass(ms) {
      passed += ms;
    },
  };
}
