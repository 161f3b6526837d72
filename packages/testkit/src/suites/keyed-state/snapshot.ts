import type { EncodedState, KeyedStateBackend } from "@millrace/contracts";

/** Freezes and encodes, and does not complete. */
export async function snapshot(backend: KeyedStateBackend, id: number, full: boolean): Promise<EncodedState> {
  backend.freeze(id, full);
  return encoded(backend);
}

/** What was frozen, in memory of its own. */
export async function encoded(backend: KeyedStateBackend): Promise<EncodedState> {
  while (!backend.encodeSlice(0));
  const { chunks, records } = backend.takeDelta();
  const kept: Uint8Array[] = [];
  for await (const chunk of chunks) kept.push(chunk.slice());
  return { chunks: kept, records };
}
