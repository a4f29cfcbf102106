/**
 * Loaded into the process of a step, before its program: makes its time independent of the machine. Time
 * stands still while a request is in flight, and passes to the next timer as soon as nothing is, or when
 * the process gets SIGUSR2. With `STEP_TIME=held`, it stands still until the first SIGUSR2. With
 * `STEP_TIME=unseen`, the clock of the program stands still, although its timers fire. With
 * `STEP_TIME=cancelled`, SIGINT and SIGTERM pass to the next timer, too.
 *
 * With the path of a file in `STEP_TIME_FILE`, it adds to the number there by how many milliseconds its time has
 * passed, for a sandbox that follows it.
 *
 * Plain JavaScript, because the oldest supported Node.js loads it too.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const { setInterval } = globalThis;
const { STEP_TIME_FILE: file } = process.env;
/** What has passed in the steps before. */
const before = file === undefined ? 0 : Number(readFileSync(file, 'utf8'));
/** What keeps a process alive although nothing is in flight. */
const IDLE = new Set(['Immediate', 'PipeWrap', 'Timeout', 'TTYWrap']);
/** What one turn of the event loop has ended, the next one may go on with. */
const MIN_IDLE_TURNS = 3;

let isHeld = process.env.STEP_TIME === 'held';
let now = 0;
let idleTurns = 0;
/** The timers that have not fired, in the order in which they were set. */
const timers = new Set();

function passToNextTimer() {
  const [next] = [...timers].sort((a, b) => a.at - b.at);
  if (!next) return;
  remove(next);
  now = Math.max(now, next.at);
  if (file !== undefined) writeFileSync(file, String(before + now));
  next.act();
}

function remove(timer) {
  timers.delete(timer);
  if (timers.size === 0) turns.unref();
}

const turns = setInterval(() => {
  const isIdle = process.getActiveResourcesInfo().every((resource) => IDLE.has(resource));
  idleTurns = isIdle ? idleTurns + 1 : 0;
  if (!isHeld && idleTurns >= MIN_IDLE_TURNS) passToNextTimer();
}, 1);
// Only a timer of the program keeps the process alive.
turns.unref();

globalThis.setTimeout = (act, ms = 0, ...args) => {
  const timer = { at: now + ms, act: () => act(...args) };
  timers.add(timer);
  turns.ref();
  return timer;
};
globalThis.clearTimeout = remove;
process.hrtime.bigint = () =>
  process.env.STEP_TIME === 'unseen' ? 0n : BigInt(Math.round(now * 1e6));
if (process.env.STEP_TIME === 'cancelled') {
  // After the program has heard of it. From outside, the other signal could come first.
  const passTime = () => setImmediate(passToNextTimer);
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, passTime);
}
process.on('SIGUSR2', () => {
  if (!isHeld) passToNextTimer();
  isHeld = false;
});
