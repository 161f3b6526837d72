import { createCepOperator, Pattern } from "@millrace/cep";
import { t } from "@millrace/codec";
import { type Figure, paired } from "./measure.ts";
import { contextOf, heapBackend } from "./operator-context.ts";
import { sink } from "./sink.ts";

interface Attempt {
  readonly user: number;
  readonly failed: boolean;
  readonly time: number;
}

const EVENTS = 100_000;
const EVENTS_PER_MS = 10;
const EVENTS_PER_WATERMARK = 64;
const SPAN_MS = EVENTS / EVENTS_PER_MS;
const USERS = 10_000;
const WITHIN_MS = 10_000;

const failed = (attempt: Attempt): boolean => attempt.failed;
const relaxed = Pattern.of<Attempt>().begin("failure").where(failed).times(3).within(WITHIN_MS);
const strict = Pattern.of<Attempt>().begin("failure").where(failed).times(3).consecutive().within(WITHIN_MS);

/**
 * Three failures of a user within ten seconds, in event time, against a hand-written loop that keeps the times of each user's last
 * failures and knows nothing of order, checkpoints or other patterns; a watermark every 64 events.
 */
export async function run(): Promise<Figure[]> {
  return [
    await measured("3 failures within 10 s, 10,000 users, 1 % fail", relaxed, 100, 0.04),
    await measured("the same, 20 % fail", relaxed, 5, 0),
    await measured("3 failures at once after each other: every event is kept until its time, 1 % fail", strict, 100, 0, false),
  ];
}

async function measured(name: string, pattern: typeof relaxed, oneIn: number, bar: number, alike = true): Promise<Figure> {
  const attempts = makeAttempts(oneIn);
  const hand = handLoop();
  const engine = await engineLoop(pattern);
  let handSpans = 0;
  let engineSpans = 0;
  return paired({
    name,
    bar,
    operations: EVENTS,
    reference: () => hand(attempts, handSpans++),
    subject: () => engine(attempts, engineSpans++),
    slices: 15,
    alike,
  });
}

type Loop = (attempts: readonly Attempt[], spans: number) => void;

function makeAttempts(oneIn: number): Attempt[] {
  return Array.from({ length: EVENTS }, (_, i) => {
    const mixed = Math.imul(i + 1, 2_654_435_761) >>> 0;
    return { user: mixed % USERS, failed: (mixed >>> 14) % oneIn === 0, time: 1_700_000_000_000 + Math.floor(i / EVENTS_PER_MS) };
  });
}

function handLoop(): Loop {
  const times = new Map<number, number[]>();
  return (attempts, spans) => {
    for (const attempt of attempts) {
      if (!attempt.failed) continue;
      const time = attempt.time + spans * SPAN_MS;
      const last = times.get(attempt.user) ?? [];
      while (last[0] !== undefined && time - last[0] >= WITHIN_MS) last.shift();
      if (last.length >= 2) sink({ user: attempt.user, since: last[last.length - 2] });
      last.push(time);
      times.set(attempt.user, last);
    }
  };
}

async function engineLoop(pattern: typeof relaxed): Promise<Loop> {
  const backend = heapBackend("bench");
  const operator = createCepOperator({
    pattern: pattern.definition,
    keySelector: (attempt) => (attempt as Attempt).user,
    codec: t.object({ user: t.integer(), failed: t.boolean(), time: t.integer() }) as never,
    time: "event",
    comparator: undefined,
    lateOutput: undefined,
    function: { processMatch: (match, context, out) => out.collect({ user: context.currentKey(), failures: match.failure?.length }) },
  });
  const fed = { watermark: Number.NEGATIVE_INFINITY, held: false };
  await operator.open?.(contextOf(backend, fed));
  return (attempts, spans) => {
    for (let i = 0; i < attempts.length; i++) {
      const attempt = attempts[i] as Attempt;
      const time = attempt.time + spans * SPAN_MS;
      operator.processElement(attempt, time);
      if (i % EVENTS_PER_WATERMARK !== 0) continue;
      fed.watermark = time - 1;
      while (operator.onWatermark?.(time - 1) === false);
    }
  };
}
