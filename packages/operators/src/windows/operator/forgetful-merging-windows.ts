import { t } from "@millrace/codec";
import { type KeyedContext, state, type ValueState } from "@millrace/contracts";
import type { Window } from "../spec.ts";
import { type Addition, MergingWindows } from "./merging-windows.ts";

const grownDeclaration = state.value(t.array(t.number()));
const grownName = "grown-sessions";

/**
 * Loses what Flink's MergingWindowSet loses; only for comparisons with Flink (docs/adr/0004-session-own-window.md). When a
 * record's own window equals a session that grew by a merge, Flink takes it for a window of its own that merged with
 * nothing: it lets the session's contents stand under the session itself from then on, and never finds those again that
 * stood under the window it grew from.
 */
export class ForgetfulMergingWindows extends MergingWindows {
  /** Starts of the key's sessions whose contents stand elsewhere in Flink than under the session itself. */
  readonly #grown: ValueState<number[]>;
  readonly #lose: (contents: number) => void;

  /** `lose` clears the contents of the current key that stand under its argument. */
  constructor(keyed: KeyedContext, lose: (contents: number) => void) {
    super(keyed);
    this.#grown = keyed.states({ [grownName]: grownDeclaration })[grownName];
    this.#lose = lose;
  }

  override add(added: Window): Addition {
    const addition = super.add(added);
    const { window, merged, contents } = addition;
    const grown = this.#read();
    if (merged.length > 0) {
      const gone = new Set(merged.map((one) => one.start));
      this.#write([...grown.filter((start) => !gone.has(start)), window.start]);
    } else if (grown.includes(window.start) && added.start === window.start && added.end === window.end) {
      this.#lose(contents);
      this.#forget(window);
    }
    return addition;
  }

  override remove(window: Window): void {
    super.remove(window);
    this.#forget(window);
  }

  #forget(window: Window): void {
    this.#write(this.#read().filter((start) => start !== window.start));
  }

  #read(): readonly number[] {
    return this.#grown.value() ?? [];
  }

  #write(starts: number[]): void {
    if (starts.length === 0) this.#grown.clear();
    else this.#grown.update(starts);
  }
}
