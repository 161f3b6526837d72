import { explain } from "@millrace/core";
import { type JobEvent, type JobHandle, type JobResult, redactor } from "@millrace/host";
import type { LogicalPlan } from "@millrace/plan";
import type { Io, Output, Signal } from "../io.ts";
import { RateMeter } from "../live/rates.ts";
import { render } from "../live/render.ts";
import { LiveScreen } from "../live/screen.ts";
import type { Notice } from "../live/snapshot.ts";
import { durationText, grouped } from "../live/units.ts";
import { type Paint, paintFor } from "../paint.ts";
import { connectorsOf, type RunView, type Warning } from "./view.ts";

const redrawEveryMs = 250;

/** Redraws a job's state in place on the terminal behind `output`, from the moment it runs to its end. */
export function createLiveView(io: Io, output: Output, secrets: readonly string[]): RunView {
  const view = new LiveView(io, output, paintFor(io, output), redactor(secrets));
  return {
    early: (warning) => view.early(warning),
    follow: (handle, plan) => view.follow(handle, plan),
    heard: (event) => view.heard(event),
    stopping: (signal) => view.stopping(signal),
    readerGone: (resume) => view.readerGone(resume),
    ended: (result, resume) => view.ended(result, resume),
    close: () => view.close(),
  };
}

class LiveView {
  readonly #io: Io;
  readonly #output: Output;
  readonly #paint: Paint;
  readonly #redact: (text: string) => string;
  readonly #meter = new RateMeter();
  readonly #notices: Notice[] = [];
  #footer = "Ctrl-C: take a checkpoint and stop · again: stop at once";
  #screen: LiveScreen | undefined;
  #handle: JobHandle | undefined;
  #release: readonly (() => void)[] = [];

  constructor(io: Io, output: Output, paint: Paint, redact: (text: string) => string) {
    this.#redact = redact;
    this.#io = io;
    this.#output = output;
    this.#paint = paint;
  }

  early(warning: Warning): void {
    this.#output.write(`${this.#paint("yellow", "warning")}: ${this.#redact(warning.message)}\n`);
  }

  follow(handle: JobHandle, plan: LogicalPlan): void {
    for (const { uid, connector, guarantee, replayable } of connectorsOf(plan)) {
      const promise = guarantee ?? (replayable === false ? "can't be read again: records are lost in a crash" : undefined);
      if (promise !== undefined) this.#output.write(`${this.#paint("dim", `${uid} (${connector}): ${promise}`)}\n`);
    }
    this.#handle = handle;
    this.#screen = new LiveScreen(
      this.#output,
      [this.#io.stdout, this.#io.stderr].filter((stream) => stream.isTTY === true),
    );
    const draw = (): void => this.#draw();
    const timer = setInterval(draw, redrawEveryMs);
    this.#output.on("resize", draw);
    this.#release = [() => clearInterval(timer), () => void this.#output.off("resize", draw), this.#io.onExit(() => this.close())];
    draw();
  }

  notice(level: Notice["level"], text: string): void {
    this.#keep(level, text);
    this.#draw();
  }

  #keep(level: Notice["level"], text: string): void {
    this.#notices.push({ level, text: this.#redact(text) });
    if (this.#notices.length > 50) this.#notices.shift();
  }

  stopping(signal: Signal): void {
    this.#footer = `${signal === "SIGINT" ? "stopping" : `stopping (${signal})`}: taking a last checkpoint · again: stop at once`;
    this.#draw();
  }

  readerGone(resume: string): void {
    this.close();
    const why = `${this.#paint("yellow", "ended")}: nothing reads the standard output any more`;
    this.#output.write(`\n${why}; to resume: ${this.#paint("bold", this.#redact(resume))}\n`);
  }

  ended(result: JobResult, resume: string): void {
    this.close();
    const { durationMs, operators } = result;
    const checkpointId = result.checkpointId ?? this.#handle?.resumedFrom;
    const sum = (kind: string, count: "recordsIn" | "recordsOut"): string =>
      grouped(operators.reduce((total, operator) => total + (operator.kind === kind ? operator[count] : 0), 0));
    const counts = `${sum("source", "recordsOut")} records read, ${sum("sink", "recordsIn")} written in ${durationText(durationMs)}`;
    const kept = checkpointId === undefined ? "it had no checkpoint" : `checkpoint ${checkpointId} is kept`;
    const text = {
      finished: `${this.#paint("green", "finished")}: ${counts}`,
      stopped: `${this.#paint("yellow", "stopped")}${checkpointId === undefined ? "" : ` at checkpoint ${checkpointId}`}; to resume: ${this.#paint("bold", this.#redact(resume))}`,
      savepoint: `${this.#paint("green", "stopped")}: ${counts}; savepoint ${this.#paint("bold", result.savepoint?.path ?? "")}`,
      cancelled: `${this.#paint("red", "cancelled")}: the run is over; ${kept}`,
    }[result.end];
    this.#output.write(`\n${text}\n`);
  }

  close(): void {
    const screen = this.#screen;
    if (screen === undefined) return;
    this.#footer = "";
    this.#draw();
    this.#screen = undefined;
    for (const release of this.#release) release();
    screen.close();
  }

  #draw(): void {
    const { status, resumedFrom } = { status: this.#handle?.status(), resumedFrom: this.#handle?.resumedFrom };
    if (status === undefined || this.#screen === undefined) return;
    const snapshot = { status, rates: this.#meter.measure(status), resumedFrom, notices: this.#notices, footer: this.#footer };
    this.#screen.draw(render(snapshot, this.#screen.width, this.#screen.height, this.#paint));
  }

  heard(event: JobEvent): void {
    const error = "error" in event ? (explain(event.error).split("\n", 1)[0] ?? "") : "";
    if (event.kind === "checkpointFailed") this.notice("warn", `checkpoint ${event.checkpointId} failed: ${error}`);
    else if (event.kind === "restarting") this.notice("warn", `restarts in ${durationText(event.delayMs)}: ${error}`);
    else if (event.kind === "warning") this.notice("warn", event.message);
    else if (event.kind === "rescaled")
      this.notice("info", `rescaled from ${event.from} to ${event.to} subtasks, paused for ${durationText(event.pauseMs)}`);
    // There may be one for each record, and a picture costs more than a line: the next one shows them.
    else if (event.kind === "console") this.#keep(event.level === "debug" ? "info" : event.level, event.text);
    else this.#draw();
  }
}
