import { newOperatorMetrics, type Operator } from "@millrace/contracts";
import { WATERMARK_MAX } from "@millrace/core";
import { expect, test } from "vitest";
import { generateChain } from "../chain/generate.ts";
import type { ChainNode, ChainProgram, Taker } from "../chain/program.ts";
import { type HostServices, OperatorHost } from "./operator-host.ts";
import { WatermarkFlow } from "./watermark-flow.ts";

type Script = Partial<Operator<unknown, unknown>>;

/** A chain of operators; `takers` of each by node id. Everything that comes to an operator is written down. */
function flowOf(takers: readonly (readonly Taker[])[], scripts: Readonly<Record<number, Script>> = {}, head: "operator" | "map" = "operator") {
  const seen: string[] = [];
  const nodes = takers.map((main, id): ChainNode => ({ id, uid: `n${id}`, kind: id === 0 ? head : "operator", main, side: new Map() }));
  const program: ChainProgram = { name: "test", head: 0, nodes };
  const operators = new Map(
    nodes
      .filter(({ kind }) => kind === "operator")
      .map(({ id }) => [
        id,
        {
          processElement() {},
          onWatermark(watermark) {
            seen.push(`${id}:${watermark === WATERMARK_MAX ? "max" : watermark}`);
            return true;
          },
          onStatus: (status) => seen.push(`${id}:${status}`),
          endInput: () => seen.push(`${id}:end`),
          ...scripts[id],
        } satisfies Operator<unknown, unknown> as Operator<unknown, unknown>,
      ]),
  );
  const metrics = new Map(nodes.map(({ id }) => [id, newOperatorMetrics()]));
  const code = generateChain(program, {
    functions: new Map([[0, (value: unknown) => value]]),
    operators,
    sinks: new Map(),
    edges: [],
    metrics,
    control: { interrupt: false },
  });
  const services: HostServices = {
    now: () => 0,
    activeNow: () => 0,
    shouldYield: () => false,
    wakeAt() {},
    mailCame() {},
    after: () => () => {},
    held() {},
    position: () => undefined,
    emitted: (host, event) => flow.emitted(host, event),
  };
  const hosts = new Map(
    [...operators].map(([id, operator]) => [
      id,
      new OperatorHost({ node: id, uid: `n${id}`, subtask: 0, parallelism: 1 }, operator, undefined, newOperatorMetrics(), code, services),
    ]),
  );
  const flow = new WatermarkFlow(program, hosts, new Map(), []);
  return { flow, seen, hosts };
}

const to = (id: number, input: 0 | 1 = 0): Taker => ({ kind: "node", id, input });
/** 0 → 1 and 2, which both go to 3, then 4. */
const diamond = [[to(1), to(2)], [to(3)], [to(3, 1)], [to(4)], []];

test("what comes in goes through the chain in that order", () => {
  const { flow, seen } = flowOf([[to(1)], []]);
  flow.accept({ kind: "watermark", watermark: 5 });
  flow.accept({ kind: "status", status: "idle" });
  expect(flow.idle).toBe(false);
  expect(flow.advance()).toBe(true);
  expect(seen).toEqual(["0:5", "1:5", "0:idle", "1:idle"]);
});

test("a node of several inputs gets each watermark once, after all branches", () => {
  const { flow, seen } = flowOf(diamond);
  flow.accept({ kind: "watermark", watermark: 5 });
  flow.advance();
  expect(seen).toEqual(["0:5", "1:5", "2:5", "3:5", "4:5"]);
});

test("a node of several inputs ends once, when all branches have ended", () => {
  const { flow, seen } = flowOf(diamond);
  flow.accept({ kind: "end" });
  flow.advance();
  expect(seen.filter((event) => event.endsWith("end"))).toEqual(["0:end", "1:end", "2:end", "3:end", "4:end"]);
  expect(seen.slice(-2)).toEqual(["4:end", "4:max"]);
});

test("a branch with watermarks of its own holds the other one back, and an idle one does not", () => {
  const { flow, seen, hosts } = flowOf(diamond, { 1: { ownsWatermarks: true } });
  const own = hosts.get(1) as OperatorHost;
  flow.accept({ kind: "watermark", watermark: 9 });
  flow.advance();
  expect(seen.filter((event) => event.startsWith("3"))).toEqual([]);
  own.output.watermark(4);
  flow.advance();
  expect(seen.slice(-2)).toEqual(["3:4", "4:4"]);
  own.output.status("idle");
  flow.advance();
  expect(seen.slice(-2)).toEqual(["3:9", "4:9"]);
});

test("a firing that yields in one branch is finished before the node behind it hears of the watermark", () => {
  let turns = 0;
  const { flow, seen } = flowOf(diamond, { 2: { onWatermark: () => ++turns === 3 } });
  flow.accept({ kind: "watermark", watermark: 5 });
  expect([flow.advance(), flow.advance()]).toEqual([false, false]);
  expect(seen).toEqual(["0:5", "1:5"]);
  expect(flow.advance()).toBe(true);
  expect(seen).toEqual(["0:5", "1:5", "3:5", "4:5"]);
});

test("the same stream connected to itself is two inputs", () => {
  const { flow, seen } = flowOf([[to(1), to(1, 1)], []]);
  flow.accept({ kind: "watermark", watermark: 5 });
  flow.accept({ kind: "end" });
  flow.advance();
  expect(seen).toEqual(["0:5", "1:5", "0:end", "0:max", "1:end", "1:max"]);
});

