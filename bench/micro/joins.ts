import { t } from "@millrace/codec";
import type { Operator } from "@millrace/contracts";
import { createIntervalJoinOperator, createWindowJoinOperator, tumbling } from "@millrace/operators";
import { type Figure, pairedAsync } from "./measure.ts";
import { checkpoint, contextOf, type Fed, heapBackend } from "./operator-context.ts";
import { expectAlike, sink, sunk } from "./sink.ts";

/** Every other record is of the right stream. */
interface Order {
  readonly customer: number;
  readonly cents: number;
  readonly time: number;
}

const RECORDS = 100_000;
const RECORDS_PER_MS = 10;
const RECORDS_PER_WATERMARK = 64;
const SPAN_MS = RECORDS / RECORDS_PER_MS;
const BEGIN = 1_700_000_000_000;
const BEFORE_MS = 500;
const AFTER_MS = 1_500;
const WINDOW_MS = 1_000;
const WARM_SPANS = 3;

/** Runs over all records, shifted by so many spans. */
type Loop = (orders: readonly Order[], spans: number) => void;

/**
 * Keyed joins of two streams in event time, a watermark every 64 records, against hand-written loops that give the same pairs
 * and know nothing of lateness, codecs or checkpoints.
 */
export async function run(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [keys, pairs] of [
    [10_000, 1],
    [1_000, 10],
  ] as const) {
    figures.push(await measured(`interval join of 2 s, ${keys} keys, ${pairs} on the other side`, keys, intervalLoop(), intervalJoin()));
  }
  for (const [keys, pairs] of [
    [5_000, 1],
    [500, 10],
  ] as const) {
    figures.push(await measured(`window join of 1 s, ${keys} keys, ${pairs} on each side`, keys, windowLoop(), windowJoin()));
  }
  return figures;
}

async function measured(name: string, keys: number, hand: Loop, operator: Operator<unknown, unknown, unknown>): Promise<Figure> {
  const orders = makeOrders(keys);
  const backend = heapBackend("bench");
  const fed: Fed = { watermark: Number.NEGATIVE_INFINITY, held: false };
  await operator.open?.(contextOf(backend, fed));
  const engine = chain(operator, fed);
  expectSamePairs(orders, hand, engine);
  let [handSpans, engineSpans, checkpoints] = [WARM_SPANS, WARM_SPANS, 0];
  return pairedAsync({
    name,
    bar: 0,
    operations: RECORDS,
    reference: () => hand(orders, handSpans++),
    subject: () => engine(orders, engineSpans++),
    between: () => checkpoint(backend, ++checkpoints),
  });
}

function expectSamePairs(orders: readonly Order[], hand: Loop, engine: Loop): void {
  const [byHand = 0, byEngine = 0] = [hand, engine].map((loop) => {
    const before = sunk();
    for (let spans = 0; spans < WARM_SPANS; spans++) loop(orders, spans);
    return sunk() - before;
  });
  expectAlike(byHand, byEngine);
  if (byHand === 0) throw new Error("neither side has found a pair");
}

function makeOrders(keys: number): Order[] {
  return Array.from({ length: RECORDS }, (_, i) => ({
    customer: (Math.imul(i + 1, 2_654_435_761) >>> 8) % keys,
    cents: i % 9_973,
    time: BEGIN + Math.floor(i / RECORDS_PER_MS),
  }));
}

interface Kept {
  readonly order: Order;
  readonly time: number;
}

function intervalLoop(): Loop {
  const [lefts, rights] = [new Map<number, Kept[]>(), new Map<number, Kept[]>()];
  return (orders, spans) => {
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i] as Order;
      const time = order.time + spans * SPAN_MS;
      const left = i % 2 === 0;
      const others = (left ? rights : lefts).get(order.customer);
      const from = time - (left ? BEFORE_MS : AFTER_MS);
      while (others?.[0] !== undefined && others[0].time < from) others.shift();
      if (others !== undefined) {
        for (const other of others) {
          sink(left ? pairOf(order.customer, order, other.order) : pairOf(order.customer, other.order, order));
        }
      }
      keep(left ? lefts : rights, order.customer, { order, time });
    }
  };
}

function windowLoop(): Loop {
  let sides: readonly [Map<number, Kept[]>, Map<number, Kept[]>] = [new Map(), new Map()];
  let end = 0;
  return (orders, spans) => {
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i] as Order;
      const time = order.time + spans * SPAN_MS;
      if (time >= end) {
        const [lefts, rights] = sides;
        for (const [customer, kept] of lefts) {
          for (const left of kept) for (const right of rights.get(customer) ?? []) sink(pairOf(customer, left.order, right.order));
        }
        sides = [new Map(), new Map()];
        end = time - (time % WINDOW_MS) + WINDOW_MS;
      }
      keep(i % 2 === 0 ? sides[0] : sides[1], order.customer, { order, time });
    }
  };
}

function keep(side: Map<number, Kept[]>, customer: number, one: Kept): void {
  const kept = side.get(customer);
  if (kept === undefined) side.set(customer, [one]);
  else kept.push(one);
}

function pairOf(customer: number, left: Order, right: Order): unknown {
  return { customer, left: left.cents, right: right.cents };
}

const codec = t.object({ customer: t.integer(), cents: t.integer(), time: t.integer() }) as never;
const both = {
  keySelectors: [(order: unknown) => (order as Order).customer, (order: unknown) => (order as Order).customer],
  codecs: [codec, codec],
  lateOutputs: [undefined, undefined],
} as const;

function intervalJoin(): Operator<unknown, unknown, unknown> {
  return createIntervalJoinOperator({
    ...both,
    kind: "inner",
    lowerMs: -BEFORE_MS,
    upperMs: AFTER_MS,
    join: (left, right, context, out) => out.collect(pairOf(context.currentKey() as number, left as Order, right as Order)),
  });
}

function windowJoin(): Operator<unknown, unknown, unknown> {
  return createWindowJoinOperator({
    ...both,
    assigner: tumbling(WINDOW_MS),
    trigger: undefined,
    evictor: undefined,
    allowedLatenessMs: 0,
    unbounded: false,
    apply(lefts, rights, context, out) {
      for (const left of lefts) for (const right of rights) out.collect(pairOf(context.key as number, left as Order, right as Order));
    },
  });
}

/** Feeds the operator as a task does. */
function chain(operator: Operator<unknown, unknown, unknown>, fed: Fed): Loop {
  return (orders, spans) => {
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i] as Order;
      const time = order.time + spans * SPAN_MS;
      if (i % 2 === 0) operator.processElement(order, time);
      else operator.processElement2?.(order, time);
      if (i % RECORDS_PER_WATERMARK !== 0) continue;
      fed.watermark = time - 1;
      while (operator.onWatermark?.(time - 1) === false);
    }
  };
}
