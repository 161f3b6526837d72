import { type Layout, type Node, type NodeShape, NULL, PRESENT } from "./layout.ts";

/** Source of a function body that makes records of columns; see RecordMover. */
export function buildSource({ root, textColumn }: Layout): string {
  const writer = new BuildWriter();
  const statements: string[] = [];
  const record = writer.node(root, "i", statements);
  const before = textColumn < 0 ? writer.before : [...writer.before, textStart(textColumn)];
  const loop = [
    "const values = new Array(count);",
    "for (let i = 0; i < count; i++) {",
    ...statements,
    `values[i] = ${record};`,
    "}",
    "return values;",
  ];
  return [...before, ...loop].join("\n");
}

/** The cursor over the strings; see TextCursor. */
function textStart(column: number): string {
  return `const column = columns[${column}], lengths = column.lengths.cells; let text = "", texts = 0, textAt = 0, textEnd = 0;`;
}

class BuildWriter {
  readonly before: string[] = [];
  #locals = 0;

  /** An expression for the value at `at`; what has to be done first goes to `statements`. */
  node(node: Node, at: string, statements: string[]): string {
    switch (node.kind) {
      case "null":
      case "undefined":
        return node.kind;
      case "string": {
        // Taken in the order of the fields, also where later fields need statements of their own.
        const local = `v${this.#locals++}`;
        statements.push(`textEnd = textAt + lengths[texts]; if (textEnd > text.length) { text = column.group(texts); textEnd = lengths[texts]; textAt = 0; }
const ${local} = text.substring(textAt, textEnd); textAt = textEnd; texts++;`);
        return local;
      }
      case "word":
        this.before.push(`const w${node.column} = columns[${node.column}].words, c${node.column} = columns[${node.column}].positions.cells;`);
        return `w${node.column}[c${node.column}[${at}]]`;
      case "nullish":
        return this.#nullish(node, at, statements);
      case "object":
        return this.#object(node, at, statements);
      case "boolean":
        return `${this.#cells(node.column)}[${at}] !== 0`;
      case "date":
        return `new Date(${this.#cells(node.column)}[${at}])`;
      default:
        return `${this.#cells(node.column)}[${at}]`;
    }
  }

  #nullish(node: Extract<Node, { kind: "nullish" }>, at: string, statements: string[]): string {
    const cells = this.#cells(node.column);
    const cursor = this.#cursor(node.column, 0);
    const local = `v${this.#locals++}`;
    const inner: string[] = [];
    const value = this.node(node.of, cursor, inner);
    statements.push(
      `let ${local}; if (${cells}[${at}] === ${PRESENT}) {`,
      ...inner,
      `${local} = ${value}; ${cursor}++; } else if (${cells}[${at}] === ${NULL}) ${local} = null;`,
    );
    return local;
  }

  #object(node: Extract<Node, { kind: "object" }>, at: string, statements: string[]): string {
    const [only] = node.shapes;
    if (node.column < 0 && only !== undefined) return this.#literal(only, at, statements);
    const local = `v${this.#locals++}`;
    statements.push(`let ${local}; switch (${this.#cells(node.column)}[${at}]) {`);
    for (const [position, shape] of node.shapes.entries()) {
      const cursor = this.#cursor(node.column, position);
      statements.push(`case ${position}: {`);
      const value = this.#literal(shape, cursor, statements);
      statements.push(`${local} = ${value}; ${cursor}++; break; }`);
    }
    statements.push("}");
    return local;
  }

  #literal(shape: NodeShape, at: string, statements: string[]): string {
    const fields = shape.fields.map((field, index) => `${literalName(shape.names[index] as string)}: ${this.node(field, at, statements)}`);
    return `{ ${fields.join(", ")} }`;
  }

  #cells(column: number): string {
    this.before.push(`const c${column} = columns[${column}].cells;`);
    return `c${column}`;
  }

  #cursor(column: number, position: number): string {
    const cursor = `n${column}_${position}`;
    this.before.push(`let ${cursor} = 0;`);
    return cursor;
  }
}

/** In a literal, a plain `"__proto__"` would set the prototype. */
function literalName(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : JSON.stringify(name);
}
