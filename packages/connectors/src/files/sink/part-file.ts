import { posix } from "node:path";
import { assert, type FileHandle, type Files } from "@millrace/core";
import { writeError } from "./errors.ts";
import type { IoQueue } from "./io-queue.ts";
import { hiddenName, type PartNames } from "./names.ts";
import { refuseOthersRoot } from "./sink-root.ts";

/** Publishes a file: `<partition>/.<name>.inprogress` becomes `<partition>/<name>`. JSON. */
export type FileCommittable = { readonly partition: string; readonly name: string; readonly bytes: number };

/** Text gathered before it goes to the file, in bytes. */
const bufferBytes = 64 << 10;
const noBuffer = Buffer.alloc(0);

/**
 * A file in progress. `append` only fills a buffer; the file system is reached through the queue, in order, so the file's
 * content is always a beginning of what was appended.
 */
export class PartFile {
  readonly partition: string;
  readonly name: string;
  readonly createdAtMs: number;
  /** Appended so far, flushed or not. */
  bytes = 0;
  readonly path: string;
  readonly #files: Files;
  readonly #directory: string;
  readonly #queue: IoQueue;
  #buffer: Buffer = noBuffer;
  #used = 0;
  #handle: FileHandle | undefined;
  #isClosed = false;

  constructor(files: Files, queue: IoQueue, directory: string, part: { readonly partition: string; readonly name: string }, createdAtMs: number) {
    this.#files = files;
    this.#directory = directory;
    this.#queue = queue;
    this.partition = part.partition;
    this.name = part.name;
    this.createdAtMs = createdAtMs;
    this.path = posix.join(directory, part.partition, hiddenName(part.name));
  }

  /** Makes the file, and its directory. Fails when it exists, or is in another sink's directory: two would write into one file. */
  create(names: PartNames): void {
    this.#run(0, "created", async () => {
      await refuseOthersRoot(this.#files, this.#directory, this.partition, names);
      await this.#files.makeDirectory(posix.dirname(this.path));
      this.#handle = await this.#files.open(this.path, "exclusive");
    });
  }

  append(text: string): void {
    // A character of a JavaScript string takes at most three bytes.
    const bytesMax = text.length * 3;
    if (bytesMax > this.#buffer.length - this.#used) {
      this.flush();
      if (bytesMax > bufferBytes) {
        this.#appendLarge(text);
        return;
      }
      this.#buffer = Buffer.allocUnsafe(bufferBytes);
    }
    const written = this.#buffer.write(text, this.#used);
    this.#used += written;
    this.bytes += written;
  }

  #appendLarge(text: string): void {
    const bytes = Buffer.from(text);
    this.bytes += bytes.length;
    this.#write(bytes);
  }

  flush(): void {
    if (this.#used === 0) return;
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#buffer = noBuffer;
    this.#used = 0;
    this.#write(bytes);
  }

  /** It waits with all of its buffer, of which a small file fills little. */
  #write(bytes: Buffer): void {
    this.#run(bytes.buffer.byteLength, "written", async () => this.#opened().write(bytes));
  }

  /** Flushed and on disk after this. */
  sync(): void {
    this.flush();
    this.#run(0, "written", async () => this.#opened().sync());
  }

  /** Flushed, on disk and closed after this; it takes no more. */
  finish(): FileCommittable {
    this.sync();
    this.#run(0, "closed", async () => {
      const handle = this.#opened();
      this.#handle = undefined;
      this.#isClosed = true;
      await handle.close();
    });
    return { partition: this.partition, name: this.name, bytes: this.bytes };
  }

  #opened(): FileHandle {
    assert(this.#handle !== undefined, `${this.path} is open`);
    return this.#handle;
  }

  #run(bytes: number, what: string, task: () => Promise<void>): void {
    void this.#queue.run(bytes, () =>
      task().catch((error: unknown) => {
        throw writeError(what, this.path, error);
      }),
    );
  }

  /** It was finished, and holds no handle of the file system any more: one that waits to be made has none yet. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Lets go of the file as it is, after a failure too. Nothing of it runs any more. */
  async abandon(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
