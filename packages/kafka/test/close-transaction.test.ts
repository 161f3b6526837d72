import { nodePorts } from "@millrace/core/node";
import { SinkDriver } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { kafka, kafkaSink, text } from "../src/index.ts";
import { TransportError } from "../src/transport/transport.ts";
import { address, countOf, type Script, scriptedBroker, silence } from "./scripted-broker.ts";

/** A writer whose first record is on its way to a broker that answers as the script says. */
async function writing(produce: Script) {
  const broker = scriptedBroker((request) => (request.apiName === "Produce" ? produce(request) : undefined));
  const cluster = kafka({ brokers: ["scripted:9092"], transport: broker.create });
  const driver = await SinkDriver.open(kafkaSink<string>(cluster, "t", { value: text() }), { ports: nodePorts });
  await driver.write("x");
  await expect.poll(() => countOf(broker, "Produce"), { interval: 1 }).toBe(1);
  return { broker, driver };
}

describe("a writer that is closed, on a cluster with transactions of version 1,", () => {
  test("aborts its transaction when what it had sent has been answered, and sends nothing more", async () => {
    const answer = Promise.withResolvers<undefined>();
    const { broker, driver } = await writing(() => answer.promise);
    await driver.write("y");
    const closed = driver.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(countOf(broker, "EndTxn")).toBe(0);
    answer.resolve(undefined);
    await closed;
    expect(countOf(broker, "EndTxn")).toBe(1);
    expect(countOf(broker, "Produce")).toBe(1);
  });

  test("aborts nothing while a record may still arrive: it would begin a transaction that nobody ends", async () => {
    const { broker, driver } = await writing(silence);
    await driver.close();
    expect(countOf(broker, "EndTxn")).toBe(0);
  });

  test("aborts nothing when an answer was lost", async () => {
    const closes = Promise.withResolvers<void>();
    const { broker, driver } = await writing(async () => {
      await closes.promise;
      throw new TransportError("disconnected", address, "the answer was lost");
    });
    const closed = driver.close();
    closes.resolve();
    await closed;
    expect(countOf(broker, "EndTxn")).toBe(0);
  });
});
