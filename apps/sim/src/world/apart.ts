import { seededRandom } from "@millrace/core";
import { Chance } from "./chance.ts";

/** A number for each thing that is drawn apart. No two are the same, or the two things would come together or never. */
export const salts = {
  editedJob: 0x27d4eb2f,
  brokenLines: 0x6c078965,
  versions: 0x5be0cd19,
  turns: 0x27220a95,
  burstTimers: 0x165667b1,
  clockBursts: 0x2f4f0b7d,
  interleavedSplits: 0x1f83d9ab,
  diskOfProcess: 0x3c6ef372,
  rareFaults: 0x5bd1e995,
  stop: 0x3ad8025f,
  drain: 0x6c8e9cf5,
  hold: 0x243185be,
  ephemeral: 0x71374491,
  publicationWithoutCheckpoints: 0x3c6ef35f,
  restart: 0x59f111f1,
  failureAfterStop: 0x2c1b3c6d,
  rot: 0x510e527f,
  damage: 0x6a09e667,
  judge: 0x1b873593,
  crowd: 0x72be5d74,
  goBack: 0x428a2f98,
  wander: 0x2de92c6f,
  haste: 0x3956c25b,
  failingSavepoint: 0x550c7dc3,
  rescale: 0x12835b01,
  takeLock: 0x243185bf,
  impatience: 0x59f111d7,
  damageWhileRunning: 0x7137449f,
  overtaking: 0x0fc19dc6,
  overtakingSubtasks: 0x240ca1cc,
  punctuated: 0x4a7484aa,
  batches: 0x5cb0a9dc,
  ranges: 0x983e5152,
  arrivals: 0xa831c66d,
  noRestart: 0xb00327c8,
  byPath: 0xbf597fc7,
  awaits: 0xc6e00bf3,
  meeting: 0xd5a79147,
  further: 0x06ca6351,
} as const;

/** For what is drawn apart from all else: the other draws of a seed are what they are without it. `pid`: where it is drawn for each process. */
export function apart(seed: number, what: keyof typeof salts, pid = 0): Chance {
  return new Chance(seededRandom(seed ^ salts[what] ^ pid));
}
