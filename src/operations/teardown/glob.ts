/** What is before the first wildcard of `glob`. */
export function fixedPrefix(glob: string): string {
  return glob.split(/[*?]/, 1)[0] ?? '';
}

/**
 * Whether all of `text` is as `glob` says, in which `*` is any run of characters and `?` any one.
 * That takes a time of the product of their lengths at most, where a regular expression would take
 * for ever over many stars.
 */
export function matches(glob: string, text: string): boolean {
  let [at, next] = [0, 0];
  // Where the last star is, and how far into the text it reaches.
  let [star, reach] = [-1, 0];
  while (at < text.length) {
    if (glob[next] === '*') {
      [star, reach] = [next, at];
      next += 1;
    } else if (glob[next] === '?' || glob[next] === text[at]) {
      next += 1;
      at += 1;
    } else if (star >= 0) {
      reach += 1;
      [next, at] = [star + 1, reach];
    } else {
      return false;
    }
  }
  return /^\**$/.test(glob.slice(next));
}
