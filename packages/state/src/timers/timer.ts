import type { Namespace } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";

/** A registered timer; what it is for never changes. */
export class Timer {
  readonly time: number;
  readonly namespace: Namespace;
  readonly mapKey: PrimitiveKey;
  /** The epoch in which it was set; 0 when it came from a snapshot, CANCELLED when it went within the same epoch. */
  born: number;
  /** False when it has fired or was deleted. */
  live = true;
  /** `timerHash` of its time and key. */
  readonly hash: number;

  constructor(time: number, namespace: Namespace, mapKey: PrimitiveKey, born: number, hash: number) {
    this.time = time;
    this.namespace = namespace;
    this.mapKey = mapKey;
    this.born = born;
    this.hash = hash;
  }
}

export const CANCELLED = -1;

/** A copy of a map key to keep. */
export type OwnKey = (mapKey: PrimitiveKey) => PrimitiveKey;
