import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { MillraceError, messageOf } from "@millrace/core";
import { userLineOf } from "../user-line.ts";

/** Where a job module was asked for; `shown` is what the user typed. */
export interface ModulePlace {
  readonly path: string;
  readonly shown: string;
  readonly cwd: string;
}

/** Names what went wrong while a job module was imported, and says how to put it right. */
export function refusalOf(error: unknown, place: ModulePlace): MillraceError {
  if (error instanceof MillraceError) return atUserLine(error, place);
  if (!(error instanceof Error)) return new MillraceError("JOB_LOAD", `${place.shown} threw ${String(error)} while it was loaded`, { cause: error });
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX":
      return unsupportedTypeScript(error, place);
    case "ERR_INVALID_TYPESCRIPT_SYNTAX":
      return syntaxError(error, place);
    case "ERR_UNKNOWN_FILE_EXTENSION":
      return unknownKind(error, place);
    case "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING":
      return new MillraceError("JOB_IMPORT", `${place.shown} imports TypeScript from node_modules: ${firstLine(error)}`, {
        cause: error,
        hint: "Node runs .ts files outside of node_modules only: import the package's JavaScript, or move the file into your project",
      });
    case "ERR_MODULE_NOT_FOUND":
    case "ERR_UNSUPPORTED_DIR_IMPORT":
    case "ERR_PACKAGE_PATH_NOT_EXPORTED":
      return missingImport(error, place);
  }
  return error instanceof SyntaxError ? syntaxError(error, place) : thrown(error, place);
}

function unsupportedTypeScript(cause: Error, place: ModulePlace): MillraceError {
  const what = /enum|namespace|parameter propert|decorator|import =|module keyword/i.exec(cause.message)?.[0].toLowerCase() ?? "";
  return typesAndMore(sourcePlaceOf(cause, place).where, reasonOf(cause), what, cause);
}

function typesAndMore(where: string, reason: string, what: string, cause: Error): MillraceError {
  const instead = Object.entries(erasableInstead).find(([name]) => what.startsWith(name))?.[1] ?? "write it in erasable syntax";
  return new MillraceError("JOB_TYPESCRIPT_SYNTAX", `${where} uses TypeScript that is more than types: ${reason}`, {
    cause,
    hint: `Node runs a job by taking its types away: ${instead} ("erasableSyntaxOnly" in tsconfig.json finds every such place)`,
  });
}

const erasableInstead: { readonly [what: string]: string } = {
  enum: 'use `const Color = { red: "red" } as const` for an enum',
  namespace: "use a module for a namespace",
  module: "use a module for a namespace",
  "parameter propert": "declare the field and assign it in the constructor",
  decorator: "call the function that the decorator is",
  "import =": "use an ordinary import",
};

function syntaxError(cause: Error, place: ModulePlace): MillraceError {
  const missing = /does not provide an export named '([^']+)'|Named export '([^']+)' not found/.exec(cause.message);
  if (missing !== null) {
    const name = missing[1] ?? missing[2] ?? "";
    return new MillraceError("JOB_IMPORT", `${sourcePlaceOf(cause, place).where}: ${firstLine(cause)}`, {
      cause,
      hint: /^[A-Z]/.test(name)
        ? `if ${name} is a type, write "import type" or "type ${name}": types are gone when the job runs`
        : "check the name against what the module exports",
    });
  }
  const { where, text } = sourcePlaceOf(cause, place);
  if (text.startsWith("@")) return typesAndMore(where, "decorators are not supported", "decorator", cause);
  return new MillraceError("JOB_SYNTAX", `${where} can't be parsed: ${reasonOf(cause)}`, {
    cause,
    hint: "correct the syntax; `npx tsc --noEmit` shows every error of it",
  });
}

function unknownKind(cause: Error, place: ModulePlace): MillraceError {
  const isTypeScript = /\.[cm]?ts"?/.test(cause.message);
  const hint = isTypeScript
    ? `Node ${process.versions.node} can't run TypeScript: use Node 22.18 or newer`
    : "write the job as .ts, .mts, .js or .mjs";
  return new MillraceError("JOB_KIND", `${place.shown}: ${firstLine(cause)}`, { cause, hint });
}

function missingImport(cause: Error, place: ModulePlace): MillraceError {
  const specifier = /(?:Cannot find (?:package|module)|Directory import|Package subpath) '([^']+)'/.exec(cause.message)?.[1] ?? "";
  const importer = /imported from (.+?)(?:\n|$)/.exec(cause.message)?.[1];
  const from = importer === undefined ? place.shown : relative(place.cwd, importer.startsWith("file:") ? fileURLToPath(importer) : importer);
  const shown = specifier.startsWith("/") ? relative(place.cwd, specifier) : specifier;
  return new MillraceError("JOB_IMPORT", `${from} imports ${JSON.stringify(shown)}, which can't be found`, {
    cause,
    hint: importHint(specifier, cause, place),
  });
}

