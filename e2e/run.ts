/**
 * Runs the actions in workflows, under a runner that is not ours: `npm run e2e`. The runner is act
 * (https://github.com/nektos/act), without containers, against a sandbox that listens on loopback.
 */
import { startSandbox } from '../sandbox/openrouter/server.ts';
import { isActInstalled } from './act.ts';
import { SCENARIOS } from './scenarios.ts';

if (!isActInstalled) {
  console.error(
    'npm run e2e needs act. Install it with Go: GOBIN="$PWD/.tools/bin" go install github.com/nektos/act@v0.2.89',
  );
  process.exit(1);
}

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  const sandbox = await startSandbox();
  await scenario(sandbox);
  await sandbox.close();
  console.log(`✓ ${name}`);
}
