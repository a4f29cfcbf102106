/**
 * Loaded into the process of a step, before its program: at the end, writes what the step has used of Node.js
 * to the file that `USED_OF_NODE` names, as the interface `UsedOfNode` of the test.
 *
 * Plain JavaScript, because the oldest supported Node.js loads it too.
 */
const { writeFileSync } = require('node:fs');

/** The names of what has used ICU. Node.js itself does not pass through here. */
const icu = new Set();
/** What needs ICU, next to `Intl`. */
const METHODS = /^(toLocale.*|localeCompare|normalize)$/;

for (const { prototype } of [Array, BigInt, Date, Number, String]) {
  for (const name of Object.getOwnPropertyNames(prototype).filter((each) => METHODS.test(each))) {
    const method = prototype[name];
    prototype[name] = function (...args) {
      icu.add(name);
      return method.apply(this, args);
    };
  }
}
const original = globalThis.Intl;
Object.defineProperty(globalThis, 'Intl', {
  get() {
    icu.add('Intl');
    return original;
  },
});

process.on('exit', () => {
  const modules = process.moduleLoadList.flatMap(
    (each) => each.match(/(?<=^NativeModule ).*/) ?? [],
  );
  const used = { icu: [...icu], modules };
  writeFileSync(process.env.USED_OF_NODE, JSON.stringify(used));
});
