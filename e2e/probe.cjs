// Loaded before a program: notes what the runner has given it, and what it has masked.
const { appendFileSync } = require('node:fs');

const { env, argv } = process;
const ofRunner = Object.entries(env).filter(([name]) => /^(INPUT|STATE)_/.test(name));
const note = { program: argv[1], given: Object.fromEntries(ofRunner), masks: [] };
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (chunk, ...rest) => {
  note.masks.push(...[...String(chunk).matchAll(/^::add-mask::(.*)$/gm)].map(([, mask]) => mask));
  return write(chunk, ...rest);
};
process.on('exit', () => appendFileSync(env.E2E_PROBE, `${JSON.stringify(note)}\n`));
