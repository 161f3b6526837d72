import { closeSync, openSync, writeSync } from "node:fs";
import type { Sink, SinkWriter } from "@millrace/contracts";

const RING = 4_096;
const LINES_PER_WRITE = 8_192;

/** Takes the rows of one side. */
export interface Rows {
  readonly count: number;
  put(row: object): void;
  /** No row will come any more. */
  end(): void;
}

/** Keeps the last rows alive, so that none is optimized away, and forgets the others. */
export function discardingRows(): Rows {
  const ring: object[] = new Array<object>(RING).fill({});
  let count = 0;
  return {
    get count() {
      return count;
    },
    put(row) {
      ring[count++ & (RING - 1)] = row;
    },
    end() {},
  };
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
