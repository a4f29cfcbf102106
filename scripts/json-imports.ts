import { registerHooks } from 'node:module';

// @actions/languageservice imports JSON without the attribute that Node.js requires for it.
registerHooks({
  load(url, context, nextLoad) {
    const importAttributes = url.endsWith('.json') ? { type: 'json' } : context.importAttributes;
    return nextLoad(url, { ...context, importAttributes });
  },
});
