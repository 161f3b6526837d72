import type { Key, PrimitiveKey } from "@millrace/core";
import { checkKey, keyGroupOf, keyKind, MillraceError } from "@millrace/core";
import { KnownTuples } from "./known-tuples.ts";
import { pairNumber, pairOfNumber } from "./tuple-pair.ts";
import { type PartTypes, tupleOfText, tupleText } from "./tuple-text.ts";

/** Texts of at least this many units may be slices that hold a whole batch of input in memory. */
const SLICED_TEXT_UNITS = 13;
/** No value has this type, so every key takes the slow way. */
const NO_TYPE = "none";

/**
 * The current key of an operator subtask. Tables know keys by their map key: the key itself, or for a tuple a number or a
 * text. The kind of key is fixed by the first one, or by a restored snapshot.
 */
export class KeyScope {
  /** Of the current key. Read by every state access; undefined before the first key. */
  mapKey: PrimitiveKey | undefined;
  /** Keys of this `typeof` need no check but for NaN. */
  fastType: string = NO_TYPE;
  /** Called when a key takes the slow way; the moment at which no operator holds a cell. */
  onSlowKey: (() => void) | undefined;
  readonly #maxParallelism: number;
  readonly uid: string;
  #kind: string | undefined;
  #partTypes: PartTypes | undefined;
  /** Tuples of two numbers may take the fast way. */
  #fastPairs = false;
  /** Tuples that are known may; only where there is a text among the parts. */
  #fastTuples: KnownTuples | undefined;
  #known: KnownTuples | undefined;
  // What was asked for last: the states of one key are written one after the other.
  #tupleFor: PrimitiveKey | undefined;
  #tuple: readonly PrimitiveKey[] = [];
  #groupFor: Key | undefined;
  #group = 0;

  constructor(uid: string, maxParallelism: number) {
    this.uid = uid;
    this.#maxParallelism = maxParallelism;
  }

  /** As `keyKind`; undefined before the first key. */
  get kind(): string | undefined {
    return this.#kind;
  }

  set(key: Key): void {
    if (typeof key === this.fastType && !Number.isNaN(key)) {
      this.mapKey = key as PrimitiveKey;
      return;
    }
    const mapKey = typeof key === "object" ? this.#quickly(key) : undefined;
    if (mapKey !== undefined) this.mapKey = mapKey;
    else this.#setSlowly(key);
  }

  /** Sets a key that a table or a timer knows. */
  setMapKey(mapKey: PrimitiveKey): void {
    if (this.fastType === NO_TYPE && !this.#fastPairs && this.#fastTuples === undefined) this.#heedSlowKey();
    this.mapKey = mapKey;
  }

  /** Does something as if another key were current, which no operator learns of: what it holds stays good. */
  as<T>(mapKey: PrimitiveKey, act: () => T): T {
    const current = this.mapKey;
    this.mapKey = mapKey;
    try {
      return act();
    } finally {
      this.mapKey = current;
    }
  }

  /** For users: a tuple is frozen. */
  current(): Key {
    return Object.freeze(this.keyOf(this.requireMapKey()));
  }

  requireMapKey(): PrimitiveKey {
    const { mapKey } = this;
    if (mapKey !== undefined) return mapKey;
    throw new MillraceError("STATE_NO_KEY", "keyed state was used where there is no current key", {
      hint: "use state and timers in processElement and onTimer only, not in open or close",
      where: { uid: this.uid },
    });
  }

  keyOf(mapKey: PrimitiveKey): Key {
    const types = this.#partTypes;
    if (types === undefined) return mapKey === 0 ? 0 : mapKey;
    if (mapKey !== this.#tupleFor) {
      this.#tuple = typeof mapKey === "number" ? pairOfNumber(mapKey) : tupleOfText(mapKey as string, types);
      this.#tupleFor = mapKey;
    }
    return this.#tuple;
  }

  mapKeyOf(key: Key): PrimitiveKey {
    return typeof key === "object" ? (pairNumber(key) ?? tupleText(key)) : key;
  }

  /** A map key to keep: −0 is 0, and a text stands on its own. */
  own(mapKey: PrimitiveKey): PrimitiveKey {
    if (mapKey === 0) return 0;
    // A tuple with a text in it is copied when it takes the slow way; all that have the same text are found the sooner.
    return this.#known === undefined ? standingAlone(mapKey) : mapKey;
  }

  keyGroupOf(key: Key): number {
    if (key !== this.#groupFor) {
      this.#group = keyGroupOf(key, this.#maxParallelism);
      this.#groupFor = key;
    }
    return this.#group;
  }

  /** Fixes the kind; STATE_KEY when it was another. */
  adoptKind(kind: string): void {
    if (this.#kind === undefined) {
      this.#kind = kind;
      if (kind.startsWith("[")) this.#partTypes = kind === "[]" ? [] : kind.slice(1, -1).split(", ");
      if (this.#partTypes?.includes("string")) this.#known = new KnownTuples(this.#partTypes.length);
      this.#setFastType();
    } else if (kind !== this.#kind) {
      throw new MillraceError("STATE_KEY", `a key is a ${kind}, but the keys before it were of the kind ${this.#kind}`, {
        hint: "return one kind of key from keyBy, for example String(id) for all records; keys in a restored snapshot count too",
        where: { uid: this.uid },
      });
    }
  }

  /** Makes the next key take the slow way. */
  slowDown(): void {
    this.fastType = NO_TYPE;
    this.#fastPairs = false;
    this.#fastTuples = undefined;
  }

  /** null is no key, and takes the slow way to its refusal. */
  #quickly(tuple: readonly PrimitiveKey[] | null): PrimitiveKey | undefined {
    if (tuple === null) return undefined;
    return this.#fastPairs ? pairNumber(tuple) : this.#fastTuples?.mapKeyOf(tuple);
  }

  #setSlowly(key: Key): void {
    this.#heedSlowKey();
    const checked = checkKey(key);
    if (this.#partTypes === undefined || !isOfTypes(checked, this.#partTypes)) this.adoptKind(keyKind(checked));
    this.mapKey = this.mapKeyOf(checked);
    if (typeof checked !== "object" || this.#known === undefined) return;
    const mapKey = standingAlone(this.mapKey) as string;
    this.mapKey = mapKey;
    if (this.#known.takes(mapKey)) this.#known.remember(checked.map(standingAlone), mapKey);
  }

  #heedSlowKey(): void {
    this.#setFastType();
    this.onSlowKey?.();
  }

  /** A bigint's range is checked each time, and so are tuples that are not known. */
  #setFastType(): void {
    const kind = this.#kind;
    this.#fastPairs = kind === "[number, number]";
    this.#fastTuples = this.#known;
    this.fastType = kind === "string" || kind === "number" || kind === "boolean" ? kind : NO_TYPE;
  }
}

/** Concatenating and slicing copies a text, so that it does not hold the memory it was cut from. */
function standingAlone(part: PrimitiveKey): PrimitiveKey {
  return typeof part === "string" && part.length >= SLICED_TEXT_UNITS ? ` ${part}`.slice(1) : part;
}

function isOfTypes(key: Key, types: PartTypes): boolean {
  if (typeof key !== "object" || key.length !== types.length) return false;
  for (let index = 0; index < types.length; index++) if (typeof key[index] !== types[index]) return false;
  return true;
}
