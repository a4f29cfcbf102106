// Preloaded into a program: records what the runner has passed to it, and what it masks.
const { appendFileSync } = require('node:fs');

const { env, argv } = process;
const ofRunner = Object.entries(env).filter(([name]) => /^(INPUT|STATE)_/.test(name));
const record = { program: argv[1], env: Object.fromEntries(ofRunner), masks: [] };
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (chunk, ...rest) => {
  record.masks.push(...[...String(chunk).matchAll(/^::add-mask::(.*)$/gm)].map(([, mask]) => mask));
  return write(chunk, ...rest);
};
process.on('exit', () => appendFileSync(env.E2E_PROBE, `${JSON.stringify(record)}\n`));
