import { expect, test } from "vitest";
import { type KafkaSinkOptions, kafka, kafkaSink, text } from "../src/index.ts";

const sink = (options: Partial<KafkaSinkOptions<string>>) => kafkaSink<string>(kafka({ brokers: ["b:9092"] }), "t", { value: text(), ...options });

test("a bound on what waits is refused where records wait for their checkpoint, and nothing could be held back", () => {
  expect(() => sink({ transactions: "writeAhead", bufferBytes: 1_000 })).toThrow(
    expect.objectContaining({ code: "SINK_OPTIONS", message: expect.stringContaining("bufferBytes"), hint: expect.stringContaining("interval") }),
  );
  expect(sink({ transactions: "writeAhead" }).guarantee).toBe("exactly-once");
  expect(sink({ bufferBytes: 1_000 }).guarantee).toBe("exactly-once");
});

test("two sinks of a job may not have one prefix of transactional ids at the same brokers, unless they write without transactions", () => {
  const { place } = sink({ transactionalIdPrefix: "orders" });
  expect(place).toBe("transactional ids orders at b:9092");
  expect(sink({ transactionalIdPrefix: "orders", transactions: "writeAhead" }).place).toBe(place);
  expect(sink({ transactionalIdPrefix: "orders", guarantee: "at-least-once" }).place).toBeUndefined();
  expect(sink({}).place).toBeUndefined();
});
