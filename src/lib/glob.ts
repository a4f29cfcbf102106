/** Whether `glob` has a wildcard. */
export function hasWildcard(glob: string): boolean {
  return fixedPrefix(glob) !== glob;
}

/**
 * Returns a function that finds the first of `globs` that matches a text. Many globs without wildcards take
 * no more time than one.
 */
export function globFinder(globs: readonly string[]): (text: string) => string | undefined {
  const exact = new Set(globs.filter((glob) => !hasWildcard(glob)));
  const others = globs.filter(hasWildcard);
  return (text) => (exact.has(text) ? text : others.find((glob) => matches(glob, text)));
}

/** The text before the first wildcard of `glob`. */
export function fixedPrefix(glob: string): string {
  return glob.replace(/[*?].*/s, '');
}

/**
 * Whether the whole `text` matches `glob`, in which `*` matches any characters and `?` exactly one. The
 * time is at most proportional to the product of both lengths. A regular expression with many wildcards
 * could take exponential time.
 */
export function matches(glob: string, text: string): boolean {
  let textIndex = 0;
  let globIndex = 0;
  // The index of the last star, and the end of the text that it matches.
  let star = -1;
  let starEnd = 0;
  while (textIndex < text.length) {
    if (glob[globIndex] === '*') {
      [star, starEnd] = [globIndex, textIndex];
      globIndex += 1;
    } else if (glob[globIndex] === '?' || glob[globIndex] === text[textIndex]) {
      globIndex += 1;
      textIndex += 1;
    } else if (star >= 0) {
      starEnd += 1;
      [globIndex, textIndex] = [star + 1, starEnd];
    } else {
      return false;
    }
  }
  return /^\**$/.test(glob.slice(globIndex));
}
