import { type Node, type NodeShape, NULL, PRESENT } from "./layout.ts";

/** Source of a function body that makes records of columns; see RecordMover. */
export function buildSource(root: Node): string {
  const writer = new BuildWriter();
  const statements: string[] = [];
  const record = writer.node(root, "i", statements);
  return [...writer.before, "for (let i = 0; i < count; i++) {", ...statements, `values[i] = ${record};`, "}"].join("\n");
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
