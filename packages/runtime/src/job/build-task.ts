import type { CheckpointManifest, KeyedStateBackend, SinkContext, Source, SourceSplit } from "@millrace/contracts";
import { assert, keyGroupRange, WATERMARK_MIN } from "@millrace/core";
import { type ActivityClock, createActivityClock, WatermarkStrategies } from "@millrace/operators";
import type { NodeBody, OperatorBody, PhysicalEdge, PhysicalTask } from "@millrace/plan";
import { migrateRecords } from "@millrace/state";
import { type ChainBindings, type ChainCode, type ChainControl, explainFailure } from "../chain/code.ts";
import { generateChain } from "../chain/generate.ts";
import { interpretChain } from "../chain/interpret.ts";
import { type ChainProgram, chainProgram } from "../chain/program.ts";
import type { ReceivingChannel, SendingChannel } from "../channel/channel.ts";
import type { TaskSettings } from "../deployment/task-settings.ts";
import { type MigratedRestore, migrationOf, restoreOf } from "../restore/migrations.ts";
import { type HostServices, OperatorHost } from "../task/operator-host.ts";
import { SinkPort } from "../task/sink-port.ts";
import { SourceAlignment } from "../task/source-alignment.ts";
import { SourceInput } from "../task/source-input.ts";
import type { StateRoom } from "../task/state-room.ts";
import { StreamTask } from "../task/stream-task.ts";
import type { KeyedChain } from "../task/task-checkpoint.ts";
import type { TaskListener } from "../task/task-events.ts";
import { WatermarkFlow } from "../task/watermark-flow.ts";
import { type DeployedTask, metricsOf } from "./deployed-task.ts";
import { keyedChunks, type RestoredNode, restoredNode } from "./restored-state.ts";
import { edgeWriterOf, gateOf, maxParallelismAt, planNode, restoredFiles } from "./task-edges.ts";

export interface TaskOrder {
  readonly settings: TaskSettings;
  /** Number of key groups of nodes that fix none of their own. */
  readonly maxParallelism: number;
  readonly restored: CheckpointManifest | undefined;
  readonly migrated: MigratedRestore | undefined;
  readonly physical: PhysicalTask;
  readonly subtask: number;
  readonly id: string;
  readonly stateRoom: StateRoom;
  readonly listener: TaskListener;
  readonly wake: (task: StreamTask) => void;
  readonly channelsTo: (edge: PhysicalEdge) => readonly SendingChannel[];
  readonly channelsFrom: (edge: PhysicalEdge) => readonly ReceivingChannel[];
  /** Subtasks that send to this one through an edge, in the order of `channelsFrom`. */
  readonly sendersOf: (edge: PhysicalEdge) => readonly number[];
  readonly parallelismOf: (task: number) => number;
  /** See `overtakableEdges`. */
  readonly isOvertakable: (edge: PhysicalEdge) => boolean;
  readonly requestSplit: () => void;
  readonly sourceWatermark: (watermark: number) => void;
  readonly sinkContext: (uid: string) => SinkContext;
}

/** What has to be closed when the rest can't be built. */
interface Unfinished {
  readonly backends: KeyedStateBackend[];
  /** Closes its backends itself. */
  task: StreamTask | undefined;
}

/** Builds one subtask: state first, then sinks and operators are opened; then its position in time is restored. A failure leaves nothing open. */
export async function buildTask(order: TaskOrder): Promise<DeployedTask> {
  const unfinished: Unfinished = { backends: [], task: undefined };
  try {
    return await build(order, unfinished);
  } catch (error) {
    // Nobody else knows of it yet. Why it could not be built tells more than why it can't be closed.
    const { task, backends } = unfinished;
    await Promise.allSettled([task?.close() ?? Promise.all(backends.map((backend) => backend.close()))]);
    throw error;
  }
}

