import { type Layout, type Node, type NodeShape, NULL, PRESENT, shapeBytes, UNDEFINED, widths } from "./layout.ts";
import { bounds } from "./schema.ts";

/** Source of a function body that writes rows; see RecordMover. `names`, `shapes`: by number, for the tests of objects. */
export interface WriteSource {
  readonly body: string;
  readonly names: readonly (readonly string[])[];
  readonly shapes: readonly (readonly NodeShape[])[];
}

/** One pass over the records, what they refer to as locals. */
export function writeSource({ root }: Layout): WriteSource {
  const writer = new SourceWriter();
  const record = writer.node(root, "values[i]");
  const body = [
    ...writer.before,
    'let text = "";',
    "for (let i = 0; i < count; i++) {",
    record,
    `at = ${writer.place(0)};`,
    "}",
    "tables.texts.joined = text;",
    "return at;",
  ];
  return { body: body.join("\n"), names: writer.names, shapes: writer.shapes };
}

class SourceWriter {
  readonly before: string[] = [];
  readonly names: (readonly string[])[] = [];
  readonly shapes: (readonly NodeShape[])[] = [];
  #locals = 0;
  /** The next value's place: so many bytes behind the place in a local. */
  #base = "at";
  #offset = 0;

  /** Statements that take `value` (an expression) apart. */
  node(node: Node, value: string): string {
    const local = `v${this.#locals++}`;
    return `const ${local} = ${value};\n${this.#test(node, local)}`;
  }

  /** The place of the next value, an expression, behind which the next one is so many bytes on. */
  place(bytes: number): string {
    const place = `${this.#base} + ${this.#offset}`;
    this.#offset += bytes;
    return place;
  }

  #test(node: Node, value: string): string {
    switch (node.kind) {
      case "null":
      case "undefined":
        return `if (${value} !== ${node.kind}) return -1;`;
      case "integer":
        return `if (typeof ${value} !== "number" || (${value} | 0) !== ${value} || (${value} === 0 && 1 / ${value} < 0)) return -1;
numbers.setInt32(${this.place(widths.integer)}, ${value}, true);`;
      case "number":
        return `if (typeof ${value} !== "number") return -1; numbers.setFloat64(${this.place(widths.number)}, ${value}, true);`;
      case "boolean":
        return `if (typeof ${value} !== "boolean") return -1; numbers.setUint8(${this.place(widths.boolean)}, ${value} ? 1 : 0);`;
      case "date":
        return `if (typeof ${value} !== "object" || ${value} === null || Object.getPrototypeOf(${value}) !== Date.prototype) return -1;
numbers.setFloat64(${this.place(widths.date)}, ${value}.getTime(), true);`;
      case "string":
        return `if (typeof ${value} !== "string" || ${value}.length > ${bounds.textUnitsMax}) return -1;
numbers.setUint16(${this.place(widths.string)}, ${value}.length, true); text += ${value};`;
      case "word":
        return this.#word(node.table, value);
      case "any":
        this.before.push(`const l${node.list} = tables.lists[${node.list}].values;`);
        return `l${node.list}.push(${value});`;
      case "nullish":
        return this.#nullish(node.of, value);
      case "object":
        return this.#object(node, value);
    }
  }

  #word(table: number, value: string): string {
    this.before.push(`const w${table} = tables.words[${table}];`);
    return `if (typeof ${value} !== "string") return -1; const p${table} = w${table}.positionOf(${value});
if (p${table} < 0) return -1; numbers.setUint8(${this.place(widths.word)}, p${table});`;
  }

  #nullish(of: Node, value: string): string {
    const state = this.place(1);
    const [branches, [present = ""]] = this.#branches([() => this.#test(of, value)]);
    return `${branches}
if (${value} === null) numbers.setUint8(${state}, ${NULL});
else if (${value} === undefined) numbers.setUint8(${state}, ${UNDEFINED});
else { numbers.setUint8(${state}, ${PRESENT});
${present} }`;
  }

  #object(node: Extract<Node, { kind: "object" }>, value: string): string {
    // The engine inlines `__proto__`; a call of getPrototypeOf costs more than all reads of a record's fields.
    const plain = `if (typeof ${value} !== "object" || ${value} === null || (${value}.__proto__ !== Object.prototype && !isPlainObject(${value}))) return -1;`;
    const [only] = node.shapes;
    if (shapeBytes(node) === 0 && only !== undefined) return `${plain}\n${this.#sameNames(only, value)}\n${this.#fields(only, value)}`;
    const shapes = this.shapes.push(node.shapes) - 1;
    const position = `s${this.#locals++}`;
    const place = this.place(1);
    const [branches, cases] = this.#branches(node.shapes.map((shape) => () => this.#fields(shape, value)));
    return `${plain}
const ${position} = shapePosition(${value}, shapes[${shapes}]);
numbers.setUint8(${place}, ${position});
${branches}
switch (${position}) {
${cases.map((statements, index) => `case ${index}: {\n${statements}\nbreak; }`).join("\n")}
default: return -1; }`;
  }

  /** Ways of which one is gone: each begins at the place in a local and moves it. Returns the declaration of the local, and the ways. */
  #branches(ways: readonly (() => string)[]): readonly [string, readonly string[]] {
    const local = `a${this.#locals++}`;
    const declaration = `let ${local} = ${this.place(0)};`;
    const statements = ways.map((way) => {
      this.#base = local;
      this.#offset = 0;
      return `${way()}\n${local} = ${this.place(0)};`;
    });
    this.#base = local;
    this.#offset = 0;
    return [declaration, statements];
  }

  #sameNames(shape: NodeShape, value: string): string {
    const names = this.names.push(shape.names) - 1;
    this.before.push(`const names${names} = names[${names}];`);
    return `let k${names} = 0; for (const name in ${value}) if (name !== names${names}[k${names}++]) return -1;
if (k${names} !== ${shape.names.length}) return -1;`;
  }

  #fields(shape: NodeShape, value: string): string {
    return shape.fields.map((field, index) => this.node(field, `${value}[${JSON.stringify(shape.names[index])}]`)).join("\n");
  }
}
