import type { Cancel } from "@millrace/core";
import { boundGarbage, inlineFurther, nodeProcessFacts } from "./node/index.ts";
import { probeControl } from "./node/probe.ts";
import { absolutePath } from "./node/working-directory.ts";
import type { ControlRecord, ProcessFacts } from "./state-directory/index.ts";

/** What a host asks of the machine besides the ports: who else runs there, and how a job is reached. The simulator brings its own. */
export interface Machine {
  readonly processes: ProcessFacts;
  /** Against the working directory. */
  absolutePath(path: string): string;
  /** Whether anybody answers on the control socket. */
  probe(control: ControlRecord): Promise<boolean>;
  /** Whether jobs open a control socket. */
  readonly hasSockets: boolean;
  /** Keeps garbage low while the process holds a good part of `memoryBytes`. */
  boundGarbage(memoryBytes: number): Cancel;
  /** Has the way of a record compiled as one piece. */
  inlineFurther(): Cancel;
}

export const nodeMachine: Machine = { processes: nodeProcessFacts, absolutePath, probe: probeControl, hasSockets: true, boundGarbage, inlineFurther };
