import { type Collector, state, t } from "millrace";
import { AFTER_ALL, type Branch, exactly } from "./branch.ts";
import { type Reading, show } from "./reading.ts";

/** Lines of each reading. */
const LINES = 4;
/** Keys of which some are whole numbers. */
const halfDigit = ({ value }: Reading): number => (value % 10) / 2;

/**
 * So many lines that a slow sink fills the channels up to the sources; what is lost or comes twice on the way shows in the sums, too. Nothing is late,
 * whatever overtakes it.
 */
export const crowd: Branch = {
  name: "crowd",
  ordered: false,
  build: (all) => [
    all.keyBy(halfDigit).process(
      {
        state: { sum: state.value(t.integer()) },
        processElement(one, { state: { sum }, timers, currentWatermark }, out: Collector<string>) {
          sum.update((sum.value() ?? 0) + one.at);
          timers.registerEventTimeTimer(AFTER_ALL);
          if (one.at <= currentWatermark()) out.collect(`crowd late ${show(one)}`);
          for (let line = 0; line < LINES; line++) out.collect(`crowd ${line} ${show(one)}`);
        },
        onTimer(_time, { state: { sum }, currentKey }, out) {
          out.collect(`crowd of ${currentKey()} ${sum.value()}`);
        },
      },
      { uid: "crowd" },
    ),
  ],
  judge: exactly("crowd", (input) => {
    const sums = new Map<number, number>();
    for (const one of input) sums.set(halfDigit(one), (sums.get(halfDigit(one)) ?? 0) + one.at);
    const lines = input.flatMap((one) => Array.from({ length: LINES }, (_, line) => `crowd ${line} ${show(one)}`));
    return [...lines, ...[...sums].map(([key, sum]) => `crowd of ${key} ${sum}`)];
  }),
};
