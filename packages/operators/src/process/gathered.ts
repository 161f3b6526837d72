import { type Codec, t } from "@millrace/codec";
import { onceFor } from "@millrace/core";

/**
 * Values that came one by one and are kept together; to add one costs the same however many there are. A single one, and what
 * was decoded, is an array. Not changed in place: a longer list shares the elements with those that it grew from.
 */
export type Gathered<T> = readonly T[] | GrowingList<T>;

/** The list with one more at its end. */
export function gathered<T>(before: Gathered<T> | undefined, added: T): Gathered<T> {
  if (before === undefined) return [added];
  return (before instanceof GrowingList ? before : new GrowingList([...before])).with(added);
}

/** The values, to be read before the list grows. */
export function valuesOf<T>(list: Gathered<T>): readonly T[] {
  return list instanceof GrowingList ? list.values() : list;
}

/** Written as `t.array(element)` writes them, and of its type. */
export const gatheredCodec: <T>(element: Codec<T>) => Codec<Gathered<T>> = onceFor((element: Codec<unknown>) => {
  const array = t.array(element);
  return {
    type: array.type,
    fingerprint: array.fingerprint,
    encode: (list, writer) => array.encode(valuesOf(list) as unknown[], writer),
    decode: (reader) => array.decode(reader),
  } satisfies Codec<Gathered<unknown>>;
}) as <T>(element: Codec<T>) => Codec<Gathered<T>>;

/** The first `#size` elements of an array that those which grow from this list add to. */
class GrowingList<T> {
  readonly #elements: T[];
  readonly #size: number;

  constructor(elements: T[]) {
    this.#elements = elements;
    this.#size = elements.length;
  }

  with(added: T): GrowingList<T> {
    // Where another list has grown from this one, the elements behind are not this one's.
    const elements = this.#size === this.#elements.length ? this.#elements : this.#elements.slice(0, this.#size);
    elements.push(added);
    return new GrowingList(elements);
  }

  values(): readonly T[] {
    return this.#size === this.#elements.length ? this.#elements : this.#elements.slice(0, this.#size);
  }
}
