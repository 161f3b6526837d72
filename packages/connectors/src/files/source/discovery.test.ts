import type { FileStat, Files } from "@millrace/core";
import { expect, test } from "vitest";
import { discover } from "./discovery.ts";

test("a directory below may have more files than a call takes arguments", async () => {
  const names = Array.from({ length: 150_000 }, (_, n) => `f${n}`);
  const stat = (kind: "file" | "directory", inode: number): FileStat => ({ kind, bytes: 1, modifiedMs: 1, inode, device: 1 });
  const world: Pick<Files, "stat" | "list"> = {
    stat: async (path) => (path === "in" ? stat("directory", 1) : path === "in/day" ? stat("directory", 2) : stat("file", 3)),
    list: async (path) => (path === "in" ? ["day", "last"] : names),
  };
  const found = await discover(world as Files, ["in"]);
  expect(found).toHaveLength(150_001);
  expect(found.at(-1)?.path).toBe("in/last");
});
