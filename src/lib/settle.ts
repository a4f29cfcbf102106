/** A value, or the error that occurred instead. */
export type Settled<Value, Expected> =
  | { value: Value; error?: never }
  | { value?: never; error: Expected };

/** The class of each of several error types. */
type Classes<Types extends Error[]> = {
  [Index in keyof Types]: abstract new (
    ...args: never[]
  ) => Types[Index];
};

/**
 * Waits for `work`, and returns its value, or its error if that is of one of `types`.
 * @throws any other error that `work` rejects with
 */
export async function settle<Value, Types extends Error[]>(
  work: Promise<Value>,
  ...types: Classes<Types>
): Promise<Settled<Value, Types[number]>> {
  try {
    return { value: await work };
  } catch (error) {
    if (types.some((type) => error instanceof type)) return { error: error as Types[number] };
    throw error;
  }
}
