/** Starts of the windows that hold something, ascending. There are few of them: those that the watermark has not passed. */
export class PendingWindows {
  readonly #starts: number[];

  constructor(starts: Iterable<number>) {
    this.#starts = [...starts].sort((a, b) => a - b);
  }

  add(start: number): void {
    let at = this.#starts.length;
    while (at > 0 && (this.#starts[at - 1] ?? start) > start) at--;
    if (this.#starts[at - 1] !== start) this.#starts.splice(at, 0, start);
  }

  first(): number | undefined {
    return this.#starts[0];
  }

  removeFirst(): void {
    this.#starts.shift();
  }
}
