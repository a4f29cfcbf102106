import type { Scene } from './scene.ts';

/** Something that the code assumes about OpenRouter, and how to find out whether it is true. */
export interface Assumption {
  /** Unique. Documents name an assumption by it. */
  id: string;
  /** What is assumed. */
  sentence: string;
  /** The page that documents it; undefined if no page does. */
  documented: string | undefined;
  /** The code that does something wrong if this is false. */
  reliedOnBy: { file: string; name: string };
  /** @throws {ProbeError} if a request fails that the probe needs */
  probe(scene: Scene): Promise<Finding>;
}

export type Verdict =
  | 'agrees'
  | 'differs'
  /** The account or the options of this run do not show it. */
  | 'not observable'
  /** The probe could not do what it needs. */
  | 'failed';

/** What a probe has observed. */
export interface Finding {
  verdict: Verdict;
  /** One line of plain text. It may contain text of the server, but no secret. */
  observed: string;
}

/** The finding of a probe that observed whether its assumption is true. */
export function finding(observed: string, { agrees }: { agrees: boolean }): Finding {
  return { verdict: agrees ? 'agrees' : 'differs', observed };
}

/** The finding of a probe that cannot observe anything, for a reason that is no defect. */
export function notObservable(reason: string): Finding {
  return { verdict: 'not observable', observed: reason };
}
