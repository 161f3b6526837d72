import type { WatermarkAlignment } from "@millrace/contracts";
import { type Cancel, type Scheduler, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";

export interface SourceAlignmentOptions {
  readonly alignment: WatermarkAlignment;
  readonly scheduler: Scheduler;
  /** Tells the group where this subtask is; `WATERMARK_MAX`: it holds nobody back. */
  readonly report: (watermark: number) => void;
}

/**
 * One subtask's part in its alignment group: it says where it is, at once the first time and then every so often, and hears
 * how far the group may go. Before it has heard of the group it goes no further than the drift beyond its own first watermark.
 */
export class SourceAlignment {
  readonly #options: SourceAlignmentOptions;
  #watermark = WATERMARK_MIN;
  #reported = WATERMARK_MIN;
  #allowed = WATERMARK_MAX;
  #heard = false;
  #cancel: Cancel | undefined;

  constructor(options: SourceAlignmentOptions) {
    this.#options = options;
  }

  /** The subtask's watermark has moved, or no longer counts (`WATERMARK_MAX`), or counts again. */
  moved(watermark: number): void {
    this.#watermark = watermark;
    if (watermark === WATERMARK_MIN) return;
    if (!this.#heard && this.#allowed === WATERMARK_MAX) this.#allowed = watermark + this.#options.alignment.maxDriftMs;
    if (this.#cancel === undefined) this.#report();
  }

  /** The group may go as far as this. */
  allow(watermark: number): void {
    this.#heard = true;
    this.#allowed = watermark;
  }

  /** Nothing more is to be read of what has come so far. */
  isAhead(watermark: number): boolean {
    return watermark > this.#allowed;
  }

  close(): void {
    this.#cancel?.();
  }

  #report(): void {
    const { scheduler, alignment, report } = this.#options;
    this.#cancel = undefined;
    if (this.#watermark === this.#reported) return;
    this.#reported = this.#watermark;
    this.#cancel = scheduler.after(alignment.updateIntervalMs, () => this.#report());
    report(this.#watermark);
  }
}
