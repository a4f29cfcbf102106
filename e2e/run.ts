/**
 * Runs the actions in workflows, under a runner that is not ours: `npm run e2e`. The runner is act
 * (https://github.com/nektos/act), without containers, against a sandbox that listens on loopback.
 */
import { availableParallelism } from 'node:os';
import { startSandbox } from '../sandbox/openrouter/server.ts';
import { isActInstalled } from './act.ts';
import { SCENARIOS } from './scenarios.ts';

if (!isActInstalled) {
  console.error(
    'npm run e2e needs act. Install it with Go: GOBIN="$PWD/.tools/bin" go install github.com/nektos/act@v0.2.89',
  );
  process.exit(1);
}

/** By what factor time passes faster: a job that waits for room in a cap waits ten seconds, not three minutes. */
const SPEED = 20;

// A scenario mostly waits, for a step that gives up, say.
const waiting = Object.entries(SCENARIOS).values();
await Promise.all(Array.from({ length: availableParallelism() }, runNext));

/** Runs the scenarios that wait, one after the other. */
async function runNext(): Promise<void> {
  for (const [name, scenario] of waiting) {
    const sandbox = await startSandbox({ speed: SPEED });
    await scenario(sandbox);
    await sandbox.close();
    console.log(`✓ ${name}`);
  }
}
