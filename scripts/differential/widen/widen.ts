import { seededRandom } from "@millrace/core";
import { Chance } from "@millrace/sim";
import type { SemanticsCase } from "@millrace/testkit";
import type { Oracle, Program } from "../oracle.ts";
import { farClock, farTimes } from "./far-times.ts";
import { oddKeys, oddMapKeys, oddStages } from "./names.ts";
import { nestedGroups, otherCalls, otherSkips, subtypes } from "./patterns.ts";
import { aggregating, otherBounds, otherChannels, otherStrategies, otherTimers, otherValues } from "./settings.ts";
import { equalTimes, idleTimes, noTimes, recordsBehindTheEnd } from "./steps.ts";
import type { Widening } from "./widening.ts";
import { commutative, edges, givingUp, nestedTriggers, otherLateness, otherWindows, ownAssigner } from "./windows.ts";

type Chances = readonly (readonly [Widening, oneIn: number])[];

/** Of windows, whatever is joined in them. */
const inTime: Chances = [
  [equalTimes, 5],
  [recordsBehindTheEnd, 8],
  [idleTimes, 6],
  [oddKeys, 4],
  [farTimes, 3],
  [farClock, 4],
  [otherLateness, 6],
];

/** What may be done to the programs of a kind, each to one in so many, in this order: what lies far away already is not moved. */
const widenings: Readonly<Record<string, Chances>> = {
  window: [[otherWindows, 4], [edges, 10], [nestedTriggers, 5], [givingUp, 6], [ownAssigner, 4], [commutative, 4], [noTimes, 30], ...inTime],
  windowJoin: [[otherWindows, 4], [edges, 10], [nestedTriggers, 5], [ownAssigner, 4], [noTimes, 20], ...inTime],
  cep: [
    [nestedGroups, 4],
    [otherCalls, 2],
    [otherSkips, 3],
    [subtypes, 4],
    [equalTimes, 4],
    [recordsBehindTheEnd, 8],
    [idleTimes, 6],
    [oddKeys, 5],
    [oddStages, 6],
    [farTimes, 4],
    [farClock, 4],
  ],
  process: [
    [equalTimes, 6],
    [recordsBehindTheEnd, 6],
    [idleTimes, 4],
    [oddKeys, 3],
    [farTimes, 3],
    [farClock, 3],
    [otherTimers, 2],
  ],
  coProcess: [
    [noTimes, 8],
    [equalTimes, 6],
    [recordsBehindTheEnd, 6],
    [oddKeys, 3],
    [farTimes, 3],
    [farClock, 3],
    [otherTimers, 2],
  ],
  intervalJoin: [
    [otherBounds, 2],
    [equalTimes, 4],
    [recordsBehindTheEnd, 6],
    [oddKeys, 3],
    [farTimes, 3],
  ],
  temporalJoin: [
    [oddKeys, 2],
    [farTimes, 2],
  ],
  broadcast: [
    [equalTimes, 4],
    [recordsBehindTheEnd, 4],
    [oddKeys, 3],
    [oddMapKeys, 2],
    [farTimes, 3],
  ],
  ttl: [
    [aggregating, 2],
    [otherValues, 2],
    [idleTimes, 6],
    [oddKeys, 3],
    [oddMapKeys, 2],
    [farClock, 3],
  ],
  valve: [
    [otherChannels, 1],
    [farTimes, 3],
  ],
  multiplexer: [[farTimes, 1]],
  watermarkGenerator: [
    [otherStrategies, 2],
    [farTimes, 2],
  ],
  watermarkOperator: [
    [otherStrategies, 2],
    [oddKeys, 4],
    [farTimes, 2],
  ],
};

/** The case of a place in the draw of a seed, every second one widened; seed 1 gives the recorded ones. undefined: Flink comes to no end with it. */
export async function drawCase(oracle: Oracle, seed: number, kind: string, index: number): Promise<SemanticsCase | undefined> {
  const drawn = await oracle.draw(seed, kind, index);
  const chance = new Chance(seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b) ^ (kind.length << 8)));
  if (drawn === undefined || seed === 1 || widenings[kind] === undefined || chance.oneIn(2)) return drawn;
  const recorded = await oracle.run(widened(drawn, chance));
  // Refused programs are worth some cases, not many.
  const isRefused = recorded?.output[0]?.error?.phase === "build";
  return recorded === undefined || (isRefused && !chance.oneIn(6)) ? drawn : recorded;
}

const MARK = "-wide";

export function isWidened({ id }: SemanticsCase): boolean {
  return id.endsWith(MARK);
}

function widened(drawn: SemanticsCase, chance: Chance): Program {
  const ofKind = (widenings[drawn.kind] ?? []).filter(([, oneIn]) => chance.oneIn(oneIn));
  return ofKind.reduce<Program>((program, [widen]) => widen(program, chance), { ...drawn, id: drawn.id + MARK });
}
