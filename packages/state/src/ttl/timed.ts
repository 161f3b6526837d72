import type { Codec } from "@millrace/codec";
import type { TtlConfig } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";

/** A value with the time of its last write (or read). Never changed in place. */
export interface Timed<V> {
  readonly value: V;
  readonly at: number;
}

/** The rules of a state's time to live, with Flink's defaults filled in (StateTtlConfig). */
export class Expiry {
  readonly ttlMs: number;
  readonly refreshesOnRead: boolean;
  readonly returnsExpired: boolean;
  readonly #now: () => number;

  constructor(config: TtlConfig, now: () => number) {
    if (!Number.isSafeInteger(config.ttlMs) || config.ttlMs <= 0) {
      throw new MillraceError("STATE_TTL", `a time to live must be a whole number of milliseconds above 0, not ${config.ttlMs}`, {
        hint: "use minutes(10) or days(7)",
      });
    }
    this.ttlMs = config.ttlMs;
    this.refreshesOnRead = config.update === "onReadAndWrite";
    this.returnsExpired = config.visibility === "returnExpiredIfNotCleanedUp";
    this.#now = now;
  }

  stamp<V>(value: V): Timed<V> {
    return { value, at: this.#now() };
  }

  /** Flink's TtlUtils.expired. */
  isExpired(timed: Timed<unknown>): boolean {
    return timed.at + this.ttlMs <= this.#now();
  }

  /** Flink's AbstractTtlDecorator.getUnexpired: what a fold may go on with. */
  usable<V>(timed: Timed<V> | undefined): V | undefined {
    return timed === undefined || (this.isExpired(timed) && !this.returnsExpired) ? undefined : timed.value;
  }

  /** Flink's getWrappedWithTtlCheckAndUpdate: an expired value is removed, and perhaps returned a last time. */
  read<V>(timed: Timed<V> | undefined, refresh: (timed: Timed<V>) => void, remove: () => void): Timed<V> | undefined {
    if (timed === undefined) return undefined;
    if (this.isExpired(timed)) {
      remove();
      return this.returnsExpired ? timed : undefined;
    }
    if (this.refreshesOnRead) refresh(this.stamp(timed.value));
    return timed;
  }
}

/** The time, then the value. */
export function timedCodec<V>(codec: Codec<V>): Codec<Timed<V>> {
  return {
    type: { kind: "timed", value: codec.type },
    fingerprint: `ttl-${codec.fingerprint}`,
    encode(timed, writer) {
      writer.f64(timed.at);
      codec.encode(timed.value, writer);
    },
    decode(reader) {
      const at = reader.f64();
      return { at, value: codec.decode(reader) };
    },
  };
}
