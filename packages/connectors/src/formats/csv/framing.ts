const lineFeed = 10;
const quoteByte = 34;

/**
 * Finds where CSV records end, in bytes, by RFC 4180: a quote opens a field only at its beginning, `""` inside stands for
 * a quote, line feeds inside quotes belong to the record. A quote elsewhere is left to the parser to refuse, so that
 * one stray quote costs one record and not the rest of the file.
 */
export class CsvFraming {
  readonly #delimiter: number;
  #buffer: Buffer | undefined;
  /** The first quote at or after #lookedFrom; the buffer's length when there is none. */
  #quote = 0;
  #lookedFrom = 0;

  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  /** The line feed that ends the record at `start`; -1: it is not in the buffer. */
  findEnd(buffer: Buffer, start: number): number {
    let from = start;
    for (;;) {
      const end = buffer.indexOf(lineFeed, from);
      const quote = this.#nextQuote(buffer, from);
      if (quote === buffer.length || (end >= 0 && end < quote)) return end;
      if (quote === start || buffer[quote - 1] === this.#delimiter) {
        const close = closingQuote(buffer, quote);
        if (close < 0) return -1;
        from = close + 1;
      } else {
        from = quote + 1;
      }
    }
  }

  #nextQuote(buffer: Buffer, from: number): number {
    if (buffer !== this.#buffer || this.#quote < from || from < this.#lookedFrom) {
      const found = buffer.indexOf(quoteByte, from);
      this.#buffer = buffer;
      this.#quote = found < 0 ? buffer.length : found;
      this.#lookedFrom = from;
    }
    return this.#quote;
  }
}

/** The quote that closes the one at `open`; -1 when it is not known yet, also if the next byte could make it an escaped one. */
function closingQuote(buffer: Buffer, open: number): number {
  let close = buffer.indexOf(quoteByte, open + 1);
  while (close >= 0 && buffer[close + 1] === quoteByte) close = buffer.indexOf(quoteByte, close + 2);
  return close === buffer.length - 1 ? -1 : close;
}
