import type { SinkWriter, WatermarkStatus } from "@millrace/contracts";
import { assert, WATERMARK_MAX } from "@millrace/core";
import type { ChainProgram } from "../chain/program.ts";
import type { EdgeWriter } from "../channel/edge-writer.ts";
import { FlowMap, type FlowPoint } from "./flow-points.ts";
import type { OperatorHost, OwnEvent } from "./operator-host.ts";

/** What passes down a chain beside records. `end`: no record follows; it carries the last watermark. */
export type FlowEvent =
  | { readonly kind: "watermark"; readonly watermark: number }
  | { readonly kind: "status"; readonly status: WatermarkStatus }
  | { readonly kind: "end" };

interface FlowItem {
  readonly point: FlowPoint;
  readonly event: FlowEvent;
}

/**
 * Carries watermarks, statuses and the end through a chain, each operator completely before the next. A firing that
 * stops early stays on the stack and is resumed; until the stack is empty the task takes no record (law T3). What waits
 * for an operator that holds is passed by what is on its way through other branches: nobody there hears of the wait.
 */
export class WatermarkFlow {
  readonly #first: readonly FlowPoint[];
  readonly #points: ReadonlyMap<OperatorHost, FlowPoint>;
  /** Depth first: what follows from an item goes on top. Of two at one point the upper one is the older. */
  readonly #stack: FlowItem[] = [];
  /** At the head of the chain, oldest first. */
  readonly #accepted: FlowEvent[] = [];
  #own: FlowItem[] = [];
  #ended = false;
  /** Operators that take nothing for now. */
  readonly #holding = new Set<OperatorHost>();

  constructor(
    program: ChainProgram,
    hosts: ReadonlyMap<number, OperatorHost>,
    sinks: ReadonlyMap<number, SinkWriter<unknown>>,
    edges: readonly EdgeWriter[],
  ) {
    const map = new FlowMap(program, hosts, sinks, edges);
    this.#first = map.pointsOfNode(program.head);
    this.#points = map.ofHosts;
  }

  get idle(): boolean {
    return this.#stack.length === 0 && this.#own.length === 0 && this.#accepted.length === 0;
  }

  /** The end of the input has come in. */
  get ended(): boolean {
    return this.#ended;
  }

  /** An event at the head of the chain. */
  accept(event: FlowEvent): void {
    if (event.kind === "end") this.#ended = true;
    this.#accepted.push(event);
  }

