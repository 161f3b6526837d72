import { fmix32 } from "../fmix32.ts";

/** Randomness, injected so that a run can be replayed. */
export interface Random {
  /** A uniform unsigned 32-bit integer. */
  uint32(): number;
}

/** A small deterministic generator (splitmix32). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return {
    uint32() {
      state = (state + 0x9e3779b9) | 0;
      return fmix32(state) >>> 0;
    },
  };
}

/** `length` random hexadecimal digits. */
export function randomHex(random: Random, length: number): string {
  let text = "";
  while (text.length < length) text += random.uint32().toString(16).padStart(8, "0");
  return text.slice(0, length);
}
