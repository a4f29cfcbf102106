/** A value, or the error that occurred instead. */
type Settled<Value, Expected> =
  | { value: Value; error?: never }
  | { value?: never; error: Expected };

type ErrorClass = abstract new (...args: never[]) => Error;

/**
 * Waits for `work`, and returns its value, or its error if that is of one of `classes`.
 * @throws any other error that `work` rejects with
 */
export async function catching<Value, Classes extends ErrorClass[]>(
  work: Promise<Value>,
  ...classes: Classes
): Promise<Settled<Value, InstanceType<Classes[number]>>> {
  try {
    return { value: await work };
  } catch (error) {
    if (!classes.some((type) => error instanceof type)) throw error;
    return { error: error as InstanceType<Classes[number]> };
  }
}
