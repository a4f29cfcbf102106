/**
 * Runs an action in a sandbox, and shows what a workflow author would see on GitHub, then the
 * requests of the action: `npm start` for the root action, `npm start -- usage` for
 * that in the folder `usage`. `npm start -- --help` lists what the arguments can change.
 */
import { runPost, runStep } from '../runner/runner.ts';
import { runProgram } from './arguments.ts';
import { readCall } from './call.ts';
import { helpOf } from './help.ts';
import { type Cancellation, run } from './run.ts';
import { terminalWidth } from './terminal.ts';

await runProgram(async (args) => {
  const call = await readCall(args);
  if (call.help) {
    console.log(helpOf(call));
    return;
  }
  process.exitCode = await run(call, {
    runStep,
    runPost,
    screen: { width: terminalWidth(), print: (text) => console.log(text) },
    cancellation: watchForCancellation(),
  });
});

/**
 * Lets Ctrl+C cancel only the step or post step that runs, which a terminal signals too: as on GitHub, a
 * post step follows a cancelled step. A second Ctrl+C kills what runs, whose files are then removed.
 */
function watchForCancellation(): Cancellation {
  let isCancelled = false;
  const end = new AbortController();
  process.once('SIGINT', () => {
    isCancelled = true;
    process.once('SIGINT', () => end.abort());
  });
  return { isCancelled: () => isCancelled, end: end.signal };
}
