import { type Layout, type Node, type NodeShape, NULL, PRESENT, shapeBytes, UNDEFINED, widths } from "./layout.ts";

/** Source of a function body that makes records of rows; see RecordMover. */
export function readSource({ root }: Layout): string {
  const reader = new SourceReader();
  const statements: string[] = [];
  const record = reader.node(root, statements);
  return [
    'const texts = tables.texts; let text = "", textAt = 0, textEnd = 0;',
    ...reader.before,
    "const values = new Array(count);",
    "for (let i = 0; i < count; i++) {",
    ...statements,
    `values[i] = ${record};`,
    `at = ${reader.place(0)};`,
    "}",
    "if (at !== end) outside();",
    `checkTaken(tables, [${reader.taken.join(", ")}]);`,
    "return values;",
  ].join("\n");
}

class SourceReader {
  readonly before: string[] = [];
  /** How many values were taken of each list. */
  readonly taken: string[] = [];
  #locals = 0;
  /** As in SourceWriter; a local that values were placed by is not changed any more. */
  #base = "at";
  #offset = 0;

  place(bytes: number): string {
    const place = `${this.#base} + ${this.#offset}`;
    this.#offset += bytes;
    return place;
  }

  /** An expression for the next value; what has to be done first goes to `statements`. */
  node(node: Node, statements: string[]): string {
    switch (node.kind) {
      case "null":
      case "undefined":
        return node.kind;
      case "integer":
        return `numbers.getInt32(${this.place(widths.integer)}, true)`;
      case "number":
        return `numbers.getFloat64(${this.place(widths.number)}, true)`;
      case "boolean":
        return `numbers.getUint8(${this.place(widths.boolean)}) !== 0`;
      case "date":
        return `new Date(numbers.getFloat64(${this.place(widths.date)}, true))`;
      case "string":
        return this.#string(statements);
      case "word":
        this.before.push(`const w${node.table} = tables.words[${node.table}].words;`);
        return `(w${node.table}[numbers.getUint8(${this.place(widths.word)})] ?? outside())`;
      case "any":
        return this.#any(node.list, statements);
      case "nullish":
        return this.#nullish(node.of, statements);
      case "object":
        return this.#object(node, statements);
    }
  }

  /** Taken in the order of the fields, also where later fields need statements of their own; values of lists likewise. */
  #string(statements: string[]): string {
    const [local, length] = [this.#local("v"), this.#local("n")];
    statements.push(`const ${length} = numbers.getUint16(${this.place(widths.string)}, true);
textEnd = textAt + ${length}; if (textEnd > text.length) { text = texts.group(textAt, ${length}); textAt = 0; textEnd = ${length}; }
const ${local} = text.substring(textAt, textEnd); textAt = textEnd;`);
    return local;
  }

  #any(list: number, statements: string[]): string {
    const local = this.#local("v");
    this.before.push(`const l${list} = tables.lists[${list}].values; let m${list} = 0;`);
    this.taken[list] = `m${list}`;
    statements.push(`const ${local} = l${list}[m${list}++];`);
    return local;
  }

  #nullish(of: Node, statements: string[]): string {
    const local = this.#local("v");
    const state = this.#local("s");
    statements.push(`const ${state} = numbers.getUint8(${this.place(1)}); let ${local};`);
    this.#branches(statements, [
      [`if (${state} === ${PRESENT}) {`, (inner) => `${local} = ${this.node(of, inner)};`, `} else if (${state} === ${NULL}) ${local} = null;`],
    ]);
    statements.push(`else if (${state} !== ${UNDEFINED}) outside();`);
    return local;
  }

  #object(node: Extract<Node, { kind: "object" }>, statements: string[]): string {
    const [only] = node.shapes;
    if (shapeBytes(node) === 0 && only !== undefined) return this.#literal(only, statements);
    const local = this.#local("v");
    const position = this.#local("s");
    statements.push(`const ${position} = numbers.getUint8(${this.place(1)}); let ${local};`);
    this.#branches(
      statements,
      node.shapes.map((shape, index) => [
        `${index > 0 ? "else " : ""}if (${position} === ${index}) {`,
        (inner) => `${local} = ${this.#literal(shape, inner)};`,
        "}",
      ]),
    );
    statements.push("else outside();");
    return local;
  }

  /** Ways of which one is gone, each with what stands before and behind it: it begins at the place in a local and moves it. */
  #branches(statements: string[], ways: readonly (readonly [string, (inner: string[]) => string, string])[]): void {
    const base = this.#local("a");
    statements.push(`let ${base} = ${this.place(0)};`);
    for (const [before, way, behind] of ways) {
      this.#base = base;
      this.#offset = 0;
      const inner: string[] = [];
      const last = way(inner);
      statements.push(before, ...inner, last, `${base} = ${this.place(0)};`, behind);
    }
    this.#base = base;
    this.#offset = 0;
  }

  #literal(shape: NodeShape, statements: string[]): string {
    const fields = shape.fields.map((field, index) => `${literalName(shape.names[index] as string)}: ${this.node(field, statements)}`);
    return `{ ${fields.join(", ")} }`;
  }

  #local(kind: string): string {
    return `${kind}${this.#locals++}`;
  }
}

/** In a literal, a plain `"__proto__"` would set the prototype. */
function literalName(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : JSON.stringify(name);
}
