import type { CheckpointStorage } from "@millrace/contracts";
import type { Ports } from "@millrace/core";
import type { ActivityClock } from "@millrace/operators";
import type { ChainCode, ChainControl } from "../chain/code.ts";
import type { ChainProgram } from "../chain/program.ts";
import type { EdgeWriter } from "../channel/edge-writer.ts";
import type { TaskInput } from "./input.ts";
import type { OperatorHost } from "./operator-host.ts";
import type { SinkPort } from "./sink-port.ts";
import type { StateRoom } from "./state-room.ts";
import type { KeyedChain } from "./task-checkpoint.ts";
import type { TaskListener } from "./task-events.ts";
import type { WatermarkFlow } from "./watermark-flow.ts";

/** The parts of a task, put together by `buildTask`. */
export interface TaskParts {
  readonly jobName: string;
  readonly program: ChainProgram;
  readonly code: ChainCode;
  readonly subtask: number;
  readonly ports: Ports;
  readonly control: ChainControl;
  readonly input: TaskInput;
  readonly flow: WatermarkFlow;
  readonly hosts: readonly OperatorHost[];
  readonly sinks: readonly SinkPort[];
  readonly edges: readonly EdgeWriter[];
  readonly storage: CheckpointStorage | undefined;
  readonly listener: TaskListener;
  /** Keyed files restored from, by node. */
  readonly chains: Map<number, KeyedChain>;
  readonly stateRoom: StateRoom;
  /** Stands still while an output is full, and while the task is suspended. */
  readonly active: ActivityClock;
}
