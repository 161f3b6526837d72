import type { Json } from "@millrace/core";
import { NO_TIMESTAMP, type Source } from "millrace";
import type { Conductor, Player } from "./conductor.ts";

/** What a source hands over: an element with its key, or a word on event time, which goes no further than `scriptedTime`. */
export type Played =
  | { readonly kind: "element"; readonly index: number; readonly key: string; readonly value: unknown }
  | { readonly kind: "watermark"; readonly watermark: number }
  | { readonly kind: "status"; readonly status: "idle" | "active" };

export type Element = Extract<Played, { kind: "element" }>;

interface Part {
  readonly id: string;
  /** First step not handed over. */
  readonly next: number;
  /** Where the script stood. */
  readonly index: number;
  readonly [name: string]: Json;
}

/** The split of a subtask that the script is not read in: idle for ever. */
const SILENT = "silent";

type Reader = ReturnType<Source<Played, Part>["createReader"]>;
type ReaderContext = Parameters<Source<Played, Part>["createReader"]>[0];

/** The source of one input of a program: one split, whose steps come when the conductor says so, and a silent one. */
export function scriptedSource(conductor: Conductor, input: 0 | 1, ended: () => void): Source<Played, Part> {
  return {
    name: "script",
    boundedness: "bounded",
    replayable: true,
    description: { input },
    createEnumerator(context, restored) {
      let dealt = restored === true;
      return {
        start: async () => undefined,
        requestSplit(subtask) {
          context.assign(subtask, [{ id: dealt ? SILENT : "script", next: 0, index: 0 }]);
          dealt = true;
        },
        snapshot: () => dealt,
        close: async () => undefined,
      };
    },
    createReader: (context) => new ScriptedReader(conductor, input, context, ended),
  };
}

class ScriptedReader implements Reader, Player {
  readonly input: 0 | 1;
  next = 0;
  restoredAt = 0;
  snapshots = 0;
  readonly #conductor: Conductor;
  readonly #context: ReaderContext;
  readonly #ended: () => void;
  readonly #playing: number[] = [];
  #split: Part | undefined;
  #finishes = false;
  #entered = false;
  #isOver = false;
  #asked = false;
  /** The silent split is to say that it is idle. */
  #fallsSilent = false;

  constructor(conductor: Conductor, input: 0 | 1, context: ReaderContext, ended: () => void) {
    this.#conductor = conductor;
    this.input = input;
    this.#context = context;
    this.#ended = ended;
  }

  addSplits([split]: readonly Part[]): void {
    if (split === undefined) return;
    this.#split = split;
    if (split.id === SILENT) {
      this.#fallsSilent = true;
      this.#context.available();
      return;
    }
    this.next = split.next;
    this.restoredAt = split.index;
    this.#conductor.restores(split.index);
    this.#context.available();
  }

  get waits(): boolean {
    return this.#playing.length > 0;
  }

  noMoreSplits(): void {}

  play(index: number): void {
    this.#playing.push(index);
    this.#context.available();
  }

  finish(): void {
    this.#finishes = true;
    this.#context.available();
  }

  poll(output: Parameters<Reader["poll"]>[0], limit: number): ReturnType<Reader["poll"]> {
    if (this.#split === undefined) {
      if (this.#isOver) return "ended";
      if (!this.#asked) this.#context.requestSplit();
      this.#asked = true;
      return "waiting";
    }
    if (this.#fallsSilent) {
      this.#fallsSilent = false;
      output.collect(SILENT, { kind: "status", status: "idle" }, NO_TIMESTAMP);
      this.#conductor.attend();
      return "waiting";
    }
    if (!this.#entered) {
      // Not earlier: the other tasks of the job are there, too, once it is asked for records.
      this.#entered = true;
      // Idleness is no part of a snapshot: a source finds it anew.
      if (this.#wasIdle()) output.collect(this.#split.id, { kind: "status", status: "idle" }, NO_TIMESTAMP);
      this.#conductor.enter(this, this.#context.ports.scheduler, this.#ended);
      return "waiting";
    }
    for (let count = 0; count < limit && !output.stop; count++) {
      const index = this.#playing.shift();
      if (index === undefined) {
        if (!this.#finishes) return "waiting";
        output.splitFinished(this.#split.id);
        this.#split = undefined;
        this.#isOver = true;
        return "ended";
      }
      this.next = index + 1;
      const step = this.#conductor.script.steps[index]?.step;
      if (step?.kind === "element") {
        const key = String((step.value as { readonly k?: unknown }).k ?? "");
        output.collect(this.#split.id, { kind: "element", index, key, value: step.value }, step.timestamp);
      } else if (step?.kind === "watermark" || step?.kind === "status") {
        output.collect(this.#split.id, step, NO_TIMESTAMP);
      }
    }
    return "more";
  }

  #wasIdle(): boolean {
    const { steps, inputs } = this.#conductor.script;
    const last = steps
      .slice(0, this.next)
      .findLast(({ step }) => (step.kind === "status" || step.kind === "watermark" ? inputs === 1 || step.input === this.input : false));
    return last?.step.kind === "status" && last.step.status === "idle";
  }

  snapshot(): readonly Part[] {
    if (this.#split === undefined) return [];
    this.snapshots++;
    return [{ id: this.#split.id, next: this.next, index: this.#conductor.noteSnapshot(this) }];
  }

  checkpointCompleted(): void {
    this.#conductor.completed();
  }

  position(): string {
    return `input ${this.input}, step ${this.next - 1}`;
  }

  async close(): Promise<void> {
    this.#conductor.leave();
  }
}
