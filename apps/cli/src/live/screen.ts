import { stripVTControlCharacters } from "node:util";
import type { Output } from "../io.ts";
import { textWidth } from "../text-width.ts";

const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
const clearToEndOfLine = "\x1b[K";
const clearBelow = "\x1b[J";
/** Terminals that know it show everything between the two at once; others ignore it. */
const beginUpdate = "\x1b[?2026h";
const endUpdate = "\x1b[?2026l";

type Write = Output["write"];

/**
 * A few lines at the bottom of a terminal that are redrawn in place. What others write to the same terminal meanwhile
 * goes above them, line by line, so that a job may print as it likes.
 */
export class LiveScreen {
  readonly #terminal: Output;
  readonly #write: Write;
  readonly #release: readonly (() => void)[];
  #frame: readonly string[] = [];
  /** Of a line that others have begun to write. */
  #unfinished = "";
  #closed = false;

  /** `terminal` shows the frame; `shared` are the streams, itself included, that end on it too. */
  constructor(terminal: Output, shared: readonly Output[]) {
    this.#terminal = terminal;
    this.#write = terminal.write.bind(terminal);
    this.#release = [...new Set([terminal, ...shared])].map((stream) => intercept(stream, (text) => this.#writeAbove(text)));
    this.#write(hideCursor);
  }

  get width(): number {
    return this.#terminal.columns ?? 80;
  }

  /** The last row is the cursor's. */
  get height(): number {
    return Math.max(1, (this.#terminal.rows ?? 24) - 1);
  }

  draw(lines: readonly string[]): void {
    if (this.#closed) return;
    // The cursor rests below the frame, where a terminal's echo of keys, `^C`, does no harm.
    const text = lines.map((line) => `${line}${clearToEndOfLine}\n`).join("");
    this.#write(`${beginUpdate}${this.#home()}${text}${clearBelow}${endUpdate}`);
    this.#frame = lines;
  }

  /** Leaves the last frame where it is and gives the terminal back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const release of this.#release) release();
    const frame = this.#frame.map((line) => `${line}\n`).join("");
    if (this.#unfinished !== "") this.#write(`${this.#home()}${clearBelow}${this.#unfinished}\n${frame}`);
    this.#write(showCursor);
  }

  /** To the first character of the frame. A terminal that became narrower has broken its lines. */
  #home(): string {
    const rows = this.#frame.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(stripVTControlCharacters(line)) / this.width)), 0);
    return rows > 0 ? `\r\x1b[${rows}A` : "\r";
  }

  #writeAbove(text: string): void {
    const whole = this.#unfinished + text;
    const end = whole.lastIndexOf("\n") + 1;
    this.#unfinished = whole.slice(end);
    if (end === 0) return;
    this.#write(`${beginUpdate}${this.#home()}${clearBelow}${whole.slice(0, end)}`);
    const frame = this.#frame;
    this.#frame = [];
    if (frame.length > 0) this.draw(frame);
  }
}

/** Takes over `stream.write`, with the arguments that Node's streams know; the returned function gives it back. */
function intercept(stream: Output, take: (text: string) => void): () => void {
  const own = Object.getOwnPropertyDescriptor(stream, "write");
  const write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    take(typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk));
    const callback = rest.find((argument) => typeof argument === "function");
    if (callback !== undefined) queueMicrotask(callback as () => void);
    return true;
  };
  Object.defineProperty(stream, "write", { value: write, configurable: true, writable: true });
  return () => {
    if (own === undefined) Reflect.deleteProperty(stream, "write");
    else Object.defineProperty(stream, "write", own);
  };
}
