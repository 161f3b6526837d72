import { posix } from "node:path";
import { assert, type Files, MillraceError } from "@millrace/core";

export type FileExtension = "jsonl" | "csv";

export interface PartName {
  readonly runId: string;
  readonly subtask: number;
  /** Counts the files of a subtask over all attempts of a run; never used twice, also where the file has been removed. */
  readonly counter: number;
}

/** Names of the files of one sink: `part-<runId>-<subtask>-<counter>.<ext>`, hidden and with `.inprogress` until committed. */
export class PartNames {
  readonly #prefix: string;
  readonly #extension: FileExtension;
  readonly #pattern: RegExp;

  constructor(prefix: string, extension: FileExtension) {
    if (!/^\w+$/.test(prefix)) {
      throw new MillraceError("SINK_OPTIONS", `fileSink: a prefix is made of letters, digits and underscores, not ${JSON.stringify(prefix)}`, {
        hint: 'e.g. prefix: "late"',
      });
    }
    this.#prefix = prefix;
    this.#extension = extension;
    this.#pattern = new RegExp(`^${prefix}-([\\w-]+)-(\\d+)-(\\d{6,})\\.(?:jsonl|csv)$`);
  }

  /** For those who read: all files of a sink, of whichever run and format. */
  get all(): string {
    return `${this.#prefix}-*`;
  }

  nameOf({ runId, subtask, counter }: PartName): string {
    assert(/^[\w-]+$/.test(runId), `a run id is made of letters, digits, - and _, not ${runId}`);
    return `${this.#prefix}-${runId}-${subtask}-${String(counter).padStart(6, "0")}.${this.#extension}`;
  }

  /** Of the file that shows whether the directory can be written to. The same for all runs: what a crash leaves behind is in nobody's way. */
  get probeName(): string {
    return hiddenName(`${this.#prefix}-probe`);
  }

  /** Of the file that marks the directory as a sink's own; what it says is in `used-names.ts`. */
  get rootName(): string {
    return `.${this.#prefix}-sink`;
  }

  /** undefined: not a file of this sink, in whichever format. */
  parse(name: string): PartName | undefined {
    const [, runId, subtask, counter] = this.#pattern.exec(visibleName(name)) ?? [];
    if (runId === undefined) return undefined;
    return { runId, subtask: Number(subtask), counter: Number(counter) };
  }
}

export function hiddenName(name: string): string {
  return `.${name}.inprogress`;
}

/** Where a file of the sink is while it is in progress. */
export function hiddenPath(directory: string, part: { readonly partition: string; readonly name: string }): string {
  return posix.join(directory, part.partition, hiddenName(part.name));
}

function isHidden(name: string): boolean {
  return name.startsWith(".") && name.endsWith(".inprogress");
}

function visibleName(name: string): string {
  return isHidden(name) ? name.slice(1, -".inprogress".length) : name;
}

export interface FoundPart extends PartName {
  /** Relative to the sink's directory; "" is the directory itself. */
  readonly partition: string;
  /** As committed, without the marks of a file in progress. */
  readonly name: string;
  readonly inProgress: boolean;
}

/**
 * All files of the sink below its directory, in progress or committed. Other files are passed over, and so are links back up
 * and directories of other sinks (`markRoot`).
 */
export async function findParts(files: Files, directory: string, names: PartNames): Promise<readonly FoundPart[]> {
  const found: FoundPart[] = [];
  async function walk(partition: string, above: readonly string[]): Promise<void> {
    const content = await files.list(posix.join(directory, partition));
    if (partition !== "" && content.includes(names.rootName)) return;
    for (const name of content) {
      const part = names.parse(name);
      if (part !== undefined) found.push({ ...part, partition, name: visibleName(name), inProgress: isHidden(name) });
      else if (!name.startsWith(".")) {
        const path = posix.join(partition, name);
        const stat = await files.stat(posix.join(directory, path));
        if (stat?.kind !== "directory") continue;
        const place = `${stat.device}:${stat.inode}`;
        if (stat.device === undefined || !above.includes(place)) await walk(path, [...above, place]);
      }
    }
  }
  const own = await files.stat(directory);
  await walk("", own === undefined ? [] : [`${own.device}:${own.inode}`]);
  return found;
}

/** Longest name that common file systems take, in bytes. */
const segmentBytesMax = 255;

/**
 * A partition as a path below the sink's directory. Characters that file systems or shells treat specially are written
 * as %XX, and so is a leading dot or underscore, so that no value leaves the directory or hides in it.
 */
export function partitionPath(partition: string): string {
  if (partition === "") return "";
  return partition.split("/").map(segmentOf).join("/");
}

function segmentOf(text: string): string {
  const escaped = text.replace(/[^\p{L}\p{N}=,@+ ._-]|^[._ ]|[. ]$/gu, percent);
  const segment = escaped === "" ? "%" : escaped;
  if (Buffer.byteLength(segment) <= segmentBytesMax) return segment;
  throw new MillraceError("SINK_PARTITION", `a partition is too long for a directory's name: ${JSON.stringify(text.slice(0, 80))}…`, {
    hint: "let partitionBy return something shorter",
  });
}

function percent(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
