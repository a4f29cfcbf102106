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
