import type { KeyedContext, ValueState } from "@millrace/contracts";
import { assert } from "@millrace/core";
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
    const sessions = this.#read();
    const touched = sessions.filter((one) => one.start <= added.end && one.end >= added.start);
    const [first] = touched;
    if (first === undefined) {
      this.#write([...sessions, { ...added, contents: added.start }]);
      return { window: added, contents: added.start, merged: [], mergedContents: [] };
    }
    const start = Math.min(added.start, first.start);
    const end = touched.reduce((latest, one) => Math.max(latest, one.end), added.end);
    const grown: Session = { start, end, contents: first.contents };
    // A window inside one that is there already changes nothing.
    if (start === first.start && end === first.end) return { window: grown, contents: grown.contents, merged: [], mergedContents: [] };
    this.#write([...sessions.filter((one) => !touched.includes(one)), grown]);
    return { window: grown, contents: grown.contents, merged: touched, mergedContents: touched.slice(1).map((one) => one.contents) };
  }

  /** Where the contents of a window stand; undefined when there is no such window (any more). */
  contentsOf(window: Window): number | undefined {
    const flat = this.#stored.value() ?? [];
    for (let i = 0; i < flat.length; i += 3) {
      if (flat[i] === window.start && flat[i + 1] === window.end) return flat[i + 2];
    }
    return undefined;
  }

  remove(window: Window): void {
    const sessions = this.#read();
    const rest = sessions.filter((one) => one.start !== window.start || one.end !== window.end);
    assert(rest.length === sessions.length - 1, "a retired window is one of its key's");
    this.#write(rest);
  }

  /** In order of time. */
  #read(): Session[] {
    const flat = this.#stored.value() ?? [];
    const sessions: Session[] = [];
    for (let i = 0; i < flat.length; i += 3) {
      const [start, end, contents] = flat.slice(i, i + 3);
      assert(start !== undefined && end !== undefined && contents !== undefined, "a session is three numbers");
      sessions.push({ start, end, contents });
    }
    return sessions;
  }

  #write(sessions: readonly Session[]): void {
    if (sessions.length === 0) this.#stored.clear();
    else this.#stored.update(sessions.toSorted((a, b) => a.start - b.start).flatMap((one) => [one.start, one.end, one.contents]));
  }
}
