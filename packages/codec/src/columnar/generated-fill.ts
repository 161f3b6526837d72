import { type Layout, type Node, type NodeShape, NULL, PRESENT, UNDEFINED } from "./layout.ts";
import { bounds } from "./schema.ts";

/** Source of a function body that fills columns from records; see RecordMover. `names`, `shapes`: by number, for the tests of objects. */
export interface FillSource {
  readonly body: string;
  readonly names: readonly (readonly string[])[];
  readonly shapes: readonly (readonly NodeShape[])[];
}

/**
 * One pass over the records, every column a local. Values of columns that not every record has are counted by a cursor
 * of their own (`n…`); the others stand at the index of the record.
 */
export function fillSource({ root, textColumn }: Layout): FillSource {
  const writer = new FillWriter();
  const record = writer.node(root, "values[i]", "i");
  if (textColumn >= 0) {
    writer.before.push(`const lengths = columns[${textColumn}].lengths.cells; let text = "", texts = 0;`);
    writer.after.push(`columns[${textColumn}].joined = text; columns[${textColumn}].length = texts;`);
  }
  const body = [...writer.before, "for (let i = 0; i < count; i++) {", record, "}", ...writer.after, "return true;"].join("\n");
  return { body, names: writer.names, shapes: writer.shapes };
}

class FillWriter {
  readonly before: string[] = [];
  readonly after: string[] = [];
  readonly names: (readonly string[])[] = [];
  readonly shapes: (readonly NodeShape[])[] = [];
  #locals = 0;

  /** Statements that take `value` (an expression) apart; its place in the columns is `at`. */
  node(node: Node, value: string, at: string): string {
    const local = `v${this.#locals++}`;
    return `const ${local} = ${value};\n${this.#test(node, local, at)}`;
  }

  #test(node: Node, value: string, at: string): string {
    switch (node.kind) {
      case "null":
      case "undefined":
        return `if (${value} !== ${node.kind}) return false;`;
      case "word":
        return this.#word(node.column, value, at);
      case "string":
        return `if (typeof ${value} !== "string" || ${value}.length > ${bounds.textUnitsMax}) return false; lengths[texts++] = ${value}.length; text += ${value};`;
      case "nullish":
        return this.#nullish(node, value, at);
      case "object":
        return this.#object(node, value, at);
      default:
        return this.#leaf(node, value, at);
    }
  }

  #leaf(node: Exclude<Node, { kind: "null" | "undefined" | "string" | "word" | "nullish" | "object" }>, value: string, at: string): string {
    const cells = this.#cells(node.column, at);
    switch (node.kind) {
      case "integer":
        return `if (typeof ${value} !== "number" || (${value} | 0) !== ${value} || (${value} === 0 && 1 / ${value} < 0)) return false; ${cells}[${at}] = ${value};`;
      case "number":
        return `if (typeof ${value} !== "number") return false; ${cells}[${at}] = ${value};`;
      case "boolean":
        return `if (typeof ${value} !== "boolean") return false; ${cells}[${at}] = ${value} ? 1 : 0;`;
      case "date":
        return `if (typeof ${value} !== "object" || ${value} === null || Object.getPrototypeOf(${value}) !== Date.prototype) return false; ${cells}[${at}] = ${value}.getTime();`;
      default:
        return `${cells}[${at}] = ${value};`;
    }
  }

  #word(column: number, value: string, at: string): string {
    this.before.push(`const w${column} = columns[${column}], c${column} = w${column}.positions.cells;`);
    this.after.push(`w${column}.length = ${at === "i" ? "count" : at};`);
    return `if (typeof ${value} !== "string") return false; const p${column} = w${column}.positionOf(${value});
if (p${column} < 0) return false; c${column}[${at}] = p${column};`;
  }

  #nullish(node: Extract<Node, { kind: "nullish" }>, value: string, at: string): string {
    const cells = this.#cells(node.column, at);
    const cursor = this.#cursor(node.column, 0);
    return `if (${value} === null) ${cells}[${at}] = ${NULL};
else if (${value} === undefined) ${cells}[${at}] = ${UNDEFINED};
else { ${cells}[${at}] = ${PRESENT};
${this.#test(node.of, value, cursor)}
${cursor}++; }`;
  }

  #object(node: Extract<Node, { kind: "object" }>, value: string, at: string): string {
    // The engine inlines `__proto__`; a call of getPrototypeOf costs more than all reads of a record's fields.
    const plain = `if (typeof ${value} !== "object" || ${value} === null || (${value}.__proto__ !== Object.prototype && !isPlainObject(${value}))) return false;`;
    const [only] = node.shapes;
    if (node.column < 0 && only !== undefined) return `${plain}\n${this.#sameNames(only, value)}\n${this.#fields(only, value, at)}`;
    const cells = this.#cells(node.column, at);
    const shapes = this.shapes.push(node.shapes) - 1;
    const cases = node.shapes.map((shape, position) => {
      const cursor = this.#cursor(node.column, position);
      return `case ${position}: {\n${this.#fields(shape, value, cursor)}\n${cursor}++; break; }`;
    });
    return `${plain}
const p${node.column} = shapePosition(${value}, shapes[${shapes}]);
${cells}[${at}] = p${node.column};
switch (p${node.column}) {
${cases.join("\n")}
default: return false; }`;
  }

  #sameNames(shape: NodeShape, value: string): string {
    const names = this.names.push(shape.names) - 1;
    this.before.push(`const names${names} = names[${names}];`);
    return `let k${names} = 0; for (const name in ${value}) if (name !== names${names}[k${names}++]) return false;
if (k${names} !== ${shape.names.length}) return false;`;
  }

  #fields(shape: NodeShape, value: string, at: string): string {
    return shape.fields.map((field, index) => this.node(field, `${value}[${JSON.stringify(shape.names[index])}]`, at)).join("\n");
  }

  #cells(column: number, at: string): string {
    this.before.push(`const c${column} = columns[${column}].cells;`);
    this.after.push(`columns[${column}].length = ${at === "i" ? "count" : at};`);
    return `c${column}`;
  }

  #cursor(column: number, position: number): string {
    const cursor = `n${column}_${position}`;
    this.before.push(`let ${cursor} = 0;`);
    return cursor;
  }
}
