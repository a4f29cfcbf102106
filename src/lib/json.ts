/** The value of the JSON in `text`; undefined if `text` is not JSON. No JSON means undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
