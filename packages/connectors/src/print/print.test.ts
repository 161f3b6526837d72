import { nodePorts } from "@millrace/core/node";
import { SinkDriver } from "@millrace/testkit/drivers";
import { sinkSuite } from "@millrace/testkit/suites";
import { expect, test } from "vitest";
import { print } from "./print.ts";

sinkSuite("print", async () => {
  let text = "";
  const sink = print<number>({
    format: (value) => String(value),
    write: (printed) => {
      text += printed;
    },
  });
  return {
    guarantee: sink.guarantee,
    sink,
    ports: () => nodePorts,
    kill: async () => {},
    visible: async () =>
      text
        .split("\n")
        .filter(Boolean)
        .map((line) => Number(line.split("> ").at(-1))),
    valueOf: (index) => index,
  };
});

test("strings are printed as they are, other values as JSON, with the subtask where there are several", async () => {
  const printed: string[] = [];
  const driver = await SinkDriver.open(print<unknown>({ prefix: "late ", write: (text) => void printed.push(text) }), {
    ports: nodePorts,
    parallelism: 2,
  });
  await driver.write("a", 0);
  await driver.write({ n: 1n }, 1);
  await driver.finish();
  expect(printed).toEqual(['0> late a\n1> late {"n":"1"}\n']);
});

test("a single record is printed without a checkpoint or a next record", async () => {
  const printed = Promise.withResolvers<string>();
  const driver = await SinkDriver.open(print<string>({ write: printed.resolve }), { ports: nodePorts });
  await driver.write("alone");
  expect(await printed.promise).toBe("alone\n");
});

test("a pipe that is full holds the job back, and one that is broken fails it", async () => {
  const pipe = Promise.withResolvers<void>();
  const driver = await SinkDriver.open(print<string>({ write: () => pipe.promise }), { ports: nodePorts });
  await driver.write("a");
  const prepared = driver.prepare();
  pipe.reject(new Error("EPIPE"));
  await expect(prepared).rejects.toThrow("EPIPE");
});

test("what several sinks of a thread print stands in the order in which it was written", async () => {
  let printed = "";
  const write = (text: string) => {
    printed += text;
  };
  const drivers = [
    await SinkDriver.open(print<number>({ write }), { ports: nodePorts }),
    await SinkDriver.open(print<number>({ prefix: "late ", write }), { ports: nodePorts }),
  ];
  for (const [index, value] of [1, 1, 0, 1, 0].entries()) await drivers[value]?.write(index);
  for (const driver of drivers) await driver.finish();
  expect(printed).toBe("late 0\nlate 1\n2\nlate 3\n4\n");
});

test("a function that throws at its first text fails the job, and not the attempt after it", async () => {
  let calls = 0;
  const sink = print<string>({
    write: () => {
      if (calls++ === 0) throw new Error("no paper");
    },
  });
  const first = await SinkDriver.open(sink, { ports: nodePorts });
  await first.write("a");
  await expect(first.prepare()).rejects.toThrow("no paper");
  const second = await SinkDriver.open(sink, { ports: nodePorts });
  await second.write("a");
  await second.finish();
  expect(calls).toBe(2);
});
