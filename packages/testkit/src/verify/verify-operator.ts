import type { Operator } from "@millrace/contracts";
import { createHeapBackend } from "@millrace/state";
import { type BackendFactory, createHarness, type HarnessOutput, type HarnessStep, type HarnessTime } from "../harness/index.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { freezeReads } from "./freeze-reads.ts";
import { differenceOf, type Observation, sameOutputs } from "./observation.ts";

export interface VerifyOptions<In, Out, In2> {
  /** A new operator for each run and each restore. */
  readonly create: (time: HarnessTime) => Operator<In, Out, In2>;
  readonly steps: readonly HarnessStep[];
  /** What must come out, records of one timestamp that follow each other in any order. undefined: only that all runs agree. */
  readonly expected?: readonly HarnessOutput<Out>[];
  /** Default 1. */
  readonly inputs?: 1 | 2;
  /** Whether it has keyed state and timers. Default true. */
  readonly keyed?: boolean;
  readonly clockStart?: number;
  /** By name; default: heap alone. */
  readonly backends?: Readonly<Record<string, BackendFactory>>;
  /** At most so many positions of a single restart are tried, spread evenly. Default 100. */
  readonly positionsMax?: number;
}

/** How one run differs from the plain one. */
interface Run {
  readonly name: string;
  readonly backend: BackendFactory;
  readonly capacity: number;
  readonly restartAt: (call: number) => boolean;
}

const never = (): boolean => false;

/**
 * Runs an operator on the same steps under every condition that the runtime may put it in, and throws when the outputs
 * differ: with an output that takes one record at a time, with none to spare at all, with a restart from a snapshot at
 * each single place between two calls (also inside a firing that yielded), with a restart at all of them, and over each
 * state backend. All records and all values read from state are
 * frozen, so that an operator that changes one fails. The outputs of the plain run are
 * returned.
 *
 * After Hazelcast Jet's TestSupport.
 */
export async function verifyOperator<In, Out, In2 = never>(options: VerifyOptions<In, Out, In2>): Promise<readonly HarnessOutput<Out>[]> {
  const backends = Object.entries(options.backends ?? { heap: createHeapBackend });
  const [, firstBackend] = backends[0] ?? ["heap", createHeapBackend];
  const free = Number.POSITIVE_INFINITY;

  const plain = await observe(options, { name: "plain", backend: firstBackend, capacity: free, restartAt: never });
  const outputs = plain.observations.map((observation) => observation.output as HarnessOutput<Out>);
  if (options.expected !== undefined) refuse("the plain run", sameOutputs(options.expected, outputs));

  const slots = await observe(options, { name: "one slot", backend: firstBackend, capacity: 1, restartAt: never });
  refuse("with an output of one slot", differenceOf(options.steps, plain.observations, slots.observations));
  const runs: Run[] = [{ name: "with an output that is always full", backend: firstBackend, capacity: 0, restartAt: never }];
  for (const position of positionsOf(slots.calls, options.positionsMax ?? 100)) {
    runs.push({ name: `with a restart after call ${position}`, backend: firstBackend, capacity: 1, restartAt: (call) => call === position });
  }
  for (const [name, backend] of backends) {
    runs.push({ name: `over ${name}`, backend, capacity: free, restartAt: never });
    runs.push({ name: `over ${name} with a restart after every call`, backend, capacity: 1, restartAt: () => true });
  }
  for (const run of runs) {
    const { observations } = await observe(options, run);
    refuse(run.name, differenceOf(options.steps, plain.observations, observations));
  }
  return outputs;
}

async function observe<In, Out, In2>(options: VerifyOptions<In, Out, In2>, run: Run): Promise<{ observations: Observation[]; calls: number }> {
  const observations: Observation[] = [];
  let step = 0;
  let timer: string | undefined;
  let calls = 0;
  const harness = await createHarness<In, Out, In2>({
    create: options.create,
    inputs: options.inputs ?? 1,
    keyed: options.keyed ?? true,
    clockStart: options.clockStart ?? 0,
    backend: run.backend,
    capacity: run.capacity,
    wrapKeyed: freezeReads,
    onOutput: (output) => observations.push({ step, timer, output: deepFreeze(output) }),
    timerObserver: {
      timerFires(domain, time) {
        timer = `${domain} ${time}`;
      },
      timerDone() {
        timer = undefined;
      },
    },
  });
  try {
    for (const [index, current] of options.steps.entries()) {
      step = index;
      await harness.runWith(deepFreeze(current), async () => {
        if (run.restartAt(calls++)) await harness.restart();
      });
    }
  } catch (error) {
    throw new Error(`${run.name}: step ${step} failed`, { cause: error });
  } finally {
    await harness.close();
  }
  return { observations, calls };
}

function positionsOf(calls: number, positionsMax: number): Set<number> {
  const stride = Math.max(1, calls / positionsMax);
  return new Set(Array.from({ length: Math.min(calls, positionsMax) }, (_, index) => Math.floor(index * stride)));
}

function refuse(run: string, difference: string | undefined): void {
  if (difference !== undefined) throw new Error(`the operator emits something else ${run}:\n${difference}`);
}
