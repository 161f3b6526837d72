import { type Collector, type DataStream, outputTag, type ProcessContext, state, t } from "millrace";
import { dueAt } from "../progress/due.ts";
import { type Branch, exactly } from "./branch.ts";
import { sensorOf } from "./join-branches.ts";
import { type Reading, show } from "./reading.ts";

const TIMEOUT_MS = 20;
const inVain = outputTag<string>("inVain");
const odd = outputTag<string>("oddTimers");

/** What a function opens takes some turns of the event loop. */
const TURNS = 25;

/** Of one function, whose subtasks share it: nothing is asked of it but between its opening and its closing. */
class LifeCycle {
  #open = 0;

  readonly functions = {
    open: async (): Promise<void> => {
      for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
      this.#open++;
    },
    close: async (): Promise<void> => {
      this.check();
      this.#open--;
    },
  };

  check(): void {
    if (this.#open <= 0) throw new Error("a function that is not open is called");
  }
}

/** Functions that have to be opened first, and that write aside from timers and where an answer is late. */
export const lifeCycleBranch: Branch = {
  name: "lifeCycle",
  due: dueAt(-2),
  ordered: false,
  build: (all) => {
    const [plain, keyed, asking] = [new LifeCycle(), new LifeCycle(), new LifeCycle()];
    const passed = all.process(
      {
        ...plain.functions,
        processElement(one, _context, out: Collector<Reading>) {
          plain.check();
          out.collect(one);
        },
      },
      { uid: "openedFirst" },
    );
    const asked = passed.orderedWait(
      {
        ...asking.functions,
        sideOutputs: [inVain],
        async asyncInvoke(one: Reading) {
          asking.check();
          return one.value % 9 === 0 ? new Promise<Reading>(() => undefined) : one;
        },
        timeout(one: Reading, context: ProcessContext) {
          asking.check();
          context.output(inVain, `lifeCycle inVain ${show(one)}`);
        },
      },
      { uid: "askedAside", timeoutMs: TIMEOUT_MS },
    );
    const timed = keyedTimers(passed, keyed);
    return [asked.map((one) => `lifeCycle asked ${show(one)}`), asked.sideOutput(inVain), timed, timed.sideOutput(odd)];
  },
  judge: exactly("lifeCycle", (input) => [
    ...input.map((one) => `lifeCycle ${one.value % 9 === 0 ? "inVain" : "asked"} ${show(one)}`),
    ...[...new Set(input.map(({ sensor, at }) => `${sensor} ${at} timer`))].map((place) => {
      const at = Number(place.split(" ")[1]);
      return `lifeCycle ${at % 2 === 0 ? "even" : "odd"} event ${place}`;
    }),
  ]),
};

/** One timer for each time of a sensor. */
function keyedTimers(all: DataStream<Reading>, lifeCycle: LifeCycle): DataStream<string> {
  return all.keyBy(sensorOf).process(
    {
      ...lifeCycle.functions,
      state: { none: state.value(t.integer()) },
      sideOutputs: [odd],
      processElement({ at }, { timers }, _out: Collector<string>) {
        lifeCycle.check();
        timers.registerEventTimeTimer(at);
        // Taken back, whatever the clock says.
        timers.registerProcessingTimeTimer(1e15);
        timers.deleteProcessingTimeTimer(1e15);
      },
      onTimer(time, { currentKey, timeDomain, output }, out) {
        lifeCycle.check();
        const line = `${timeDomain()} ${currentKey()} ${time} timer`;
        if (time % 2 === 0) out.collect(`lifeCycle even ${line}`);
        else output(odd, `lifeCycle odd ${line}`);
      },
    },
    { uid: "timersAside" },
  );
}