async function build(order: TaskOrder, unfinished: Unfinished): Promise<DeployedTask> {
  const { settings, physical, subtask } = order;
  const { graph, ports } = settings;
  const program = chainProgram(graph.plan, physical);
  const control: ChainControl = { interrupt: false };
  const metrics = metricsOf(physical.nodes);
  const edges = physical.outputs.map((edge) => edgeWriterOf(order, edge, control));
  const sinks = createSinks(order, program);
  const operators = createOperators(order, program);
  const writers = new Map([...sinks].map(([node, port]) => [node, port.writer]));
  const code = compile(settings, program, {
    functions: functionsOf(graph.bodies, physical.nodes),
    operators,
    sinks: writers,
    edges,
    metrics,
    control,
  });
  const chains = new Map<number, KeyedChain>();
  let task: StreamTask | undefined;
  const wake = (): void => {
    if (task !== undefined) order.wake(task);
  };
  const services = servicesOf(
    settings,
    control,
    () => flow,
    () => task,
  );
  const hosts = await createHosts(order, operators, metrics, code, chains, services, unfinished.backends);
  const byNode = new Map(hosts.map((host) => [host.node, host]));
  const flow = new WatermarkFlow(program, byNode, writers, edges);
  const active = createActivityClock(() => ports.clock.monotonic());
  const greet = (): void => {
    for (const edge of edges) edge.greet();
  };
  const source = sourceInputOf(order, code, flow, control, active, wake, greet);
  const input = source ?? (await gateOf(order, restoredOf(order, program.head)?.watermark ?? WATERMARK_MIN, code, flow, wake, greet));
  const parts = {
    jobName: graph.plan.jobName,
    program,
    code,
    subtask,
    ports,
    control,
    input,
    flow,
    hosts,
    sinks: [...sinks.values()],
    edges,
    storage: settings.storage,
    listener: order.listener,
    chains,
    stateRoom: order.stateRoom,
    active,
  };
  task = new StreamTask(parts, wake);
  unfinished.task = task;
  await openAll(order, program, hosts, sinks, source, flow);
  return {
    id: order.id,
    task,
    physical,
    subtask,
    source,
    metrics,
    watermarkOf: (node) => byNode.get(node)?.watermark ?? (node === program.head ? source?.watermark : undefined),
  };
}

/** Operators are opened before the task runs, and may ask for its services then. */
function servicesOf({ ports }: TaskSettings, control: ChainControl, flowOf: () => WatermarkFlow, taskOf: () => StreamTask | undefined): HostServices {
  return {
    now: () => ports.clock.now(),
    shouldYield: () => taskOf()?.shouldYield() ?? false,
    wakeAt: (time) => taskOf()?.wakeAt(time),
    emitted: (host, event) => {
      flowOf().emitted(host, event);
      control.interrupt = true;
    },
    mailCame: () => taskOf()?.mailCame(),
    after: (delayMs, action) => ports.scheduler.after(delayMs, action),
    held: (host, held) => taskOf()?.held(host, held),
    position: () => taskOf()?.position(),
  };
}

async function createHosts(
  order: TaskOrder,
  operators: ReadonlyMap<number, ReturnType<OperatorBody["create"]>>,
  metrics: DeployedTask["metrics"],
  code: ChainCode,
  chains: Map<number, KeyedChain>,
  services: HostServices,
  opened: KeyedStateBackend[],
): Promise<OperatorHost[]> {
  const hosts: OperatorHost[] = [];
  for (const [node, operator] of operators) {
    const place = { node, uid: planNode(order.settings.graph.plan, node).uid, subtask: order.subtask, parallelism: order.physical.parallelism };
    const backend = await openBackend(order, node, chains, opened);
    const nodeMetrics = metrics.get(node);
    assert(nodeMetrics !== undefined, "every node has metrics");
    hosts.push(new OperatorHost(place, operator, backend, nodeMetrics, code, services));
  }
  return hosts;
}

/** Code generation may be forbidden (`--disallow-code-generation-from-strings`); the interpreter then does the same, slower. */
function compile({ interpret }: TaskSettings, program: ChainProgram, bindings: ChainBindings): ChainCode {
  if (interpret) return interpretChain(program, bindings);
  try {
    return generateChain(program, bindings);
  } catch (error) {
    if (error instanceof EvalError) return interpretChain(program, bindings);
    throw error;
  }
}

async function openAll(
  order: TaskOrder,
  program: ChainProgram,
  hosts: readonly OperatorHost[],
  sinks: ReadonlyMap<number, SinkPort>,
  source: SourceInput | undefined,
  flow: WatermarkFlow,
): Promise<void> {
  for (const [node, sink] of sinks) await opened(order, node, () => sink.writer.open(restoredOf(order, node)?.writerStates ?? []));
  for (const host of hosts) {
    const restored = restoredOf(order, host.node);
    if (restored !== undefined) {
      host.watermark = restored.watermark;
      host.firing = restored.firing;
    }
    await opened(order, host.node, async () => {
      await host.operator.open?.(host);
      if (restored !== undefined) host.operator.restoreState?.(restored.operatorState);
    });
  }
  for (const host of hosts) flow.resume(host);
  const head = restoredOf(order, program.head);
  if (source !== undefined) source.begin(head?.splits ?? [], head?.finished ?? false);
  // As a source does: other tasks hear where time stands.
  else if (head !== undefined && head.watermark > WATERMARK_MIN) flow.accept({ kind: "watermark", watermark: head.watermark });
}

