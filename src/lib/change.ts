/** A field whose value differs from the desired one. */
export interface Change<Field = string> {
  field: Field;
  from: unknown;
  /** Undefined if a response has no value. */
  to: unknown;
}

/** `name: "Old" → "New"` */
export function formatChange({ field, from, to }: Change): string {
  const value = to === undefined ? 'not returned' : JSON.stringify(to);
  return `${field}: ${JSON.stringify(from)} → ${value}`;
}
