import type { Key, KeyedStateBackend } from "@millrace/contracts";
import { expect } from "vitest";
import type { Host, StateFile } from "./hosts.ts";
import { type Contents, emptyContents, follow, normalized } from "./model.ts";
import type { Step } from "./steps.ts";
import { Subject } from "./subject.ts";

interface InFlight {
  readonly checkpointId: number;
  readonly full: boolean;
  readonly contents: Contents;
}

/** Runs steps against a backend and the model side by side; checkpoints, aborts and crashes come where the steps say. */
export class History {
  readonly #host: Host;
  readonly #keyOf: (key: number) => Key;
  #subject: Subject;
  #contents = emptyContents();
  #completed = emptyContents();
  #inFlight: InFlight | undefined;
  #checkpointId = 0;
  chain: StateFile[] = [];

  private constructor(host: Host, keyOf: (key: number) => Key, subject: Subject) {
    this.#host = host;
    this.#keyOf = keyOf;
    this.#subject = subject;
  }

  static async begin(host: Host, keyOf: (key: number) => Key): Promise<History> {
    return new History(host, keyOf, new Subject(await host.open(), keyOf));
  }

  get completed(): Contents {
    return this.#completed;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#step(step);
    this.#check();
    await this.complete(false);
    await this.#restart();
    expect(this.#subject.drainTimers()).toEqual(this.#contents.timers);
  }

  /** Takes the checkpoint in flight, or a new one, to its end. */
  async complete(full: boolean): Promise<void> {
    if (this.#inFlight === undefined) this.#freeze(full);
    const inFlight = this.#inFlight;
    if (inFlight === undefined) return;
    const { backend } = this.#subject;
    const file = await encodeAll(backend);
    this.chain = inFlight.full ? [file] : [...this.chain, file];
    this.#completed = inFlight.contents;
    this.#inFlight = undefined;
    await backend.complete(inFlight.checkpointId);
  }

  async #step(step: Step): Promise<void> {
    switch (step.do) {
      case "freeze":
        if (this.#inFlight === undefined) this.#freeze(step.full);
        break;
      case "slice":
        if (this.#inFlight !== undefined) for (let times = step.times; times > 0; times--) this.#subject.backend.encodeSlice(1);
        break;
      case "complete":
        if (this.#inFlight !== undefined) await this.complete(false);
        break;
      case "abort":
        if (this.#inFlight !== undefined) this.#subject.backend.abort(this.#inFlight.checkpointId);
        this.#inFlight = undefined;
        break;
      case "restart":
        await this.#restart();
        break;
      case "merge":
        // A base made in the background, also while a checkpoint is in flight.
        if (this.chain.length > 0) this.chain = [await this.#host.merge(this.chain)];
        break;
      case "tear":
        if (this.#host.tear()) await this.complete(false).then(unexpected, () => undefined);
        await this.#restart();
        break;
      default:
        follow(this.#contents, step);
        this.#subject.run(step, this.#contents);
    }
  }

  #freeze(full: boolean): void {
    const checkpointId = ++this.#checkpointId;
    this.#inFlight = { checkpointId, full: full || this.chain.length === 0, contents: structuredClone(this.#contents) };
    this.#subject.backend.freeze(checkpointId, this.#inFlight.full);
  }

  /** The process dies; state is what the last completed checkpoint holds. */
  async #restart(): Promise<void> {
    this.#subject = new Subject(await this.#host.reopen(this.chain), this.#keyOf);
    this.#inFlight = undefined;
    this.#contents = structuredClone(this.#completed);
    this.#check();
    expect(this.#subject.backend.isEmpty()).toBe(isNothing(this.#contents));
  }

  #check(): void {
    const read = this.#subject.read();
    expect(normalized({ ...read, timers: this.#contents.timers })).toEqual(normalized(this.#contents));
    expect(this.#subject.timers).toBe(this.#contents.timers.size);
  }
}

export async function encodeAll(backend: KeyedStateBackend): Promise<StateFile> {
  while (!backend.encodeSlice(1));
  const file: Uint8Array[] = [];
  for await (const chunk of backend.takeDelta().chunks) file.push(chunk.slice());
  return file;
}

function isNothing(contents: Contents): boolean {
  return JSON.stringify(normalized(contents)) === JSON.stringify(normalized(emptyContents()));
}

function unexpected(): never {
  throw new Error("a torn apply came to its end");
}
