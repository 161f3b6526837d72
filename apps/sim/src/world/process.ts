import { type Cancel, type Ports, seededRandom } from "@millrace/core";
import type { Machine } from "@millrace/host";
import { apart } from "./apart.ts";
import { type Incarnation, isRequest, type Order, type Request } from "./faults.ts";
import { ProcessDisk } from "./process-disk.ts";
import { Unclosed } from "./unclosed.ts";
import type { World } from "./world.ts";

/**
 * One process of the simulation. Everything it does goes through its ports; when it dies, nothing that it had planned
 * happens any more, and it is to the others as if it had never answered.
 */
export class SimulatedProcess {
  /** 1 for the first, and so on. */
  readonly pid: number;
  readonly ports: Ports;
  readonly machine: Machine;
  readonly disk: ProcessDisk;
  readonly unclosed = new Unclosed();
  turns = 0;
  /** Faults, orders and recoveries so far. */
  disturbances = 0;
  /** What it has been asked for so far. */
  readonly asked: Request["kind"][] = [];
  /** Its state directory has been taken away. */
  hasLostLock = false;
  /** When its timers are due that have neither been over nor cancelled, in time that goes evenly. */
  readonly #timers = new Set<{ readonly dueMs: number }>();
  #alive = true;
  readonly #world: World;
  readonly #incarnation: Incarnation;
  readonly #onOrder: (order: Order) => void;

  /** `onOrder`: somebody asks the process for something. */
  constructor(world: World, pid: number, seed: number, incarnation: Incarnation, onOrder: (order: Order) => void) {
    this.pid = pid;
    this.#world = world;
    this.#incarnation = incarnation;
    this.#onOrder = onOrder;
    this.disk = new ProcessDisk(world, this, incarnation.disk, incarnation.death, apart(seed, "diskOfProcess"));
    this.ports = {
      clock: world.clock,
      random: seededRandom(seed),
      files: this.disk,
      scheduler: { immediate: (task) => void this.#after(0, task), after: (delayMs, task) => this.#after(delayMs, task) },
    };
    this.machine = {
      processes: {
        pid,
        host: "simulated",
        namespace: undefined,
        boot: undefined,
        liveness: undefined,
        startTime: (other) => (other === pid ? `start of ${pid}` : undefined),
        alive: (other) => other === pid,
      },
      absolutePath: (path) => (path.startsWith("/") ? path : `/${path}`),
      probe: async () => false,
      hasSockets: false,
      boundGarbage: () => () => undefined,
      inlineFurther: () => () => undefined,
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Where its lock has been taken, a record fails. */
  get failsWithoutLock(): boolean {
    return this.hasLostLock && this.#incarnation.orders.some(({ order }) => order.kind === "takeLock" && order.fails);
  }

  /** It has been asked to stop with a savepoint. */
  get stopsWithSavepoint(): boolean {
    return this.asked.includes("stopWithSavepoint");
  }

  /** It has been asked to stop in one way or another. */
  get isToEnd(): boolean {
    return this.asked.some((kind) => kind !== "savepoint" && kind !== "rescale");
  }

  /** Disturbances that are more than somebody asking for something. */
  get troubles(): number {
    return this.disturbances - this.asked.length;
  }

  /** The longest that an operation on its disk takes. */
  get diskDelayMs(): number {
    return this.#incarnation.disk.delayMsMax;
  }

  /** In how many milliseconds the last of its timers is due: they would keep it from its end. */
  get lastTimerMs(): number {
    return Math.max(0, ...[...this.#timers].map(({ dueMs }) => dueMs - this.#world.time.clock.monotonic()));
  }

  /** Somebody asks it to stop in order. */
  stop(): void {
    this.#onOrder({ kind: "stop" });
  }

  /** What comes out now, and when, is not as if all was well. */
  disturbed(): void {
    this.disturbances++;
  }

  /** Its misfortunes end with it: they do not meet those that come after it. False: it has died before. */
  exit(): boolean {
    const wasAlive = this.#alive;
    this.#alive = false;
    return wasAlive;
  }

  die(): void {
    if (!this.#alive) return;
    this.#alive = false;
    const kind = this.#incarnation.death?.kind ?? "killed";
    this.#world.trace.add(`death ${kind}`);
    this.disk.met.add(kind);
    if (kind !== "killed") this.#world.disk.crash(kind === "powerCutStrict" ? "strict" : "random");
  }

  #after(delayMs: number, task: () => void): Cancel {
    const timer = { dueMs: this.#world.time.clock.monotonic() + delayMs };
    this.#timers.add(timer);
    const cancel = this.#world.time.after(delayMs, () => {
      this.#timers.delete(timer);
      if (this.#alive) this.#turn(task);
    });
    return () => {
      this.#timers.delete(timer);
      cancel();
    };
  }

  #turn(task: () => void): void {
    const turn = ++this.turns;
    const { death, orders, clockJumps } = this.#incarnation;
    this.#world.trace.add(`turn ${turn} ${this.#world.time.clock.now()}`);
    for (const jump of clockJumps) {
      if (jump.turn !== turn) continue;
      this.disk.met.add("clock jump");
      this.disturbed();
      this.#world.jump(jump.byMs);
    }
    if (death?.place.at === "turn" && death.place.n === turn) {
      this.disk.met.add("died between operations");
      this.die();
      return;
    }
    for (const { turn: at, order } of orders) {
      if (at !== turn) continue;
      if (order.kind !== "hold") this.disturbed();
      if (isRequest(order)) this.asked.push(order.kind);
      if (order.kind === "stopWithSavepoint" || order.kind === "drain") this.disk.stopAsked();
      this.#onOrder(order);
    }
    task();
  }
}
