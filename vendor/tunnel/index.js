/**
 * `@actions/http-client` imports tunnel for `HttpClient` alone, which the actions do not use. The real package
 * is CommonJS, so all of it would be in the bundle, with what loads such modules. Should it run after all, it
 * says so.
 */
function leftOut() {
  throw new Error('tunnel is left out of this build');
}

export {
  leftOut as httpOverHttp,
  leftOut as httpOverHttps,
  leftOut as httpsOverHttp,
  leftOut as httpsOverHttps,
};
