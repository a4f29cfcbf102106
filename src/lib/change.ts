/** A field whose value differs from the desired one. */
export interface Change<Field = string> {
  field: Field;
  from: unknown;
  to: unknown;
}

/** `name: "Old" → "New"` */
export function formatChange({ field, from, to }: Change): string {
  return `${field}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`;
}
