import type { JobStatus, OperatorStatus } from "@millrace/host";
import type { Paint } from "../paint.ts";
import { tableLines } from "../table.ts";
import { countText, percentText } from "./units.ts";

/** Records of the subtask with the most, as a multiple of the mean; undefined: there is one subtask, or there are no records. */
export function skewOf({ kind, bySubtask }: OperatorStatus): number | undefined {
  if (bySubtask === undefined) return undefined;
  const records = bySubtask.map((one) => (kind === "source" ? one.recordsOut : one.recordsIn));
  const sum = records.reduce((a, b) => a + b, 0);
  return sum === 0 ? undefined : (Math.max(...records) * records.length) / sum;
}

/** What each subtask does, for operators with several. Times are shares of the time since the start. */
export function subtaskLines({ operators }: JobStatus, paint: Paint): readonly string[] {
  const rows = operators.flatMap(({ name, bySubtask = [] }) =>
    bySubtask.map(({ subtask, recordsIn, recordsOut, busyMs, backPressuredMs, idleMs }, index) => {
      const total = Math.max(1, busyMs + backPressuredMs + idleMs);
      const shares = [busyMs, backPressuredMs, idleMs].map((ms) => percentText(ms / total));
      return [index === 0 ? name : "", String(subtask), countText(recordsIn), countText(recordsOut), ...shares];
    }),
  );
  const titles = ["operator", "subtask", "in", "out", "busy", "pressure", "idle"].map((title) => ({ title: paint("dim", title) }));
  return rows.length === 0 ? [] : tableLines(titles, rows);
}
