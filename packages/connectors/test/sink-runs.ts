import { nodePorts } from "@millrace/core/node";
import { SinkDriver, type SinkDriverOptions } from "@millrace/testkit/drivers";
import { type FileSinkOptions, fileSink } from "../src/files/sink/file-sink.ts";

export interface Row {
  readonly n: number;
  readonly text: string;
}

export const rowOf = (n: number): Row => ({ n, text: `é "${n}", ${"x".repeat(n % 5)}` });

/** A run that begins, or goes on from what it is given, in `directory`. */
export async function open<T>(
  directory: string,
  options: FileSinkOptions<T> = {},
  driverOptions: Partial<SinkDriverOptions> = {},
): Promise<SinkDriver<T>> {
  return SinkDriver.open(fileSink<T>(directory, options), { ports: nodePorts, ...driverOptions });
}

/** A whole run: it writes `values` and finishes. */
export async function writtenBy(directory: string, runId: string, values: readonly Row[], options: FileSinkOptions<Row> = {}): Promise<void> {
  const driver = await open(directory, options, { runId });
  await driver.writeAll(values);
  await driver.finish();
}

/** The last complete one. */
export function checkpointOf<T>(driver: SinkDriver<T>): NonNullable<SinkDriver<T>["completed"]> {
  if (driver.completed === undefined) throw new Error("no checkpoint is complete");
  return driver.completed;
}
