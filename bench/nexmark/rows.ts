import { closeSync, openSync, writeSync } from "node:fs";
import type { Sink, SinkWriter } from "@millrace/contracts";

/**
 * V8 takes what a literal makes for long-lived for good when 85 of at least 100 that it looked at have outlived a collection, which it
 * reaches with those that a batch holds at that moment: rows then go to the old generation one by one (ADR 16).
 */
const ROWS_KEPT = 64;
const LINES_PER_WRITE = 8_192;

/** Takes the rows of one side. */
export interface Rows {
  readonly count: number;
  put(row: object): void;
  /** No row will come any more. */
  end(): void;
}

/** Keeps the last rows alive for a moment, as a sink that writes batches does, so that none is optimized away, and forgets them. */
export function discardingRows(): Rows {
  return new DiscardingRows();
}

/** A class and not an object with a getter: V8 looks the methods of such an object up by name at every call. */
class DiscardingRows implements Rows {
  #batch: object[] = newBatch();
  #inBatch = 0;
  #forgotten = 0;

  get count(): number {
    return this.#forgotten + this.#inBatch;
  }

  put(row: object): void {
    if (this.#inBatch === ROWS_KEPT) this.#forget();
    this.#batch[this.#inBatch++] = row;
  }

  #forget(): void {
    this.#batch = newBatch();
    this.#inBatch = 0;
    this.#forgotten += ROWS_KEPT;
  }

  end(): void {}
}

/** A young array: an old one that is written again and again is looked through at each collection of the young generation. */
function newBatch(): object[] {
  return new Array<object>(ROWS_KEPT);
}

/** Writes rows to a file, one JSON object a line. */
export function rowsInFile(path: string): Rows {
  const file = openSync(path, "w");
  let lines: string[] = [];
  let count = 0;
  const flush = (): void => {
    if (lines.length > 0) writeSync(file, `${lines.join("\n")}\n`);
    lines = [];
  };
  return {
    get count() {
      return count;
    },
    put(row) {
      count++;
      if (lines.push(JSON.stringify(row)) === LINES_PER_WRITE) flush();
    },
    end() {
      flush();
      closeSync(file);
    },
  };
}

/** A sink before such rows; `ended` is called with the end of the input. */
export function rowsSink(makeRows: (subtask: number) => Rows, ended: (rows: number) => void): Sink<object> {
  return {
    name: "nexmark-rows",
    guarantee: "none",
    description: {},
    createWriter({ subtask }): SinkWriter<object> {
      const rows = makeRows(subtask);
      return {
        open: async () => {},
        write: (row) => rows.put(row),
        ready: () => undefined,
        prepare: async () => ({ committables: [], states: [] }),
        endInput() {
          rows.end();
          ended(rows.count);
        },
        close: async () => {},
      };
    },
  };
}
