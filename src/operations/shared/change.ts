/** A field whose value differs from the desired one. */
export interface Change<Field = string> {
  field: Field;
  from: unknown;
  to: unknown;
}
