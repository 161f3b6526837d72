import type { TimerService } from "@millrace/contracts";

/** Namespaces of the operator's timers: for events that wait, and for partial matches. */
export const timerKinds = { queue: 0, deadline: 1 } as const;

/**
 * Timers of the current key, on the clock of the pattern. In processing time one for `time` is set a millisecond later,
 * as in Flink's CepOperator: until then further events of that time may come.
 */
export class KeyTimers {
  readonly register: (kind: number, time: number) => void;
  readonly delete: (kind: number, time: number) => void;

  constructor(service: TimerService<number>, clock: "event" | "processing") {
    if (clock === "event") {
      this.register = (kind, time) => service.registerEventTime(kind, time);
      this.delete = (kind, time) => service.deleteEventTime(kind, time);
    } else {
      this.register = (kind, time) => service.registerProcessingTime(kind, time + 1);
      this.delete = (kind, time) => service.deleteProcessingTime(kind, time + 1);
    }
  }
}
