import { newOperatorMetrics } from "@millrace/contracts";
import { type ChainBindings, type ChainCode, type ChainNode, type ChainProgram, generateChain } from "@millrace/runtime";
import { type Bid, bids } from "./bids.ts";
import { type Figure, paired } from "./measure.ts";
import { sink } from "./sink.ts";

const count = 50_000;
const loops = 4;
const data = bids(count);
const timestamps = data.map((bid) => bid.dateTime);

interface Step {
  readonly kind: "map" | "filter";
  readonly fn: (value: unknown) => unknown;
}

/** Functions with a source text of their own, as those of different jobs have. */
function steps(pipeline: number, extra: number): Step[] {
  const own = (text: string) => new Function(`return ${text} // ${pipeline}`)() as (value: unknown) => unknown;
  const middle = Array.from(
    { length: extra },
    (_, i): Step => (i % 2 === 0 ? { kind: "map", fn: own(`b => b /* ${i} */`) } : { kind: "filter", fn: own(`b => b.price > ${-1 - i}`) }),
  );
  return [
    { kind: "filter", fn: own("b => b.auction % 7 !== 0") },
    {
      kind: "map",
      fn: own(
        "b => ({ auction: b.auction, bidder: b.bidder, price: b.price * 0.908, channel: b.channel, url: b.url, dateTime: b.dateTime, extra: b.extra })",
      ),
    },
    ...middle,
    { kind: "filter", fn: own("b => b.price > 1000") },
    { kind: "map", fn: own("b => ({ auction: b.auction, price: b.price, dateTime: b.dateTime })") },
  ];
}

function chainOf(list: readonly Step[]): ChainCode {
  const nodes = [
    ...list.map(({ kind }, id): ChainNode => ({ id, uid: `n${id}`, kind, main: [{ kind: "node", id: id + 1, input: 0 }], side: new Map() })),
    { id: list.length, uid: "sink", kind: "sink", main: [], side: new Map() } satisfies ChainNode,
  ];
  const program: ChainProgram = { name: "bench", head: 0, nodes };
  const bindings: ChainBindings = {
    functions: new Map(list.map((step, id) => [id, step.fn])),
    operators: new Map(),
    sinks: new Map([[list.length, { write: sink }]]),
    edges: [],
    metrics: new Map(nodes.map((node) => [node.id, newOperatorMetrics()])),
    control: { interrupt: false },
  };
  return generateChain(program, bindings);
}

function hand(values: readonly Bid[]): void {
  for (let i = 0; i < values.length; i++) {
    const b = values[i] as Bid;
    if (b.auction % 7 === 0) continue;
    const m = { auction: b.auction, bidder: b.bidder, price: b.price * 0.908, channel: b.channel, url: b.url, dateTime: b.dateTime, extra: b.extra };
    if (!(m.price > 1000)) continue;
    sink({ auction: m.auction, price: m.price, dateTime: m.dateTime });
  }
}

/** Makes the process look like one that has run many other jobs: generic code has seen many shapes and functions. */
function pollute(): void {
  for (let i = 0; i < 12; i++) {
    const code = chainOf(steps(1000 + i, i));
    for (let round = 0; round < 3; round++) code.batch(0, data, timestamps, 0, 5_000);
  }
}

function figure(name: string, bar: number, chains: readonly ChainCode[]): Figure {
  return paired({
    name,
    bar,
    operations: count * loops,
    reference: () => {
      for (let i = 0; i < loops; i++) hand(data);
    },
    subject: () => {
      for (let i = 0; i < loops; i++) (chains[i % chains.length] as ChainCode).batch(0, data, timestamps, 0, count);
    },
  });
}

export async function run(): Promise<Figure[]> {
  const four = (extra: number) => [0, 1, 2, 3].map((pipeline) => chainOf(steps(pipeline, extra)));
  const figures = [
    figure("stateless chain of 5, 4 pipelines, against the hand loop", 0.65, four(0)),
    figure("the same with 15 operators", 0.55, four(10)),
  ];
  pollute();
  figures.push(figure("chain of 5, 4 pipelines, in a polluted process", 0.55, four(0)));
  return figures;
}