function importHint(specifier: string, cause: Error, place: ModulePlace): string {
  if (specifier.startsWith("/") || specifier.startsWith(".")) {
    const target = resolve(dirname(place.path), specifier);
    const candidates = [`${target}.ts`, target.replace(/\.js$/, ".ts"), `${target}/index.ts`, `${target}.js`];
    const meant = candidates.find((candidate) => candidate !== target && existsSync(candidate));
    if (meant === undefined) return "check the path";
    return `there is ${relative(place.cwd, meant)}: Node wants the file's own name in an import, extension included`;
  }
  if (/^(@\/|~\/?|#|src\/)/.test(specifier) || isTsconfigPath(specifier, place.path)) {
    return `"paths" of tsconfig.json are unknown to Node: import by relative path, or use "imports" of package.json (names that begin with #)`;
  }
  if ((cause as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return "check the name against the package's exports";
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  return `npm install ${name}`;
}

/** Looks for a tsconfig.json beside or above the job whose "paths" map something below that name; its comments don't matter here. */
function isTsconfigPath(specifier: string, path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const patterns = tsconfigPaths(`${folder}/tsconfig.json`);
    if (patterns !== undefined) return patterns.some((pattern) => pattern === specifier || pattern.startsWith(`${specifier}/`));
    if (dirname(folder) === folder) return false;
  }
}

function tsconfigPaths(path: string): readonly string[] | undefined {
  if (!existsSync(path)) return undefined;
  const block = /"paths"\s*:\s*\{([^}]*)\}/.exec(readFileSync(path, "utf8"))?.[1];
  return block === undefined ? undefined : [...block.matchAll(/"([^"]+)"\s*:/g)].map((match) => match[1] ?? "");
}

function thrown(cause: Error, place: ModulePlace): MillraceError {
  const line = userLineOf(cause, place.cwd);
  const at = line === undefined ? place.shown : line.place;
  const excerpt = line?.text === undefined ? "" : `\n  ${line.text}`;
  return new MillraceError("JOB_LOAD", `${at} threw while the job was loaded: ${cause.name}: ${messageOf(cause)}${excerpt}`, {
    cause,
    hint: "a job module only describes the job; open files and connections in a function's open()",
  });
}

/** What the builder refused, with the line of the job that asked for it. */
function atUserLine(error: MillraceError, place: ModulePlace): MillraceError {
  const line = userLineOf(error, place.cwd);
  return line === undefined || error.message.includes(line.place) ? error : error.at({ position: line.place });
}

interface SourcePlace {
  readonly where: string;
  /** The line there. */
  readonly text: string;
}

/** The stripper's errors begin with their place and line; Node keeps those of others for itself until it prints them. */
function sourcePlaceOf(error: Error, place: ModulePlace): SourcePlace {
  const found =
    placeAndLine.exec(error.stack ?? "") ?? placeAndLine.exec(spawnSync(process.execPath, ["--check", place.path], { encoding: "utf8" }).stderr);
  const [, scheme, name, line, text = ""] = found ?? [];
  const path = scheme === undefined ? name : fileURLToPath(`${scheme}${name}`);
  return {
    where: path === undefined ? `a module that ${place.shown} imports` : `${relative(place.cwd, path)}:${line}`,
    text: text.trim(),
  };
}

/** A URL or a path, which may hold a percent sign of its own. */
const placeAndLine = /^(file:\/\/)?(\/[^\n]+?):(\d+)\s*\n([^\n]*)/;

/** The stripper draws the place as a picture; the reason is the line that isn't one. */
function reasonOf(error: Error): string {
  const lines = error.message.split("\n").map((line) => line.replace(/^\s*x\s+/, "").trim());
  return lines.find((line) => line !== "" && !/^[,╭│╰·|`\d-]/.test(line)) ?? firstLine(error);
}

function firstLine(error: Error): string {
  return error.message.split("\n", 1)[0] ?? "";
}
