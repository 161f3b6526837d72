import type { KeyedContext, ValueState } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { firstNotBefore } from "../first-not-before.ts";
import type { Window } from "../spec.ts";
import { sessionsDeclaration, stateNames } from "./state-names.ts";

/** A window of the current key, and the namespace its contents stand under: the start of the first window it was made of. */
interface Session extends Window {
  readonly contents: number;
}

/** What adding a window did. */
export interface Addition {
  /** The window that a record of the added one belongs to. */
  readonly window: Window;
  readonly contents: number;
  /** Windows that are no more because they became `window`, in order of time; empty when none did. */
  readonly merged: readonly Window[];
  /** Where the merged windows' contents stand, apart from `contents`. */
  readonly mergedContents: readonly number[];
}

/**
 * The windows of each key that may still grow (Flink's MergingWindowSet). No two of a key overlap or touch. Contents stay
 * where they are when a window grows; two windows never share a place, because each one's place lies inside it.
 */
export class MergingWindows {
  readonly #stored: ValueState<number[]>;

  constructor(keyed: KeyedContext) {
    this.#stored = keyed.states({ [stateNames.sessions]: sessionsDeclaration })[stateNames.sessions];
  }

  add(added: Window): Addition {
    const flat = this.#read();
    const from = firstEndingFrom(flat, added.start);
    const touched: Session[] = [];
    for (let at = from; at < flat.length && (flat[at] as number) <= added.end; at += FIELDS) touched.push(sessionAt(flat, at));
    const [first] = touched;
    if (first === undefined) {
      this.#stored.update(flat.toSpliced(from, 0, added.start, added.end, added.start));
      return { window: added, contents: added.start, merged: [], mergedContents: [] };
    }
    const start = Math.min(added.start, first.start);
    const end = touched.reduce((latest, one) => Math.max(latest, one.end), added.end);
    const grown: Session = { start, end, contents: first.contents };
    // A window inside one that is there already changes nothing.
    if (start === first.start && end === first.end) return { window: grown, contents: grown.contents, merged: [], mergedContents: [] };
    this.#stored.update(flat.toSpliced(from, touched.length * FIELDS, start, end, grown.contents));
    return { window: grown, contents: grown.contents, merged: touched, mergedContents: touched.slice(1).map((one) => one.contents) };
  }

  /** Where the contents of a window stand; undefined when there is no such window (any more). */
  contentsOf(window: Window): number | undefined {
    const flat = this.#read();
    const at = firstEndingFrom(flat, window.end);
    return flat[at] === window.start && flat[at + 1] === window.end ? flat[at + 2] : undefined;
  }

  remove(window: Window): void {
    const flat = this.#read();
    const at = firstEndingFrom(flat, window.end);
    assert(flat[at] === window.start && flat[at + 1] === window.end, "a retired window is one of its key's");
    if (flat.length === FIELDS) this.#stored.clear();
    else this.#stored.update(flat.toSpliced(at, FIELDS));
  }

  /** Start, end and contents of each session, in order of time. */
  #read(): readonly number[] {
    return this.#stored.value() ?? [];
  }
}

const FIELDS = 3;

function sessionAt(flat: readonly number[], at: number): Session {
  return { start: flat[at] as number, end: flat[at + 1] as number, contents: flat[at + 2] as number };
}

/** Where the first session stands that does not end before a time. A key may have many, and they lie in order. */
function firstEndingFrom(flat: readonly number[], time: number): number {
  return FIELDS * firstNotBefore(0, flat.length / FIELDS, (session) => (flat[session * FIELDS + 1] as number) < time);
}
