import { createReader, createWriter } from "@millrace/codec";
import { checkMapKey, type MapDeclaration, type MapState, type ReadOnlyMapState } from "@millrace/contracts";

/** Key and value as the snapshot holds them: what their codecs write, in base64. */
export type EncodedEntry = readonly [key: string, value: string];

interface Entry {
  readonly value: unknown;
  readonly encoded: EncodedEntry;
}

const scratch = createWriter(256);

/**
 * One map of broadcast state, in memory. Entries are encoded as they are put: what can't be written is refused there, and a
 * snapshot costs no encoding.
 */
export class BroadcastMap implements MapState<unknown, unknown> {
  readonly #declaration: MapDeclaration<unknown, unknown>;
  readonly #entries = new Map<unknown, Entry>();
  /** The same map for those that must not change it. */
  readonly readOnly: ReadOnlyMapState<unknown, unknown>;

  constructor(declaration: MapDeclaration<unknown, unknown>) {
    this.#declaration = declaration;
    this.readOnly = Object.freeze({
      get: (key: unknown) => this.get(key),
      has: (key: unknown) => this.has(key),
      keys: () => this.keys(),
      values: () => this.values(),
      entries: () => this.entries(),
      isEmpty: () => this.isEmpty(),
    });
  }

  get(key: unknown): unknown {
    return this.#entries.get(key)?.value;
  }

  has(key: unknown): boolean {
    return this.#entries.has(key);
  }

  put(key: unknown, value: unknown): void {
    checkMapKey(key);
    const { keyCodec, codec } = this.#declaration;
    const encoded: EncodedEntry = [encodedText((writer) => keyCodec.encode(key, writer)), encodedText((writer) => codec.encode(value, writer))];
    this.#entries.set(key, { value, encoded });
  }

  putAll(entries: Iterable<readonly [unknown, unknown]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  remove(key: unknown): void {
    this.#entries.delete(key);
  }

  keys(): IterableIterator<unknown> {
    return [...this.#entries.keys()].values();
  }

  *values(): IterableIterator<unknown> {
    for (const { value } of [...this.#entries.values()]) yield value;
  }

  *entries(): IterableIterator<[unknown, unknown]> {
    for (const [key, { value }] of [...this.#entries]) yield [key, value];
  }

  isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  clear(): void {
    this.#entries.clear();
  }

  /** In the order in which they were first put. */
  snapshot(): readonly EncodedEntry[] {
    return [...this.#entries.values()].map(({ encoded }) => encoded);
  }

  /** Takes in an entry of a snapshot that was written by the codecs of today. */
  load(encoded: EncodedEntry): void {
    const { keyCodec, codec } = this.#declaration;
    const [key, value] = [keyCodec.decode(readerOf(encoded[0])), codec.decode(readerOf(encoded[1]))];
    this.#entries.set(key, { value, encoded });
  }
}

export function readerOf(encoded: string): ReturnType<typeof createReader> {
  return createReader(Buffer.from(encoded, "base64"));
}

export function encodedText(encode: (writer: ReturnType<typeof createWriter>) => void): string {
  scratch.reset();
  encode(scratch);
  const bytes = scratch.view();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
