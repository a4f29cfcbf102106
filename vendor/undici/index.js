/**
 * `@actions/http-client` imports undici for `HttpClient.getAgentDispatcher` alone. The actions use no
 * `HttpClient`, so the real package would be two thirds of every download and a third of every start for
 * code that cannot run. Should it run after all, it says so.
 */
export class ProxyAgent {
  constructor() {
    throw new Error('undici is left out of this build');
  }
}
