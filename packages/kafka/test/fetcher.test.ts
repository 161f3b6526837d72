import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import { expect, test } from "vitest";
import { BatchBuilder, noProducer, stamp } from "../src/batch/batch-builder.ts";
import { crcFrom } from "../src/batch/batch-header.ts";
import type { CompressionName } from "../src/batch/compression.ts";
import { type KafkaSourceOptions, kafka, kafkaSource, text } from "../src/index.ts";
import { fetchAnswer, type Script, scriptedBroker, silence } from "./scripted-broker.ts";

async function batchOf(value: string, offset = 0, compression: CompressionName = "none"): Promise<Buffer> {
  const builder = new BatchBuilder(64);
  builder.append(1, null, value, undefined);
  const batch = await builder.finish(compression, noProducer);
  batch.writeBigInt64BE(BigInt(offset), 0);
  return batch;
}

/** Reads topic "t", each fetch being answered by the next of these, and the last for ever. */
function reading(
  fetches: readonly Script[],
  options: KafkaSourceOptions & { readonly unavailableMs?: number } = {},
  others: Script = () => undefined,
) {
  let fetched = 0;
  const broker = scriptedBroker((request) => {
    if (request.apiName !== "Fetch") return others(request);
    return fetches[Math.min(fetched++, fetches.length - 1)]?.(request);
  });
  const { unavailableMs = 2_000, ...sourceOptions } = options;
  const cluster = kafka({ brokers: ["scripted:9092"], transport: broker.create, unavailableMs });
  const driver = SourceDriver.open(kafkaSource(cluster, "t", text(), sourceOptions), { ports: nodePorts });
  return { broker, driver };
}

test("a batch that can't be read fails the reader, and nothing else, while the one before it is still being decompressed", async () => {
  const unhandled: unknown[] = [];
  const listener = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", listener);
  const slow = await batchOf("x".repeat(3_000_000), 0, "gzip");
  const unknownCodec = await batchOf("y", 1);
  unknownCodec.writeInt16BE(unknownCodec.readInt16BE(crcFrom) | 5, crcFrom);
  stamp(unknownCodec, noProducer);
  const driver = await reading([() => fetchAnswer(Buffer.concat([slow, unknownCodec])), silence]).driver;
  await expect(driver.drain()).rejects.toMatchObject({ code: "KAFKA_COMPRESSION", where: { position: "t-0@1" } });
  await driver.close();
  process.off("unhandledRejection", listener);
  expect(unhandled).toEqual([]);
});
