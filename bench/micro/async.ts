import { t } from "@millrace/codec";
import { createAsyncOperator } from "@millrace/operators";
import { type Figure, pairedAsync } from "./measure.ts";
import { contextOf, type Fed, heapBackend } from "./operator-context.ts";
import { sink, sunk } from "./sink.ts";

const RECORDS = 20_000;
const CAPACITY = 100;
const RECORDS_PER_WATERMARK = 64;
const TIMEOUT_MS = 60_000;

/** Asks for one record. */
type Ask = (n: number) => Promise<number>;

/**
 * Calls of a service that answers all that it was asked in the next turn of the event loop, the last first, against a
 * hand-written pool of as many promises with a timeout each, which knows no watermarks, no retries and no checkpoints.
 */
export async function run(): Promise<Figure[]> {
  return [
    await measured("asynchronous calls in order, 100 under way", true, pool(true)),
    await measured("as they are ready, 100 under way", false, pool(false)),
  ];
}

async function measured(name: string, ordered: boolean, hand: (ask: Ask) => Promise<void>): Promise<Figure> {
  const engine = await asyncOperator(ordered);
  const all = async (side: (ask: Ask) => Promise<void>): Promise<void> => {
    const before = sunk();
    await side(service());
    if (sunk() - before !== RECORDS) throw new Error(`${sunk() - before} of ${RECORDS} results came`);
  };
  return pairedAsync({ name, bar: 0, operations: RECORDS, reference: () => all(hand), subject: () => all(engine) });
}

function service(): Ask {
  let asked: { readonly n: number; readonly answer: (n: number) => void }[] = [];
  return (n) =>
    new Promise((answer) => {
      if (asked.length === 0) {
        setImmediate(() => {
          const answered = asked.reverse();
          asked = [];
          for (const one of answered) one.answer(one.n * 2);
        });
      }
      asked.push({ n, answer });
    });
}

function pool(ordered: boolean): (ask: Ask) => Promise<void> {
  return async (ask) => {
    let pending: Promise<number>[] = [];
    const underWay = new Set<Promise<void>>();
    for (let n = 0; n < RECORDS; n++) {
      if (ordered) {
        if (pending.length === CAPACITY) sink(await pending.shift());
        pending.push(inTime(ask(n)));
      } else {
        if (underWay.size === CAPACITY) await Promise.race(underWay);
        const call: Promise<void> = inTime(ask(n)).then((answer) => {
          sink(answer);
          underWay.delete(call);
        });
        underWay.add(call);
      }
    }
    for (const call of pending) sink(await call);
    await Promise.all(underWay);
    pending = [];
  };
}

function inTime(call: Promise<number>): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer in time")), TIMEOUT_MS);
    call.then((answer) => {
      clearTimeout(timer);
      resolve(answer);
    }, reject);
  });
}

async function asyncOperator(ordered: boolean): Promise<(ask: Ask) => Promise<void>> {
  const fed: Fed = { watermark: Number.NEGATIVE_INFINITY, held: false };
  const mail: (() => void)[] = [];
  let mailCame = (): void => undefined;
  const post = (action: () => void): void => {
    mail.push(action);
    mailCame();
  };
  const after = (delayMs: number, action: () => void): (() => void) => {
    const timer = setTimeout(() => post(action), delayMs);
    return () => clearTimeout(timer);
  };
  let ask: Ask = service();
  const operator = createAsyncOperator({
    fn: { asyncInvoke: (n) => ask(n as number) },
    ordered,
    capacity: CAPACITY,
    timeoutMs: TIMEOUT_MS,
    retry: undefined,
    codec: t.integer() as never,
  });
  await operator.open?.(contextOf(heapBackend("bench"), fed, { mailbox: { post, after } }));
  const readMail = async (): Promise<void> => {
    if (mail.length === 0) await new Promise<void>((came) => (mailCame = came));
    while (mail.length > 0) for (const action of mail.splice(0)) action();
  };
  return async (service) => {
    ask = service;
    const end = sunk() + RECORDS;
    for (let n = 0; n < RECORDS; n++) {
      while (fed.held) await readMail();
      operator.processElement(n, n);
      if (n % RECORDS_PER_WATERMARK === 0) operator.onWatermark?.(n - 1);
    }
    while (sunk() < end) await readMail();
  };
}
