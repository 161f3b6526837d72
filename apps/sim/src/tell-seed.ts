import { runSeed } from "./run-seed.ts";

/** One seed, told; and once more, to see that nothing but the seed decides. */
export async function tellSeed(seed: number): Promise<number> {
  const result = await runSeed(seed);
  for (const line of result.story) print(line);
  print(`trace ${result.traceHash} over ${result.events} events`);
  print(result.fault === undefined ? "every result was published exactly once" : `FAILED: ${result.fault}`);
  const again = await runSeed(seed);
  const same = again.traceHash === result.traceHash && again.events === result.events;
  print(same ? "replayed bit for bit" : `NOT REPLAYED: the second run has trace ${again.traceHash} over ${again.events} events`);
  return result.fault === undefined && same ? 0 : 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