  /** An operator's own watermark or status, from within one of its calls. */
  emitted(host: OperatorHost, event: OwnEvent): void {
    for (const next of this.#pointOf(host).next) this.#own.push({ point: next, event });
  }

  /**
   * After a restore, before mail and input: an operator finishes what the checkpoint cut. What the head tells again may wait
   * for a long time behind asynchronous calls, while records come that must not meet what is over and has not fired. The end
   * does come again, to all in their order, and nothing comes before it to an operator that fires for the last time.
   */
  resume(host: OperatorHost): void {
    const { firing, watermark } = host;
    if (!firing || watermark === WATERMARK_MAX) return;
    this.#stack.push({ point: this.#pointOf(host), event: { kind: "watermark", watermark } });
  }

  /** An operator takes nothing until it is released. */
  hold(host: OperatorHost, held: boolean): void {
    if (held) this.#holding.add(host);
    else this.#holding.delete(host);
  }

  /** No record may come in at the head: an operator holds. */
  get holding(): boolean {
    return this.#holding.size > 0;
  }

  /** Whether what comes to this operator would have to pass one that holds, itself included. */
  holds(host: OperatorHost): boolean {
    return this.#holding.size > 0 && this.#blocks(this.#pointOf(host));
  }

  /** Whether the operator may emit of its own accord: nothing further down holds, or is not done with a watermark. */
  opens(host: OperatorHost): boolean {
    const { behind } = this.#pointOf(host);
    for (const holder of this.#holding) if (behind.has(this.#pointOf(holder))) return false;
    return !this.#stack.some(({ point }) => behind.has(point)) && !this.#own.some(({ point }) => behind.has(point));
  }

  /** All that is pending waits for operators that hold. */
  get stuck(): boolean {
    return this.#own.length === 0 && this.#accepted.length === 0 && this.#stack.length > 0 && this.#nextIndex() === -1;
  }

  /** Goes on until nothing is pending (true), or an operator yields or holds (false). */
  advance(): boolean {
    this.#takeOwn();
    for (;;) {
      const index = this.#nextIndex();
      if (index === -1) {
        const next = takeFirst(this.#accepted);
        if (next === undefined) return this.#stack.length === 0;
        this.#pushBelow(this.#first, next);
        continue;
      }
      const item = this.#stack[index] as FlowItem;
      if (this.#visit(item, index)) continue;
      // Watermarks that the operator emitted before it yielded follow what it has emitted so far.
      if (this.#own.length > 0) this.#takeOwn();
      else if (!this.#blocks(item.point)) return false;
    }
  }

  /** The uppermost item that nothing holds and that is older than all others where it goes; -1: none. */
  #nextIndex(): number {
    const stack = this.#stack;
    for (let index = stack.length - 1; index >= 0; index--) {
      const { point } = stack[index] as FlowItem;
      if (this.#blocks(point)) continue;
      const waits = stack.length > 1 && stack.some((other, at) => point.behind.has(other.point) || (point === other.point && at > index));
      if (!waits) return index;
    }
    return -1;
  }

  /** One item; when it is done it is replaced by what follows from it. */
  #visit(item: FlowItem, index: number): boolean {
    const { point, event } = item;
    if (point.input !== undefined) return this.#merge(item, index, point.input);
    if (point.edge !== undefined) sendTo(point.edge, event);
    if (point.sink !== undefined && event.kind === "end") point.sink.endInput?.();
    const host = point.host;
    if (host !== undefined) {
      if (event.kind === "end" && !host.inputEnded) {
        host.operator.endInput?.();
        host.inputEnded = true;
      }
      if (event.kind === "status") host.operator.onStatus?.(event.status);
      else if (!fire(host, event)) return false;
    }
    this.#remove(index);
    const forwards = host?.operator.ownsWatermarks !== true || event.kind === "end";
    if (forwards) this.#push(point.next, event);
    this.#takeOwn();
    return true;
  }

  #merge({ point, event }: FlowItem, index: number, input: NonNullable<FlowPoint["input"]>): true {
    this.#remove(index);
    const out = input.merge.take(input.index, event);
    for (let i = out.length - 1; i >= 0; i--) this.#push(point.next, out[i] as FlowEvent);
    return true;
  }

  #blocks(point: FlowPoint): boolean {
    for (const holder of this.#holding) {
      const held = this.#pointOf(holder);
      if (point === held || point.behind.has(held)) return true;
    }
    return false;
  }

  #pointOf(host: OperatorHost): FlowPoint {
    const point = this.#points.get(host);
    assert(point !== undefined, `operator ${host.uid} is in the chain`);
    return point;
  }

  #takeOwn(): void {
    const own = this.#own;
    if (own.length === 0) return;
    this.#own = [];
    for (let i = own.length - 1; i >= 0; i--) this.#stack.push(own[i] as FlowItem);
  }

  /** Nearly always the uppermost: V8 cuts out of an array by a call into the runtime. */
  #remove(index: number): void {
    if (index === this.#stack.length - 1) this.#stack.pop();
    else this.#stack.splice(index, 1);
  }

  /** Below what is stuck, which is older. */
  #pushBelow(points: readonly FlowPoint[], event: FlowEvent): void {
    const stuck = this.#stack.length === 0 ? [] : this.#stack.splice(0);
    this.#push(points, event);
    this.#stack.push(...stuck);
  }

  #push(points: readonly FlowPoint[], event: FlowEvent): void {
    for (let i = points.length - 1; i >= 0; i--) this.#stack.push({ point: points[i] as FlowPoint, event });
  }
}

/** Mostly there is one, and V8 shifts by a call into the runtime. */
function takeFirst(events: FlowEvent[]): FlowEvent | undefined {
  return events.length <= 1 ? events.pop() : events.shift();
}

/** After a restore operators are told again where time stands. It finishes what the checkpoint cut, and is no news else. */
function fire(host: OperatorHost, event: Extract<FlowEvent, { kind: "watermark" | "end" }>): boolean {
  const watermark = event.kind === "end" ? WATERMARK_MAX : event.watermark;
  if (watermark < host.watermark) return true;
  const isNews = watermark > host.watermark || event.kind === "end" || host.operator.ownsWatermarks === true;
  if (!isNews && !host.firing) return true;
  host.watermark = watermark;
  host.firing = !(host.operator.onWatermark?.(watermark) ?? true);
  return !host.firing;
}

function sendTo(edge: EdgeWriter, event: FlowEvent): void {
  switch (event.kind) {
    case "watermark":
      edge.watermark(event.watermark);
      return;
    case "status":
      edge.status(event.status);
      return;
    case "end":
      edge.end();
  }
}
