import { readFile } from "node:fs/promises";
import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { describe, expect, it } from "vitest";
import { createHeapBackend } from "../../src/index.ts";
import { checkpoint, options, storePlace, stream } from "./open-store.ts";

const declarations = { value: state.value(t.string()) };

async function fileOfOneValue(): Promise<readonly Uint8Array[]> {
  const backend = createHeapBackend(options);
  const { value } = backend.states(declarations);
  backend.setCurrentKey("k");
  value.update("a text to look for");
  return checkpoint(backend, 1, true);
}

/** The bytes with one of the text's changed. */
function damaged(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const at = Buffer.from(copy).indexOf("text");
  if (at >= 0) copy[at] = 0x54;
  return copy;
}

describe("a restore", () => {
  it("refuses a record that does not fit its checksum", async () => {
    const file = (await fileOfOneValue()).map(damaged);
    const backend = createHeapBackend(options);
    await backend.restore(stream(file));
    expect(() => backend.states(declarations)).toThrow(expect.objectContaining({ code: "STATE_CORRUPT" }));
  });

  it("refuses a file that ends inside a record", async () => {
    const file = await fileOfOneValue();
    const cut = [...file.slice(0, -1), (file.at(-1) as Uint8Array).slice(0, -3)];
    await expect(createHeapBackend(options).restore(stream(cut))).rejects.toMatchObject({ code: "STATE_CORRUPT" });
  });

  it("reads files that come in pieces of any size", async () => {
    const bytes = Buffer.concat([...(await fileOfOneValue())]);
    const backend = createHeapBackend(options);
    await backend.restore(stream(Array.from(bytes, (byte) => Uint8Array.of(byte))));
    const { value } = backend.states(declarations);
    backend.setCurrentKey("k");
    expect(value.value()).toBe("a text to look for");
  });

  it("reads maps whose entries lie in pages by the hash of each key, as they did at first, and goes on with them", async () => {
    const declared = { map: state.map(t.integer(), t.integer()) };
    const first = createHeapBackend(options);
    await first.restore(stream([await readFile(new URL("fixtures/map-in-pages-1.records", import.meta.url))]));
    const { map } = first.states(declared);
    first.setCurrentKey("k");
    for (let id = -50; id < 250; id++) expect(map.get(id), `${id}`).toBe(id * id);
    for (let id = 250; id < 400; id++) map.put(id, id * id);
    for (let id = -50; id < 0; id++) map.remove(id);
    const second = createHeapBackend(options);
    await second.restore(stream(await checkpoint(first, 2, true)));
    const { map: later } = second.states(declared);
    second.setCurrentKey("k");
    for (let id = 0; id < 400; id++) expect(later.get(id), `${id}`).toBe(id * id);
    expect([...later.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, id) => id));
  });

  it("refuses a declaration that would misread what was written", async () => {
    const backend = createHeapBackend(options);
    await backend.restore(stream(await fileOfOneValue()));
    expect(() => backend.states({ value: state.value(t.integer()) })).toThrow(expect.objectContaining({ code: "STATE_CODEC" }));
  });

  it("remembers the kind of the keys", async () => {
    const backend = createHeapBackend(options);
    await backend.restore(stream(await fileOfOneValue()));
    expect(() => backend.setCurrentKey(1)).toThrow(expect.objectContaining({ code: "STATE_KEY" }));
  });

  it("keeps state that is not declared in the bases that follow", async () => {
    const backend = createHeapBackend(options);
    await backend.restore(stream(await fileOfOneValue()));
    backend.states({ other: state.value(t.integer()) });
    expect(backend.isEmpty()).toBe(false);
    const base = await checkpoint(backend, 2, true);
    const later = createHeapBackend(options);
    await later.restore(stream(base));
    const { value } = later.states(declarations);
    later.setCurrentKey("k");
    expect(value.value()).toBe("a text to look for");
  });

  it("from one backend works in the other, both ways", async () => {
    const place = await storePlace();
    const store = await place.open(false);
    await store.restore(stream(await fileOfOneValue()));
    const handles = store.states(declarations);
    store.setCurrentKey("k");
    expect(handles.value.value()).toBe("a text to look for");
    handles.value.update("another");
    const base = await checkpoint(store, 2, true);
    const heap = createHeapBackend(options);
    await heap.restore(stream(base));
    const { value } = heap.states(declarations);
    heap.setCurrentKey("k");
    expect(value.value()).toBe("another");
  });
});

describe("a local store", () => {
  it("detects a value whose bytes were changed when it is read", async () => {
    const place = await storePlace();
    await place.store.apply("operator", (await fileOfOneValue()).map(damaged));
    const backend = await place.open(true);
    const { value } = backend.states(declarations);
    backend.setCurrentKey("k");
    expect(() => value.value()).toThrow(expect.objectContaining({ code: "STATE_CORRUPT" }));
  });

  it("is opened by reading timers and the keys of windows only", async () => {
    const place = await storePlace();
    const first = await place.open(false);
    const open = (backend: typeof first) => ({
      value: backend.states(declarations).value,
      cells: backend.cells("cells", t.string(), t.integer()),
      timers: backend.timers("timers", t.integer(), { onEventTime: () => undefined, onProcessingTime: () => undefined }),
    });
    const before = open(first);
    for (let key = 0; key < 500; key++) {
      first.setCurrentKey(`k${key}`);
      before.value.update("v");
      if (key % 10 > 0) continue;
      const cells = before.cells.of(key % 3);
      cells.put(`w${key}`);
      before.timers.registerEventTime(key % 3, key);
    }
    await checkpoint(first, 1);

    const second = await place.open(true);
    const after = open(second);
    expect(second.usage.entries).toBe(0);
    expect(second.isEmpty()).toBe(false);
    expect(after.timers.eventTimers).toBe(50);
    expect([...after.cells.namespaces()].sort()).toEqual([0, 1, 2]);
    expect(after.cells.of(0).size).toBe(17);
    const drained: string[] = [];
    after.cells.of(0).drain((value) => drained.push(value) < 5);
    expect(drained).toHaveLength(5);
    expect(after.cells.of(0).size).toBe(12);
    expect(second.usage.entries).toBe(0);
  });

  it("says nothing about itself when its marker is damaged", async () => {
    const place = await storePlace();
    expect(place.store.marker()).toBeUndefined();
    await place.store.setMarker({ kind: "applied", checkpoint: { checkpointId: 3 } });
    expect(place.store.marker()).toEqual({ kind: "applied", checkpoint: { checkpointId: 3 } });
    await place.store.clear();
    expect(place.store.marker()).toBeUndefined();
  });
});
