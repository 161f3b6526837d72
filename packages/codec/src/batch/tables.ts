import type { ByteReader, ByteWriter } from "../bytes.ts";
import { AnyList } from "./any-list.ts";
import { Texts } from "./texts.ts";
import { WordTable } from "./word-table.ts";

/** What the rows of a batch refer to; see Node. Kept from batch to batch by one codec. */
export interface Tables {
  readonly words: readonly WordTable[];
  readonly lists: readonly AnyList[];
  readonly texts: Texts;
}

/** So many tables of words, and lists of values that have these places in a record. */
export function createTables(words: number, lists: readonly string[]): Tables {
  return {
    words: Array.from({ length: words }, () => new WordTable()),
    lists: lists.map((path) => new AnyList(path)),
    texts: new Texts(),
  };
}

/** Makes ready for a batch of `count` records. */
export function beginTables({ words, lists, texts }: Tables, count: number): void {
  for (const table of words) table.makeRoom(count);
  for (const list of lists) list.clear();
  texts.clear();
}

export function writeTables({ words, lists, texts }: Tables, writer: ByteWriter): void {
  for (const table of words) table.write(writer);
  texts.write(writer);
  for (const list of lists) list.write(writer);
}

export function readTables({ words, lists, texts }: Tables, reader: ByteReader): void {
  for (const table of words) table.read(reader);
  texts.read(reader);
  for (const list of lists) list.read(reader);
}

/** Lets go of what belongs to the batch. */
export function endTables({ words, lists, texts }: Tables): void {
  for (const table of words) table.end();
  for (const list of lists) list.clear();
  texts.clear();
}
