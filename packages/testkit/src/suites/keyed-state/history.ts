import type { EncodedState, Key } from "@millrace/contracts";
import { expect } from "vitest";
import { Opened } from "./opened.ts";
import type { Operation } from "./operations.ts";
import { encoded } from "./snapshot.ts";
import type { KeyedStateSubject } from "./subject.ts";

/** Runs the steps; after each crash, and at the end, the content must be that of the last completed freeze. */
export async function history(subject: KeyedStateSubject, steps: readonly Operation[], keyOf: (n: number) => Key): Promise<void> {
  let opened = new Opened(await subject.open(), keyOf);
  let chain: EncodedState[] = [];
  let completed = opened.content();
  let frozen: { id: number; full: boolean; content: typeof completed } | undefined;
  let id = 0;
  const crash = async () => {
    opened = new Opened(await subject.reopen(chain), keyOf);
    frozen = undefined;
    expect(opened.content()).toEqual(completed);
  };
  for (const step of steps) {
    if (step.kind === "freeze") {
      if (frozen !== undefined) continue;
      const full = step.full || chain.length === 0;
      frozen = { id: ++id, full, content: opened.content() };
      opened.backend.freeze(frozen.id, full);
    } else if (step.kind === "slice") {
      if (frozen !== undefined) opened.backend.encodeSlice(0);
    } else if (step.kind === "abort") {
      if (frozen !== undefined) opened.backend.abort(frozen.id);
      frozen = undefined;
    } else if (step.kind === "complete") {
      if (frozen === undefined) continue;
      const delta = await encoded(opened.backend);
      chain = frozen.full ? [delta] : [...chain, delta];
      completed = frozen.content;
      await opened.backend.complete(frozen.id);
      frozen = undefined;
    } else if (step.kind === "crash") await crash();
    else opened.apply(step);
  }
  await crash();
}
