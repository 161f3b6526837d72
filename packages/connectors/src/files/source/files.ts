import type { Source } from "@millrace/contracts";
import { checkChoice, MillraceError } from "@millrace/core";
import { type OnBadRecord, sideOutputOf } from "../../formats/bad-records.ts";
import { checkReading } from "../../formats/check-reading.ts";
import type { Format, TextEncoding } from "../../formats/format.ts";
import type { Compression } from "./decompress.ts";
import { FileEnumerator } from "./enumerator.ts";
import { FileReader } from "./reader.ts";
import type { FileSplit } from "./split.ts";

export interface FilesOptions {
  /** Looks for new files again and again; the source never ends. Files are moved in by rename: each is read once. */
  readonly watch?: { readonly everyMs: number };
  /** Order in which files are dealt out. Default "name". */
  readonly order?: "name" | "modified";
  /** Cuts larger files into ranges of this size that are read in parallel. For lines and jsonLines, not compressed. */
  readonly splitBytes?: number;
  /** "auto" (default): names that end with .gz are gzip, those with .zst zstd. */
  readonly compression?: "auto" | Compression;
  /** Default "utf8". */
  readonly encoding?: TextEncoding;
  /** Longest record in bytes; a longer one fails the job with SOURCE_RECORD_TOO_LONG. Default 16 MiB. */
  readonly maxLineBytes?: number;
  /** What becomes of records that can't be read. Default "fail". */
  readonly onError?: OnBadRecord;
}

export interface FilesSource<T> extends Source<T, FileSplit> {
  /** Names of side outputs that its readers write to. */
  readonly sideOutputs: readonly string[];
  createReader(...context: Parameters<Source<T, FileSplit>["createReader"]>): FileReader<T>;
}

/**
 * Reads files: a path, a directory, globs, or several of them. Records of a file come in its order, files by name; with
 * more than one subtask files are read side by side. A file is read as far as it reached when it was opened first;
 * one that is changed or replaced before the job is done with it fails the job with SOURCE_FILE_CHANGED. Nothing found
 * at the start of a bounded source is SOURCE_NO_FILES.
 *
 *     files("flights/*.csv", csv({ columns: { origin: "string", delay: "number" } }))
 *     files("/var/spool/in", jsonLines<Order>(), { watch: { everyMs: seconds(5) }, onError: "skip" })
 */
export function files<T>(patterns: string | readonly string[], format: Format<T>, options: FilesOptions = {}): FilesSource<T> {
  const list = typeof patterns === "string" ? [patterns] : patterns;
  checkReading("files", format, options);
  checkOptions(list, format, options);
  const { compression = "auto", onError = "fail", order = "name", watch, splitBytes } = options;
  checkChoice("the compression of a file source", compression, ["auto", "none", "gzip", "zstd"]);
  checkChoice("the order of a file source", order, ["name", "modified"]);
  const compressionOf = (path: string): Compression => (compression === "auto" ? compressionByName(path) : compression);
  const side = sideOutputOf(onError);
  const reading = { format, encoding: options.encoding ?? "utf8", maxLineBytes: options.maxLineBytes ?? 16 << 20, onError, compressionOf };
  return {
    name: "files",
    boundedness: watch === undefined ? "bounded" : "unbounded",
    replayable: true,
    description: {
      patterns: [...list],
      ...(format.description as object),
      watchEveryMs: watch?.everyMs ?? null,
      onError: side === undefined ? (onError as string) : { sideOutput: side },
    },
    sideOutputs: side === undefined ? [] : [side],
    createEnumerator: (context, restored) =>
      new FileEnumerator(context, { patterns: list, order, watchEveryMs: watch?.everyMs, splitBytes, compressionOf }, restored),
    createReader: (context) => new FileReader(context, reading),
  };
}

function checkOptions(patterns: readonly string[], format: Format<unknown>, { watch, splitBytes, compression }: FilesOptions): void {
  if (patterns.length === 0 || patterns.includes("")) throw refused("a path or a glob is needed", 'e.g. files("data/*.csv", csv())');
  if (watch !== undefined && !(watch.everyMs > 0)) throw refused("watch.everyMs must be above 0", "e.g. watch: { everyMs: seconds(5) }");
  if (splitBytes === undefined) return;
  if (!(Number.isSafeInteger(splitBytes) && splitBytes > 0)) throw refused("splitBytes must be a whole number above 0", "e.g. 64 << 20");
  if (!format.splittable)
    throw refused(`${format.name} can't be read from the middle of a file, so splitBytes has no meaning`, "leave splitBytes out");
  if (compression === "gzip" || compression === "zstd") {
    throw refused(`a ${compression} file can't be read from its middle, so splitBytes has no meaning`, "leave splitBytes out");
  }
}

function compressionByName(path: string): Compression {
  if (path.endsWith(".gz")) return "gzip";
  return path.endsWith(".zst") ? "zstd" : "none";
}

function refused(message: string, hint: string): MillraceError {
  return new MillraceError("SOURCE_OPTIONS", `files: ${message}`, { hint });
}
