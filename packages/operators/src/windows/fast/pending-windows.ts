import { firstNotBefore } from "../first-not-before.ts";

/** Starts of the windows that hold something, ascending: those that the watermark has not passed, of which there may be many. */
export class PendingWindows {
  readonly #starts: number[];
  /** Those before it are removed. */
  #head = 0;

  constructor(starts: Iterable<number>) {
    this.#starts = [...starts].sort((a, b) => a - b);
  }

  add(start: number): void {
    const starts = this.#starts;
    const at = firstNotBefore(this.#head, starts.length, (index) => (starts[index] as number) < start);
    if (starts[at] !== start) starts.splice(at, 0, start);
  }

  first(): number | undefined {
    return this.#starts[this.#head];
  }

  removeFirst(): void {
    this.#head++;
    // The rest is moved up once in a while: for each removal it would be moved as often as there are windows.
    if (this.#head <= this.#starts.length >>> 1) return;
    this.#starts.splice(0, this.#head);
    this.#head = 0;
  }
}
