import { afterAll } from '@jest/globals';

interface Closable {
  close(): Promise<unknown>;
}

export interface Resources {
  /** Returns `resource` with a `close` that may be called early, and more than once. */
  add<Resource extends Closable>(resource: Resource): Resource;
}

/**
 * Closes everything that the tests of a file open when the file ends, however its tests end. An open
 * server keeps jest from ending, and a running step would outlive it.
 */
export function openResources(): Resources {
  const opened: Closable[] = [];
  afterAll(async () => {
    // In reverse: a step must not retry because its sandbox was closed first.
    const closed = await Promise.allSettled(opened.toReversed().map(({ close }) => close()));
    const failures = closed.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    if (failures.length > 0) throw new AggregateError(failures, 'Could not close every resource');
  });
  return {
    add(resource) {
      const close = once(() => resource.close());
      opened.push({ close });
      return { ...resource, close };
    },
  };
}

function once<Result>(act: () => Result): () => Result {
  let result: { value: Result } | undefined;
  return () => {
    result ??= { value: act() };
    return result.value;
  };
}
