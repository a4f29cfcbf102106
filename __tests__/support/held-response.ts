import { type openHarness, preloaded, type RunningStep } from './harness.ts';

/** Where a step reports a signal. */
const REPORT = '/signal-received';

/**
 * Holds the response to the next request of `call`, so that it certainly arrives after a signal. Its step needs
 * the environment `env`, in which it reports SIGINT and SIGTERM to the sandbox.
 */
export function holdResponse(
  { sandbox }: Pick<ReturnType<typeof openHarness>, 'sandbox'>,
  call: string,
) {
  const { faults, requests, url } = sandbox;
  const { promise: until, resolve: release } = Promise.withResolvers<void>();
  faults.push({ on: call, kind: 'held', applied: true, until });
  const code = `
    import http from 'node:http';
    const report = () => setImmediate(() => http.get('${url}${REPORT}'));
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, report);`;
  return {
    env: preloaded(code),
    /**
     * Resolves when `step` has reported `count` signals.
     * @throws {Error} if it ends before
     */
    async signalled({ result }: Pick<RunningStep, 'result'>, count: number): Promise<void> {
      const end = result.then(() => {
        throw new Error('The step ended without the response');
      });
      while (requests.filter(({ path }) => path === REPORT).length < count) {
        await Promise.race([end, sandbox.received(requests.length + 1)]);
      }
      end.catch(() => undefined);
    },
    release,
  };
}
