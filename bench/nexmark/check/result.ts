import type { ResultSchema } from "./schemas.ts";

type Cell = string | number;

/** The rows of one query, told from others whatever their order. */
export class Result {
  readonly #schema: ResultSchema;
  readonly #rows: string[] = [];
  readonly #table = new Map<string, string>();

  constructor(schema: ResultSchema) {
    this.#schema = schema;
  }

  /** Takes a row; of a table the last for each key. Throws when a column is missing or of the wrong type. */
  add(row: object): void {
    const cells = cellsOf(row, this.#schema);
    const text = this.#schema.columns.map((name, index) => cellText(cells[index] as Cell, this.#schema.fractions.has(name))).join(",");
    if (this.#schema.keyColumns === 0) this.#rows.push(text);
    else this.#table.set(JSON.stringify(cells.slice(0, this.#schema.keyColumns)), text);
  }

  /** Canonical texts of the rows, sorted: integers as they are, fractions with 12 digits, strings as JSON. */
  texts(): readonly string[] {
    return this.#all().sort();
  }

  /** The number of rows, and a checksum that does not depend on their order. */
  summary(): { readonly rows: number; readonly checksum: string } {
    const rows = this.#all();
    let [a, b] = [0, 0];
    for (const row of rows) {
      const [x, y] = hashes(row);
      a = (a + x) | 0;
      b = (b + y) | 0;
    }
    return { rows: rows.length, checksum: [a, b].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("") };
  }

  #all(): string[] {
    return this.#schema.keyColumns === 0 ? [...this.#rows] : [...this.#table.values()];
  }
}

function cellsOf(row: object, schema: ResultSchema): readonly Cell[] {
  const fields = row as Readonly<Record<string, unknown>>;
  return schema.columns.map((name) => {
    const value = fields[name];
    if (typeof value === "number" || (typeof value === "string" && !schema.fractions.has(name))) return value;
    throw new Error(`a row has no ${schema.fractions.has(name) ? "number" : "value"} "${name}": ${JSON.stringify(row).slice(0, 200)}`);
  });
}

function cellText(cell: Cell, fraction: boolean): string {
  return fraction && typeof cell === "number" ? cell.toPrecision(12) : JSON.stringify(cell);
}

/** Two 32-bit hashes that do not depend on each other. */
function hashes(text: string): readonly [number, number] {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return [a ^ (a >>> 16), b ^ (b >>> 16)];
}
