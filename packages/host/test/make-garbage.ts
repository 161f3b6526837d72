/** `node make-garbage.ts memoryBytes`: replaces old objects by new ones, and prints how many times of what is alive the heap holds at most. */
import { memoryUsage } from "node:process";
import { boundGarbage } from "../src/node/garbage-bound.ts";

const ALIVE = 300_000;
const ROUNDS = 100;
/** The bound has been looked at by then, and garbage of before has been collected. */
const SETTLED = 60;
const AT_ONCE = 100_000;

const cancel = boundGarbage(Number(process.argv[2]));
const before = memoryUsage().heapUsed;
const alive: { at: number; numbers: number[] }[] = Array.from({ length: ALIVE }, (_, at) => made(at));
const aliveBytes = memoryUsage().heapUsed - before;
let most = 0;
for (let round = 0; round < ROUNDS; round++) {
  for (let n = 0; n < AT_ONCE; n++) alive[(round * AT_ONCE + n) % ALIVE] = made(n);
  if (round >= SETTLED) most = Math.max(most, memoryUsage().heapUsed);
  await new Promise((resolve) => setTimeout(resolve, 10));
}
cancel();
console.log((most / aliveBytes).toFixed(2));

function made(at: number) {
  return { at, numbers: [at, at + 1, at + 2, at + 3] };
}