test("a watermark that was reached before is no news, but for what a checkpoint cut, and goes on to the others", () => {
  const { flow, seen, hosts } = flowOf([[to(1)], [to(2)], []]);
  for (const host of hosts.values()) host.watermark = 5;
  (hosts.get(1) as OperatorHost).firing = true;
  flow.accept({ kind: "watermark", watermark: 5 });
  flow.advance();
  expect(seen).toEqual(["1:5"]);
  flow.accept({ kind: "watermark", watermark: 5 });
  flow.accept({ kind: "watermark", watermark: 6 });
  flow.advance();
  expect(seen).toEqual(["1:5", "0:6", "1:6", "2:6"]);
});

test("what a checkpoint cut goes on before anything else, the operator furthest down first, and nothing is emitted to it meanwhile", () => {
  const { flow, seen, hosts } = flowOf([[to(1)], [to(2)], [to(3)], []], { 0: { ownsWatermarks: true } });
  for (const host of hosts.values()) host.watermark = 5;
  const [head, first, second, last] = [...hosts.values()] as [OperatorHost, OperatorHost, OperatorHost, OperatorHost];
  last.watermark = 4;
  for (const host of [first, second]) host.firing = true;
  for (const host of hosts.values()) flow.resume(host);
  flow.accept({ kind: "watermark", watermark: 7 });
  expect([flow.opens(head), flow.opens(last)]).toEqual([false, true]);
  flow.advance();
  expect(seen).toEqual(["2:5", "3:5", "1:5", "0:7"]);
});

test("the end that a checkpoint cut comes again in its order", () => {
  const { flow, seen, hosts } = flowOf([[to(1)], []]);
  for (const host of hosts.values()) host.watermark = WATERMARK_MAX;
  const last = hosts.get(1) as OperatorHost;
  last.firing = true;
  flow.resume(last);
  expect(flow.idle).toBe(true);
  flow.accept({ kind: "end" });
  flow.advance();
  expect(seen).toEqual(["0:end", "0:max", "1:end", "1:max"]);
});

test("an operator with watermarks of its own is told again, to tell others", () => {
  const { flow, seen, hosts } = flowOf([[]], { 0: { ownsWatermarks: true } });
  (hosts.get(0) as OperatorHost).watermark = 5;
  flow.accept({ kind: "watermark", watermark: 5 });
  flow.advance();
  expect(seen).toEqual(["0:5"]);
});

test("what waits for an operator that holds is passed on the branches beside it, and not overtaken on its own", () => {
  // 0 → 1 and 2; 2 → 3.
  const { flow, seen, hosts } = flowOf([[to(1), to(2)], [], [to(3)], []]);
  const holder = hosts.get(1) as OperatorHost;
  flow.hold(holder, true);
  flow.accept({ kind: "watermark", watermark: 5 });
  flow.accept({ kind: "end" });
  // The head comes before the one that holds: it could send records there.
  expect([flow.advance(), flow.stuck, seen]).toEqual([false, true, []]);
  flow.hold(holder, false);
  expect(flow.advance()).toBe(true);
  expect(seen.filter((event) => event.startsWith("1"))).toEqual(["1:5", "1:end", "1:max"]);
});

test("an end that one operator holds until later goes on to the others at once", () => {
  const answers: boolean[] = [false, true];
  const ends: Script = {
    onWatermark(watermark) {
      if (watermark !== WATERMARK_MAX) return true;
      const done = answers.shift() ?? true;
      flow.hold(holder, !done);
      return done;
    },
  };
  // A function feeds 1 and 2, which go to 3 together, and 4.
  const { flow, seen, hosts } = flowOf([[to(1), to(2), to(4)], [to(3)], [to(3, 1)], [], []], { 1: ends }, "map");
  const holder = hosts.get(1) as OperatorHost;
  flow.accept({ kind: "watermark", watermark: 5 });
  flow.accept({ kind: "end" });
  expect(flow.advance()).toBe(false);
  expect([flow.stuck, flow.idle, flow.opens(holder)]).toEqual([true, false, true]);
  expect(seen.splice(0)).toEqual(["2:5", "3:5", "4:5", "1:end", "2:end", "2:max", "4:end", "4:max"]);
  // What it still has to say comes before its end.
  holder.output.watermark(7);
  expect(flow.advance()).toBe(false);
  expect(seen.splice(0)).toEqual(["3:7"]);
  flow.hold(holder, false);
  expect(flow.advance()).toBe(true);
  expect(seen).toEqual(["3:end", "3:max"]);
});

test("of two events that wait for the same operator the older one goes first", () => {
  const { flow, seen, hosts } = flowOf([[to(1), to(2)], [], []], {}, "map");
  const holder = hosts.get(1) as OperatorHost;
  flow.hold(holder, true);
  flow.accept({ kind: "watermark", watermark: 5 });
  expect(flow.advance()).toBe(false);
  flow.accept({ kind: "end" });
  expect(flow.advance()).toBe(false);
  expect(seen.splice(0)).toEqual(["2:5", "2:end", "2:max"]);
  flow.hold(holder, false);
  expect(flow.advance()).toBe(true);
  expect(seen).toEqual(["1:5", "1:end", "1:max"]);
});
