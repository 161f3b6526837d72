import type { ByteReader, ByteWriter, Codec } from "@millrace/codec";
import type { TtlConfig } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";

/** A value with the time of its last write (or read). */
export interface Stamped<V> {
  readonly value: V;
  readonly at: number;
}

/** Flink's TTL decorator: expired is when `ttlMs` or more have passed; checked at each access. Without a config nothing expires and stamps are 0. */
export class Ttl {
  readonly #ttlMs: number;
  readonly #now: () => number;
  readonly onRead: boolean;
  /** An expired value that is still there is returned once more. */
  readonly returnsExpired: boolean;

  constructor(config: TtlConfig | undefined, now: () => number) {
    if (config !== undefined && !(config.ttlMs > 0)) {
      throw new MillraceError("STATE_TTL", `a TTL must be a positive number of milliseconds, not ${config.ttlMs}`, {
        hint: "use hours(24) or the like",
      });
    }
    this.#ttlMs = config?.ttlMs ?? Number.POSITIVE_INFINITY;
    this.#now = config === undefined ? () => 0 : now;
    this.onRead = config?.update === "onReadAndWrite";
    this.returnsExpired = config?.visibility === "returnExpiredIfNotCleanedUp";
  }

  stamp<V>(value: V): Stamped<V> {
    return { value, at: this.#now() };
  }

  expired(stamped: Stamped<unknown>): boolean {
    return stamped.at + this.#ttlMs <= this.#now();
  }

  /** The stamped value as far as it may be seen: undefined when it has expired and must not be. */
  visible<V>(stamped: Stamped<V> | undefined): Stamped<V> | undefined {
    return stamped === undefined || (!this.returnsExpired && this.expired(stamped)) ? undefined : stamped;
  }

  /** A read: what is returned, and what becomes of the entry. */
  read<V>(stamped: Stamped<V>): { readonly seen: boolean; readonly next: "keep" | "remove" | "stamp" } {
    if (this.expired(stamped)) return { seen: this.returnsExpired, next: "remove" };
    return { seen: true, next: this.onRead ? "stamp" : "keep" };
  }
}

export function stampedCodec<V>(codec: Codec<V>): Codec<Stamped<V>> {
  return {
    type: { kind: "stamped", of: codec.type },
    fingerprint: codec.fingerprint,
    encode(stamped: Stamped<V>, writer: ByteWriter) {
      writer.f64(stamped.at);
      codec.encode(stamped.value, writer);
    },
    decode(reader: ByteReader): Stamped<V> {
      const at = reader.f64();
      return { at, value: codec.decode(reader) };
    },
  };
}
