import type { Output } from "../src/io.ts";

const escapeCharacter = String.fromCharCode(27);
const command = new RegExp(`${escapeCharacter}\\[\\??([\\d;]*)([A-Za-z])`, "u");
const tokens = new RegExp(`${command.source}|.`, "gsu");

/** A small terminal: takes text and the control sequences that the live view uses, and tells what is to be seen. */
export class Terminal implements Output {
  readonly isTTY = true;
  columns: number;
  rows: number;
  cursorHidden = false;
  #lines: string[] = [""];
  #row = 0;
  #column = 0;
  readonly #listeners = new Set<() => void>();

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    for (const [token] of text.matchAll(tokens)) this.#take(token);
    return true;
  }

  /** Everything that was ever written, as it stands, scrolled-off lines included. */
  get screen(): string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  on(event: string, listener: (error: NodeJS.ErrnoException) => void): void {
    if (event === "resize") this.#listeners.add(listener as () => void);
  }
  off(_event: string, listener: (error: NodeJS.ErrnoException) => void): void {
    this.#listeners.delete(listener as () => void);
  }

  /** Breaks lines that no longer fit, as terminals do. */
  resize(columns: number): void {
    const broken = this.#lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, "gu")) ?? [""]);
    this.#row += broken.length - this.#lines.length;
    this.#lines = broken;
    this.columns = columns;
    for (const listener of this.#listeners) listener();
  }

  #take(token: string): void {
    const [, count, letter] = command.exec(token) ?? [];
    if (letter !== undefined) this.#command(letter, Number(count));
    else if (token === "\r") this.#column = 0;
    else if (token === "\n") this.#down();
    else {
      if (this.#column === this.columns) this.#down();
      const line = (this.#lines[this.#row] ?? "").padEnd(this.#column);
      this.#lines[this.#row] = line.slice(0, this.#column) + token + line.slice(this.#column + 1);
      this.#column++;
    }
  }

  #down(): void {
    this.#row++;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push("");
  }

  #command(command: string, count: number): void {
    if (command === "A") this.#row = Math.max(0, this.#row - count);
    if (command === "K") this.#lines[this.#row] = (this.#lines[this.#row] ?? "").slice(0, this.#column);
    if (command === "J") {
      this.#lines.length = this.#row + 1;
      this.#lines[this.#row] = (this.#lines[this.#row] ?? "").slice(0, this.#column);
    }
    if (count === 25) this.cursorHidden = command === "l";
  }
}
