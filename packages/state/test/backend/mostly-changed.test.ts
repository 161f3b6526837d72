import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { expect, it } from "vitest";
import { createHeapBackend } from "../../src/index.ts";
import { checkpoint, options, storePlace, stream } from "./open-store.ts";

const declarations = { value: state.value(t.integer()) };

it("most of the state has changed when three of four records have, removed ones among them", async () => {
  const backend = createHeapBackend(options);
  const { value } = backend.states(declarations);
  expect(backend.mostlyChanged).toBe(false);
  const update = (from: number, to: number): void => {
    for (let key = from; key < to; key++) {
      backend.setCurrentKey(key);
      value.update(key);
    }
  };
  update(0, 100);
  expect(backend.mostlyChanged).toBe(true);
  await checkpoint(backend, 1);
  expect(backend.mostlyChanged).toBe(false);
  update(0, 74);
  expect(backend.mostlyChanged).toBe(false);
  update(0, 75);
  expect(backend.mostlyChanged).toBe(true);
  await checkpoint(backend, 2);
  for (let key = 0; key < 75; key++) {
    backend.setCurrentKey(key);
    value.clear();
  }
  expect(backend.mostlyChanged).toBe(true);
  const whole = await checkpoint(backend, 3, true);
  const restored = createHeapBackend(options);
  await restored.restore(stream(whole));
  restored.states(declarations);
  expect(restored.usage.entries).toBe(25);
});

it("it never has where state lies on disk", async () => {
  const backend = await (await storePlace()).open(true);
  const { value } = backend.states(declarations);
  backend.setCurrentKey(1);
  value.update(1);
  expect(backend.mostlyChanged).toBe(false);
});
