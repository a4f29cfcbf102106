/** Keeps a sandbox listening, to try things by hand: `npm run sandbox [-- --port N]`. */
import { parseArgs } from 'node:util';
import { startSandbox } from './server.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8787' } } });
const sandbox = await startSandbox({
  port: Number(values.port),
  onExchange({ method, path, body }, outcome) {
    console.log(`${method} ${path} ${body} → ${outcome}`);
  },
});

console.log(`api-url: ${sandbox.url}`);
console.log(`management-key: ${sandbox.managementKey}`);
console.log('Stop it with Ctrl+C.');