/** What opening throws gets its place. */
async function opened(order: TaskOrder, node: number, open: () => Promise<void>): Promise<void> {
  try {
    await open();
  } catch (error) {
    const job = order.settings.graph.plan.jobName;
    throw explainFailure(error, { job, uid: planNode(order.settings.graph.plan, node).uid, subtask: order.subtask });
  }
}

function restoredOf(order: TaskOrder, node: number): RestoredNode | undefined {
  const { uid } = planNode(order.settings.graph.plan, node);
  const snapshot = order.restored?.operators.find((operator) => operator.uid === uid);
  if (snapshot === undefined) return undefined;
  const { parallelism } = order.physical;
  const keyGroups = keyGroupRange(order.subtask, maxParallelismAt(order, node), parallelism);
  return restoredNode(order.restored?.kind ?? "checkpoint", snapshot, order.subtask, parallelism, keyGroups);
}

async function openBackend(
  order: TaskOrder,
  node: number,
  chains: Map<number, KeyedChain>,
  opened: KeyedStateBackend[],
): Promise<KeyedStateBackend | undefined> {
  const { settings, physical, subtask } = order;
  const body = settings.graph.bodies[node] as OperatorBody;
  if (body.keySelectors.length === 0 || body.keyedState === "none") return undefined;
  const { uid } = planNode(order.settings.graph.plan, node);
  const maxParallelism = maxParallelismAt(order, node);
  const { clock } = settings.ports;
  const { backend, filled, needsBase } = await settings.backends.open({
    uid,
    subtask,
    keyGroups: keyGroupRange(subtask, maxParallelism, physical.parallelism),
    maxParallelism,
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
  });
  opened.push(backend);
  const restored = restoredOf(order, node);
  if (order.restored !== undefined && restored !== undefined) {
    const data = restoredFiles(settings, order.restored);
    const chunks = keyedChunks(data, restored.keyed);
    const migration = order.migrated === undefined ? undefined : migrationOf(settings.graph, order.migrated, uid, clock.now());
    if (!filled) await backend.restore(migration === undefined ? chunks : migrateRecords(chunks, migration));
    const migrated = order.migrated !== undefined && restoreOf(order.migrated.plan, uid)?.outcome === "migrated";
    const own = restored.ownChain && !needsBase && !migrated ? restored.keyed[0] : undefined;
    if (own !== undefined) chains.set(node, { files: own.files });
  }
  return backend;
}

function createSinks(order: TaskOrder, program: ChainProgram): ReadonlyMap<number, SinkPort> {
  const sinks = new Map<number, SinkPort>();
  for (const node of program.nodes) {
    const body = order.settings.graph.bodies[node.id];
    if (body?.kind !== "sink") continue;
    const writer = body.sink.createWriter(order.sinkContext(node.uid));
    sinks.set(node.id, new SinkPort(node.id, writer));
  }
  return sinks;
}

function createOperators(order: TaskOrder, program: ChainProgram): Map<number, ReturnType<OperatorBody["create"]>> {
  const operators = new Map<number, ReturnType<OperatorBody["create"]>>();
  for (const node of program.nodes) {
    const body = order.settings.graph.bodies[node.id];
    if (body?.kind === "operator") operators.set(node.id, body.create());
  }
  return operators;
}

function functionsOf(bodies: readonly NodeBody[], nodes: readonly number[]): ReadonlyMap<number, (value: unknown) => unknown> {
  const functions = new Map<number, (value: unknown) => unknown>();
  for (const node of nodes) {
    const body = bodies[node];
    if (body?.kind === "map" || body?.kind === "filter" || body?.kind === "flatMap") functions.set(node, body.fn);
  }
  return functions;
}

function sourceInputOf(
  order: TaskOrder,
  code: ChainCode,
  flow: WatermarkFlow,
  control: ChainControl,
  active: ActivityClock,
  available: () => void,
  greet: () => void,
): SourceInput | undefined {
  const { settings, physical, subtask } = order;
  const body = settings.graph.bodies[physical.head];
  if (body?.kind !== "source") return undefined;
  const source = body.source as Source<unknown, SourceSplit>;
  const reader = source.createReader({ ports: settings.ports, subtask, requestSplit: order.requestSplit, available });
  const strategy = body.watermarks ?? WatermarkStrategies.noWatermarks();
  const { alignment } = strategy;
  const { scheduler } = settings.ports;
  return new SourceInput({
    alignment: alignment && new SourceAlignment({ alignment, scheduler, report: order.sourceWatermark }),
    active,
    node: physical.head,
    reader,
    strategy,
    reached: restoredOf(order, physical.head)?.watermark ?? WATERMARK_MIN,
    live: source.boundedness === "unbounded",
    ports: settings.ports,
    wake: available,
    greet,
    code,
    flow,
    control,
    batchRecords: settings.batchRecords,
    sideOutput: (name) => code.side(physical.head, name),
  });
}
