import type { CommitResult, PreparedSink, Sink, SinkContext, SinkWriter } from "@millrace/contracts";
import { type Json, MillraceError } from "@millrace/core";

export interface CollectSink<T> extends Sink<T> {
  /** The records of completed checkpoints, in the order of their commits. The same array all along: it grows. */
  readonly values: readonly T[];
}

/**
 * Gathers records in memory, for tests. Exactly-once: a record is seen in `values` when its checkpoint is complete, and
 * once only, however often the job fails in between. Prepared records live in this object, so that it works for all
 * subtasks of one thread and over restarts inside one process; committing what another thread or process prepared is
 * refused with SINK_COMMITTABLE_LOST.
 */
export function collect<T>(): CollectSink<T> {
  const values: T[] = [];
  const prepared = new Map<string, readonly T[]>();
  const published = new Set<string>();

  function commit(committables: readonly Json[]): CommitResult {
    let committed = 0;
    for (const committable of committables) {
      const id = String(committable);
      if (published.has(id)) continue;
      const records = prepared.get(id);
      if (records === undefined) throw lost(id);
      for (const record of records) values.push(record);
      prepared.delete(id);
      published.add(id);
      committed++;
    }
    return { committed, alreadyCommitted: committables.length - committed };
  }

  let writers = 0;
  return {
    name: "collect",
    guarantee: "exactly-once",
    description: {},
    values,
    createWriter: (context) => collectWriter(context, writers++, prepared),
    createCommitter: () => ({ commit: async (committables) => commit(committables), close: async () => {} }),
  };
}

function collectWriter<T>(context: SinkContext, writer: number, prepared: Map<string, readonly T[]>): SinkWriter<T> {
  let buffer: T[] = [];
  return {
    open: async () => {},
    write: (value) => {
      buffer.push(value);
    },
    ready: () => undefined,
    prepare: (checkpointId): Promise<PreparedSink> => {
      if (buffer.length === 0) return Promise.resolve({ committables: [], states: [] });
      const id = `${context.runId}-${context.uid}-${context.subtask}-${writer}-${checkpointId}`;
      prepared.set(id, buffer);
      buffer = [];
      return Promise.resolve({ committables: [id], states: [] });
    },
    close: async () => {},
  };
}

function lost(id: string): MillraceError {
  return new MillraceError("SINK_COMMITTABLE_LOST", `collect: the records of ${id} were prepared in another thread or process`, {
    hint: "use collect() with all subtasks in one thread; over threads and processes write to files instead",
  });
}
