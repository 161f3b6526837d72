import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { limits } from "@millrace/core";
import { afterEach, describe, expect, it } from "vitest";
import { checkpoint, storePlace } from "./open-store.ts";

const real = { ...limits };
afterEach(() => {
  Object.assign(limits, real);
});

describe("state on disk that is removed", () => {
  it("fills the memory for changes, too, until a checkpoint has taken it", async () => {
    Object.assign(limits, { changedStateBytesMin: 1 << 20 });
    const backend = await (await storePlace()).open(false);
    const { last } = backend.states({ last: state.value(t.integer()) });
    const each = (act: () => void): void => {
      for (let key = 0; key < 12_000; key++) {
        backend.setCurrentKey(key);
        act();
      }
    };
    each(() => last.update(1));
    await checkpoint(backend, 1);
    expect([backend.wantsCheckpoint, backend.overfull]).toEqual([false, false]);
    each(() => last.clear());
    expect([backend.wantsCheckpoint, backend.overfull]).toEqual([true, true]);
    await checkpoint(backend, 2);
    expect([backend.wantsCheckpoint, backend.overfull]).toEqual([false, false]);
  });
});
