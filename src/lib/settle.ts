/** A value, or the error that took its place. */
export type Settled<Value, Expected> =
  | { value: Value; error?: never }
  | { value?: never; error: Expected };

/** For each of several error types, its class. */
type Classes<Types extends Error[]> = {
  [At in keyof Types]: abstract new (
    ...args: never[]
  ) => Types[At];
};

/**
 * What became of `work`, whose errors of one of `types` are part of the result.
 * @throws any other error that `work` rejects with.
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
