import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import { expect, onTestFinished, test } from "vitest";
import { ManualTime } from "../../../test/manual-time.ts";
import { directoryWith } from "../../../test/temporary.ts";
import { lines } from "../../formats/lines.ts";
import { files } from "./files.ts";

/** A source over a watched directory whose looks happen when the test says so. */
async function watched(directory: string, restored?: Parameters<typeof SourceDriver.open>[1]["restored"]) {
  const time = new ManualTime();
  const ports = { ...nodePorts, clock: time, scheduler: time };
  const source = files(directory, lines(), { watch: { everyMs: 1000 } });
  const driver = await SourceDriver.open(source, { ports, ...(restored === undefined ? {} : { restored }) });
  onTestFinished(() => driver.close());
  return {
    source,
    driver,
    /** One more look at the directory, done when it returns. */
    async look(): Promise<void> {
      time.advance(1000);
      while (time.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
    },
    values: () => driver.records.map(({ value }) => value),
  };
}

test("a watched directory is unbounded, and a new file counts once it stayed the same for two looks", async () => {
  const directory = directoryWith({ "a.txt": "a1\na2\n" });
  const { source, driver, look, values } = await watched(directory);
  expect(source.boundedness).toBe("unbounded");
  const reading = driver.take(5);
  await look();
  writeFileSync(join(directory, "b.txt"), "b1\n");
  await look();
  appendFileSync(join(directory, "b.txt"), "b2\nb3\n");
  await look();
  await look();
  expect(await reading).toBe(true);
  expect(values()).toEqual(["a1", "a2", "b1", "b2", "b3"]);
});

test("after a restore files that were read are not read again, and new ones are found", async () => {
  const directory = directoryWith({ "a.txt": "a1\na2\n" });
  const before = await watched(directory);
  const first = before.driver.take(1);
  await before.look();
  await first;
  const restored = before.driver.checkpoint();
  writeFileSync(join(directory, "b.txt"), "b1\n");
  const after = await watched(directory, restored);
  const reading = after.driver.take(2);
  await after.look();
  await after.look();
  await reading;
  expect(after.values()).toEqual(["a2", "b1"]);
});

test("a file that was read is not read again when it grows", async () => {
  const directory = directoryWith({ "a.txt": "a1\n" });
  const { driver, look, values } = await watched(directory);
  const first = driver.take(1);
  await look();
  await first;
  const reading = driver.take(1);
  appendFileSync(join(directory, "a.txt"), "a2\n");
  await look();
  await look();
  writeFileSync(join(directory, "b.txt"), "b1\n");
  await look();
  await look();
  await reading;
  expect(values()).toEqual(["a1", "b1"]);
});
