import {
  type KeyedStateBackend,
  type Mailbox,
  newOperatorMetrics,
  type Operator,
  type OperatorContext,
  type OperatorStateItem,
} from "@millrace/contracts";
import { assert } from "@millrace/core";
import { createCombinedWatermarks } from "@millrace/operators";
import { createHeapBackend } from "@millrace/state";
import { HarnessClock } from "./harness-time.ts";
import { type ObservedKeyed, observeKeyed } from "./observed-keyed.ts";
import type { HarnessOptions } from "./options.ts";
import { createOutputLog, type OutputLog } from "./output-log.ts";
import { createSnapshotChain } from "./snapshot-chain.ts";

const KEY_GROUPS = 128;

/** The operator under test with all that a runtime keeps for it; what lies outside the operator outlives its restarts. */
export class OperatorHost<In, Out, In2> {
  readonly inputs: 1 | 2;
  readonly log: OutputLog<Out>;
  readonly combined: ReturnType<typeof createCombinedWatermarks>;
  readonly metrics = newOperatorMetrics();
  readonly clock: HarnessClock;
  /** What the operator has posted, oldest first. */
  mail: (() => void)[] = [];
  /** The operator takes nothing for now. */
  held = false;
  /** Work of the operator ends outside of its calls. */
  usesMailbox = false;
  readonly #options: HarnessOptions<In, Out, In2>;
  readonly #chain = createSnapshotChain();
  readonly #capacity: number;
  #wish = Number.POSITIVE_INFINITY;
  #restored = false;
  #monotonicReadings = 0;
  #operator: Operator<In, Out, In2> | undefined;
  #backend: KeyedStateBackend | undefined;
  #observed: ObservedKeyed | undefined;

  constructor(options: HarnessOptions<In, Out, In2>) {
    this.#options = options;
    this.inputs = options.inputs ?? 1;
    this.log = createOutputLog(options.onOutput);
    this.combined = createCombinedWatermarks(this.inputs);
    this.clock = new HarnessClock(options.clockStart ?? 0);
    this.#capacity = options.capacity ?? Number.POSITIVE_INFINITY;
  }

  async start(stored?: readonly OperatorStateItem[]): Promise<void> {
    this.#wish = Number.POSITIVE_INFINITY;
    if (this.#options.keyed ?? true) {
      this.#backend = await this.#newBackend();
      await this.#chain.restoreInto(this.#backend);
      this.#observed = observeKeyed(this.#backend, this.#options.timerObserver);
    }
    this.mail = [];
    this.held = false;
    const operator = this.#options.create(this.clock);
    this.#operator = operator;
    this.log.startCall();
    await operator.open?.(this.#newContext());
    if (stored !== undefined) operator.restoreState?.(stored);
    if (stored === undefined) this.log.endCall();
    else this.log.endRestore();
    this.#restored = this.mail.length > 0;
  }

  async restart(): Promise<void> {
    const items = this.#operator?.snapshotState?.();
    // Through text, as in a manifest: what does not survive JSON must not survive here either.
    const stored = items === undefined ? undefined : (JSON.parse(JSON.stringify(items)) as OperatorStateItem[]);
    if (this.#backend !== undefined) await this.#chain.take(this.#backend);
    await this.close();
    await this.start(stored);
  }

  get ownsWatermarks(): boolean {
    return this.#operator?.ownsWatermarks === true;
  }

  /** One call into the operator; its watermarks and statuses take effect after it. */
  call<T>(action: (operator: Operator<In, Out, In2>) => T): T {
    assert(this.#operator !== undefined, "the harness is closed");
    this.log.startCall();
    const result = action(this.#operator);
    this.log.endCall();
    return result;
  }

  /** Everything posted so far. "restored": by the restore of the operator. */
  readMail(): "restored" | undefined {
    const restored = this.#restored;
    this.#restored = false;
    for (const action of this.mail.splice(0)) this.call(action);
    return restored ? "restored" : undefined;
  }

  /** True once for a wish of `wakeAt` that is due. */
  takeDueWish(): boolean {
    if (this.held || this.#wish > this.clock.now()) return false;
    this.#wish = Number.POSITIVE_INFINITY;
    return true;
  }

  stateEmpty(): boolean | undefined {
    return this.#backend?.isEmpty();
  }

  timerCounts(): { readonly event: number; readonly processing: number } {
    return this.#observed?.timerCounts() ?? { event: 0, processing: 0 };
  }

  async close(): Promise<void> {
    const operator = this.#operator;
    const backend = this.#backend;
    this.#operator = undefined;
    this.#backend = undefined;
    await operator?.close?.();
    await backend?.close();
  }

  async #newBackend(): Promise<KeyedStateBackend> {
    const create = this.#options.backend ?? createHeapBackend;
    return await create({
      uid: this.#options.uid ?? "operator",
      subtask: 0,
      keyGroups: { start: 0, end: KEY_GROUPS - 1 },
      maxParallelism: KEY_GROUPS,
      now: () => this.clock.now(),
      // Each reading is a little later, so that slices of encoding come to an end.
      monotonic: () => this.#monotonicReadings++ / 10,
    });
  }

  /** Mail for an operator that was restarted meanwhile is lost, as in the runtime. */
  #newMailbox(): Mailbox {
    const mail = this.mail;
    const post = (action: () => void): void => {
      mail.push(action);
      this.usesMailbox = true;
    };
    return {
      post,
      after: (delayMs, action) => {
        this.usesMailbox = true;
        return this.clock.after(delayMs, () => post(action));
      },
    };
  }

  #newContext(): OperatorContext<Out> {
    const observed = this.#observed;
    const keyed = observed === undefined ? undefined : (this.#options.wrapKeyed?.(observed.context) ?? observed.context);
    return {
      uid: this.#options.uid ?? "operator",
      subtask: 0,
      parallelism: 1,
      output: this.log.output,
      metrics: this.metrics,
      now: () => this.clock.now(),
      activeNow: () => this.clock.now(),
      position: () => this.#options.position?.(),
      mailbox: this.#newMailbox(),
      hold: () => {
        this.held = true;
      },
      release: () => {
        this.held = false;
      },
      currentWatermark: () => this.combined.watermark,
      wakeAt: (time) => {
        this.#wish = Math.min(this.#wish, time);
      },
      shouldYield: () => this.log.emittedInCall() >= this.#capacity,
      get keyed() {
        assert(keyed !== undefined, "this operator has no key");
        return keyed;
      },
    };
  }
}
