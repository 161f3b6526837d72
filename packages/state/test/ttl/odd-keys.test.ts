import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { expect, it } from "vitest";
import { createHeapBackend } from "../../src/index.ts";
import { checkpoint, options, stream } from "../backend/open-store.ts";

it("what an older version wrote under the key null expires and can be removed", async () => {
  let now = 0;
  const opts = { ...options, now: () => now };
  const nullable = t.nullable(t.string());
  // The check by key was not there: a codec that passes for one of primitives stands for it.
  const before = { ...nullable, type: { kind: "string" } } as typeof nullable;
  const old = createHeapBackend(opts);
  const { m } = old.states({ m: state.map(before, t.integer(), { ttlMs: 10 }) });
  old.setCurrentKey("k");
  m.put(null, 1);
  m.put("a", 2);
  const file = await checkpoint(old, 1, true);
  const backend = createHeapBackend(opts);
  await backend.restore(stream(file));
  const handles = backend.states({ m: state.map(nullable, t.integer(), { ttlMs: 10 }) });
  backend.setCurrentKey("k");
  expect([...handles.m.keys()]).toEqual([null, "a"]);
  now = 11;
  while (!backend.cleanupSlice(1));
  expect(backend.isEmpty()).toBe(true);
});
