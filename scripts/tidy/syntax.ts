import { parseAst } from "vitest/node";

/** What the rules ask of a TypeScript module. */
export interface ParsedModule {
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionExtent[];
  /** Calls and member reads by their text, e.g. `Date.now`, `setTimeout`; `new Date` for a Date of now. */
  readonly uses: readonly Use[];
}

export interface Import {
  readonly specifier: string;
  /** Erased before the module runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface FunctionExtent {
  /** Best known name; the name of the surrounding thing for a nameless function. */
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

export interface Use {
  readonly what: string;
  readonly line: number;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Calls whose function is a list of things, not a procedure: a suite of tests, a job. */
const listCall = /^(describe|defineJob)\b/;

const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** Parses one module. Throws with the path when it isn't TypeScript. */
export function parseModule(path: string, text: string): ParsedModule {
  const lineOf = lineFinder(text);
  const found = { imports: [] as Import[], functions: [] as FunctionExtent[], uses: [] as Use[] };
  /** Returns the lines of the lists inside a node: they are no part of the functions around them. */
  const visit = (node: Node, name: string): number => {
    const own = nameOf(node) ?? name;
    collectImport(node, lineOf, found.imports);
    collectUse(node, lineOf, found.uses);
    const isList = node.type === "CallExpression" && listCall.test(text.slice(node.start, node.start + 12));
    let listed = 0;
    for (const child of childrenOf(node)) listed += isList && functionTypes.has(child.type) ? visitList(child, own) : visit(child, own);
    if (functionTypes.has(node.type)) {
      const line = lineOf(node.start);
      found.functions.push({ name: own, line, lines: lineOf(node.end) - line + 1 - listed });
    }
    return listed;
  };
  const visitList = (list: Node, name: string): number => {
    visit(list.body as Node, name);
    return lineOf(list.end) - lineOf(list.start);
  };
  try {
    visit(parseAst(text, { lang: "ts" }) as unknown as Node, "module");
  } catch (error) {
    throw new Error(`${path} can't be parsed`, { cause: error });
  }
  return found;
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null && typeof item === "object" && typeof (item as Node).type === "string") children.push(item as Node);
    }
  }
  return children;
}

/** The name a node gives to a function directly inside it, or carries itself. */
function nameOf(node: Node): string | undefined {
  const holder = (node.id ?? node.key) as Node | null | undefined;
  return typeof holder?.name === "string" ? holder.name : undefined;
}

function collectImport(node: Node, lineOf: (offset: number) => number, imports: Import[]): void {
  const declares = node.type === "ImportDeclaration" || node.type === "ExportNamedDeclaration" || node.type === "ExportAllDeclaration";
  if (!declares && node.type !== "ImportExpression" && node.type !== "TSImportType") return;
  const source = node.source as Node | null | undefined;
  if (typeof source?.value !== "string") return;
  const typeOnly = node.importKind === "type" || node.exportKind === "type" || node.type === "TSImportType" || namesOnlyTypes(node);
  imports.push({ specifier: source.value, typeOnly, line: lineOf(node.start) });
}

/** `import { type A, type B }`. */
function namesOnlyTypes(node: Node): boolean {
  const names = node.specifiers;
  if (!Array.isArray(names) || names.length === 0) return false;
  return names.every((name: Node) => (name.importKind ?? name.exportKind) === "type");
}

function collectUse(node: Node, lineOf: (offset: number) => number, uses: Use[]): void {
  if (node.type === "MemberExpression" && node.computed === false) {
    const object = node.object as Node;
    const property = node.property as Node;
    if (object.type === "Identifier") uses.push({ what: `${object.name}.${property.name}`, line: lineOf(node.start) });
  }
  const callee = node.callee as Node | undefined;
  if (node.type === "CallExpression" && callee?.type === "Identifier") uses.push({ what: String(callee.name), line: lineOf(node.start) });
  if (node.type === "NewExpression" && callee?.name === "Date" && (node.arguments as unknown[]).length === 0) {
    uses.push({ what: "new Date", line: lineOf(node.start) });
  }
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
