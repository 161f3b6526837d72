import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { describe, expect, test } from "vitest";
import type { KeyedBackend } from "../../src/index.ts";
import { createHeapBackend } from "../../src/index.ts";
import { encodeAll } from "../model/history.ts";
import { checkpoint, options, storePlace, stream } from "./open-store.ts";

const declared = { text: state.value(t.string()) };
const ENTRIES = 20_000;

async function filled() {
  const place = await storePlace();
  const backend = await place.open(false);
  const { text } = backend.states(declared);
  for (let key = 0; key < ENTRIES; key++) {
    backend.setCurrentKey(key);
    text.update(`text of ${key}`);
  }
  await checkpoint(backend, 1, true);
  return { ...place, backend, text };
}

async function contentsOf(file: readonly Uint8Array[]): Promise<Map<number, string | undefined>> {
  const heap = createHeapBackend(options);
  await heap.restore(stream(file));
  const { text } = heap.states(declared);
  const contents = new Map<number, string | undefined>();
  for (let key = 0; key < ENTRIES; key++) {
    heap.setCurrentKey(key);
    contents.set(key, text.value());
  }
  return contents;
}

function change(backend: KeyedBackend, key: number, text: { update(value: string): void }, value: string): void {
  backend.setCurrentKey(key);
  text.update(value);
}

describe("a base from a local store", () => {
  test("comes in many chunks, holds the frozen state, and nothing of what changes while it is read", async () => {
    const { backend, text } = await filled();
    change(backend, 5, text, "changed before the barrier");
    backend.freeze(2, true);
    change(backend, 6, text, "changed after the barrier");
    while (!backend.encodeSlice(1));
    const file: Uint8Array[] = [];
    let key = 1000;
    for await (const chunk of backend.takeDelta().chunks) {
      file.push(chunk.slice());
      change(backend, key++, text, "changed while it is read");
    }
    expect(file.length).toBeGreaterThan(3);
    await backend.complete(2);
    const contents = await contentsOf(file);
    expect(contents.get(5)).toBe("changed before the barrier");
    expect(contents.get(6)).toBe("text of 6");
    for (let changed = 1000; changed < key; changed++) expect(contents.get(changed)).toBe(`text of ${changed}`);
  });

  test("that is given up while it is read ends with CHECKPOINT_ABORTED, and its changes are in the next one", async () => {
    const { backend, text } = await filled();
    change(backend, 5, text, "changed");
    backend.freeze(2, true);
    while (!backend.encodeSlice(1));
    let chunks = 0;
    const reading = (async () => {
      for await (const _chunk of backend.takeDelta().chunks) if (++chunks === 2) backend.abort(2);
    })();
    await expect(reading).rejects.toMatchObject({ code: "CHECKPOINT_ABORTED" });
    backend.freeze(3, true);
    const contents = await contentsOf(await encodeAll(backend));
    expect(contents.get(5)).toBe("changed");
    expect(contents.get(ENTRIES - 1)).toBe(`text of ${ENTRIES - 1}`);
  });

  test("does not end as if it were whole when the backend is closed meanwhile", async () => {
    const { backend } = await filled();
    backend.freeze(2, true);
    while (!backend.encodeSlice(1));
    const reading = (async () => {
      for await (const _chunk of backend.takeDelta().chunks) await backend.close();
    })();
    await expect(reading).rejects.toMatchObject({ code: "STATE_SNAPSHOT_CLOSED" });
  });
});

describe("a snapshot of a local store", () => {
  test("stays as it was, marker and header included, and gives records in the order of their keys", async () => {
    const { backend, text, store } = await filled();
    await store.setMarker({ kind: "applied", checkpoint: 1 });
    const snapshot = store.snapshot();
    for (let key = 0; key < 100; key++) change(backend, key, text, "later");
    await checkpoint(backend, 2);
    await store.setMarker({ kind: "applied", checkpoint: 2 });
    expect(snapshot.marker()).toEqual({ kind: "applied", checkpoint: 1 });
    expect(snapshot.header("operator")).toMatchObject({ checkpointId: 1, entries: ENTRIES });
    const keys: Buffer[] = [];
    for await (const records of snapshot.records("operator")) for (const [key] of records) keys.push(Buffer.from(key));
    expect(keys).toHaveLength(ENTRIES);
    for (let at = 1; at < keys.length; at++) expect(Buffer.compare(keys[at - 1] as Buffer, keys[at] as Buffer)).toBe(-1);
    const file: Uint8Array[] = [];
    for await (const chunk of snapshot.chunks("operator")) file.push(chunk);
    await snapshot.close();
    const contents = await contentsOf(file);
    for (let key = 0; key < 100; key++) expect(contents.get(key)).toBe(`text of ${key}`);
  });
});
