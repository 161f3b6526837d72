import type { Cancel, Ports } from "@millrace/core";
import type { Machine } from "@millrace/host";
import type { SimulatedPorts } from "@millrace/testkit";

/** One process of a test: when it dies, nothing that it had planned happens any more, and what it had not synced is lost. */
export class TestProcess {
  readonly ports: Ports;
  readonly machine: Machine;
  readonly #world: SimulatedPorts;
  #alive = true;

  constructor(world: SimulatedPorts, pid: number) {
    this.#world = world;
    const after = (delayMs: number, task: () => void): Cancel =>
      world.time.after(delayMs, () => {
        if (this.#alive) task();
      });
    this.ports = { ...world, scheduler: { immediate: (task) => void after(0, task), after } };
    this.machine = {
      processes: {
        pid,
        host: "test",
        namespace: undefined,
        boot: undefined,
        liveness: undefined,
        startTime: (other) => (other === pid ? `${pid}` : undefined),
        alive: (other) => other === pid && this.#alive,
      },
      absolutePath: (path) => (path.startsWith("/") ? path : `/${path}`),
      probe: async () => false,
      hasSockets: false,
      boundGarbage: () => () => undefined,
      inlineFurther: () => () => undefined,
    };
  }

  die(): void {
    this.#alive = false;
    this.#world.files.crash("strict");
  }
}
