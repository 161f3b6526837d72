import { createReader, createWriter, t } from "@millrace/codec";
import { describe, expect, it } from "vitest";
import type { CellMap } from "../cells/cell-map.ts";
import { entriesFormat } from "./entries.ts";
import { type ListHead, listFormat } from "./paged-list.ts";

/** A number of pages, then 2^53 − 1 elements, of which nothing follows. */
function damaged(...before: readonly number[]) {
  const writer = createWriter();
  for (const number of before) writer.varint(number);
  writer.varint(Number.MAX_SAFE_INTEGER);
  return createReader(writer.slice());
}

describe("a length that damage has made, of elements that need no bytes", () => {
  it("is refused in a list", () => {
    const withoutPages = { table: { context: {} } } as unknown as CellMap<ListHead<null>>;
    expect(() => listFormat(t.null()).decode(damaged(0), withoutPages, "key")).toThrow(expect.objectContaining({ code: "CODEC_CORRUPT" }));
  });

  it("is refused in a map", () => {
    expect(() => entriesFormat(t.literal("only"), t.null()).decode(damaged())).toThrow(expect.objectContaining({ code: "CODEC_CORRUPT" }));
  });
});
