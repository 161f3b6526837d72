import type { DataStream } from "millrace";
import type { Due } from "../progress/due.ts";
import type { Reading } from "./reading.ts";

/** Later than all readings: an event-time timer for it fires when all inputs have ended. */
export const AFTER_ALL = 1e12;

/** A part of a random job: readings in, lines out. */
export interface Branch {
  readonly name: string;
  /** Results depend on the order in which a key's readings come, or on what is late: only for one input file. */
  readonly ordered: boolean;
  /** What comes out depends on the clock, or on how inputs interleave: it is judged, not compared with a run in which nothing goes wrong. */
  readonly racing?: true;
  /** What comes out depends on where watermarks stand between the readings, which the clock decides behind a live source. */
  readonly byWatermark?: true;
  /**
   * What a source has read comes on several ways to one operator, which goes by event time. Behind a source that was idle each way is idle until its
   * first watermark: what has come on one makes late what comes on another, as in Flink.
   */
  readonly severalWays?: true;
  /** When its lines have to be there; default: nobody can tell. Not for one that is racing. */
  readonly due?: Due;
  /** First words of its lines; default: its name. */
  readonly lineNames?: readonly string[];
  /** `edition`: of the code, 1 for the first process, 2 for the second and so on. `narrow`: its channels take some dozens of records. */
  build(all: DataStream<Reading>, edition?: number, narrow?: boolean): DataStream<string>[];
  /** What is wrong with the branch's lines, judged by plain loops over the whole input; undefined: nothing. */
  judge?(input: readonly Reading[], lines: readonly string[]): string | undefined;
}

/** What comes out is not the same in every run. `byClock`: how far event time has come depends on the clock. */
export function varies({ racing, byWatermark }: Branch, byClock: boolean): boolean {
  return racing === true || (byClock && byWatermark === true);
}

/** A judge that knows exactly what has to come out. */
export function exactly(name: string, expected: (input: readonly Reading[]) => readonly string[]): NonNullable<Branch["judge"]> {
  return (input, lines) => {
    const wanted = expected(input).toSorted();
    const found = lines.toSorted();
    const at = wanted.findIndex((line, index) => found[index] !== line);
    if (at < 0 && wanted.length === found.length) return undefined;
    const place = at < 0 ? wanted.length : at;
    return `${name}: ${found.length} lines instead of ${wanted.length}, first ${JSON.stringify(found[place])} instead of ${JSON.stringify(wanted[place])}`;
  };
}
