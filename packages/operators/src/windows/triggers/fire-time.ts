import { t } from "@millrace/codec";
import { type ReducingDeclaration, state } from "@millrace/contracts";

/** The time at which a continuous trigger fires next; of merged windows the earliest. */
export const fireTimeState: { readonly fireTime: ReducingDeclaration<number> } = { fireTime: state.reducing(t.number(), Math.min) };

/** The last multiple of the interval at or before `time`; before 1970 at or after it, as Flink's remainder has it. */
export function intervalStart(time: number, intervalMs: number): number {
  return time - (time % intervalMs);
}
