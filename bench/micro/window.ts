import { t } from "@millrace/codec";
import type { Operator } from "@millrace/contracts";
import { createWindowOperator, tumbling, type WindowSpec } from "@millrace/operators";
import { type Figure, pairedAsync } from "./measure.ts";
import { checkpoint, contextOf, type Fed, heapBackend } from "./operator-context.ts";
import { sink } from "./sink.ts";

interface Bid {
  readonly bidder: number;
  readonly price: number;
  readonly time: number;
}

const RECORDS = 200_000;
const RECORDS_PER_MS = 10;
const RECORDS_PER_WATERMARK = 1_024;
const SPAN_MS = RECORDS / RECORDS_PER_MS;
const WINDOW_MS = 5_000;
const PIPELINES = 3;
const SLICES = 11;
const BAR = 0.5;

/** Runs over all bids, shifted by so many spans. */
type Loop = (bids: readonly Bid[], spans: number) => void;

/** One pipeline of the engine. */
interface Pipeline {
  readonly loop: Loop;
  /** As a job does every few seconds; it lets go of what windows that are gone have left behind. */
  checkpoint(checkpointId: number): Promise<void>;
}

/**
 * Keyed tumbling counts: three pipelines of the engine, each with its own functions, against a hand-written loop that
 * does the same three times; time of the loop divided by time of the engine, median of interleaved slices.
 */
export async function run(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const keys of [1_000, 100_000]) figures.push(await measured(keys));
  return figures;
}

async function measured(keys: number): Promise<Figure> {
  const bids = makeBids(keys);
  const hand = handLoop();
  const pipelines = await Promise.all(Array.from({ length: PIPELINES }, (_, index) => pipeline(index)));
  let [handSpans, engineSpans, checkpoints] = [0, 0, 0];
  return pairedAsync({
    name: `keyed tumbling count, ${keys} keys, ${PIPELINES} pipelines`,
    bar: BAR,
    operations: RECORDS * PIPELINES,
    reference: () => {
      for (let turn = 0; turn < PIPELINES; turn++) hand(bids, handSpans++);
    },
    subject: () => {
      for (const one of pipelines) one.loop(bids, engineSpans);
      engineSpans += PIPELINES;
    },
    between: async () => {
      for (const one of pipelines) await one.checkpoint(checkpoints);
      checkpoints++;
    },
    slices: SLICES,
  });
}

function makeBids(keys: number): Bid[] {
  return Array.from({ length: RECORDS }, (_, i) => ({
    bidder: 1_000 + ((Math.imul(i, 2_654_435_761) >>> 0) % keys),
    price: i % 97,
    time: 1_700_000_000_000 + Math.floor(i / RECORDS_PER_MS),
  }));
}

function handLoop(): Loop {
  let counts = new Map<number, { count: number }>();
  let end = 0;
  return (bids, spans) => {
    for (const bid of bids) {
      const time = bid.time + spans * SPAN_MS;
      if (time >= end) {
        for (const [key, counted] of counts) sink({ key, count: counted.count, end });
        counts = new Map();
        end = time - (time % WINDOW_MS) + WINDOW_MS;
      }
      const counted = counts.get(bid.bidder);
      if (counted === undefined) counts.set(bid.bidder, { count: 1 });
      else counted.count++;
    }
  };
}

async function pipeline(index: number): Promise<Pipeline> {
  const backend = heapBackend(`bench-${index}`);
  const operator = createWindowOperator(countSpec(index));
  const fed = { watermark: Number.NEGATIVE_INFINITY, held: false };
  await operator.open?.(contextOf(backend, fed));
  return {
    loop: chain(operator, fed, index),
    checkpoint: (checkpointId) => checkpoint(backend, checkpointId),
  };
}

/** Functions with a text of their own, as three jobs would have. */
function countSpec(index: number): WindowSpec {
  const own = <F>(source: string): F => new Function(`return ${source}\n//# sourceURL=bench-window-${index}-${source.length}.js`)() as F;
  return {
    assigner: tumbling(WINDOW_MS),
    trigger: undefined,
    evictor: undefined,
    allowedLatenessMs: 0,
    lateOutput: undefined,
    keySelector: own("(bid) => bid.bidder"),
    contents: {
      kind: "aggregate",
      codec: t.number() as never,
      elementCodec: undefined,
      aggregate: { createAccumulator: () => 0, add: own("(bid, count) => count + 1"), getResult: own("(count) => count") },
    },
    process: {
      process(elements, context, out) {
        for (const count of elements) out.collect({ key: context.key, count, end: context.window.end });
      },
    },
  };
}

/** Feeds the operator as a generated chain does. */
function chain(operator: Operator<unknown, unknown>, fed: Fed, index: number): Loop {
  const source = `return (bids, spans) => {
  for (let i = 0; i < bids.length; i++) {
    const bid = bids[i];
    const time = bid.time + spans * ${SPAN_MS};
    operator.processElement(bid, time);
    if (i % ${RECORDS_PER_WATERMARK} === 0) {
      fed.watermark = time - 1;
      while (!operator.onWatermark(time - 1));
    }
  }
};
//# sourceURL=bench-window-chain-${index}.js`;
  return new Function("operator", "fed", source)(operator, fed) as Loop;
}
