import type { KeyedStateBackend } from "@millrace/contracts";
import { assert, WATERMARK_MIN } from "@millrace/core";
import { createActivityClock } from "@millrace/operators";
import type { OperatorBody } from "@millrace/plan";
import { type ChainCode, type ChainControl, explainFailure } from "../chain/code.ts";
import { type ChainProgram, chainProgram } from "../chain/program.ts";
import type { TaskSettings } from "../deployment/task-settings.ts";
import { type HostServices, OperatorHost } from "../task/operator-host.ts";
import type { SinkPort } from "../task/sink-port.ts";
import type { SourceInput } from "../task/source-input.ts";
import { StreamTask } from "../task/stream-task.ts";
import type { KeyedChain } from "../task/task-checkpoint.ts";
import { WatermarkFlow } from "../task/watermark-flow.ts";
import { compile, createOperators, createSinks, functionsOf } from "./chain-parts.ts";
import { type DeployedTask, metricsOf } from "./deployed-task.ts";
import { notRunning } from "./not-running.ts";
import { openBackend } from "./open-backend.ts";
import { sourceInputOf } from "./source-input-of.ts";
import { edgeWriterOf, gateOf } from "./task-edges.ts";
import { planNode, restoredOf, type TaskOrder, type TaskWiring } from "./task-order.ts";

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
  const active = createActivityClock(() => ports.clock.monotonic());
  const services = servicesOf(
    settings,
    { control, active },
    () => flow,
    () => task,
  );
  const hosts = await createHosts(order, operators, metrics, code, chains, services, unfinished.backends);
  const byNode = new Map(hosts.map((host) => [host.node, host]));
  const flow = new WatermarkFlow(program, byNode, writers, edges);
  const greet = (): void => {
    for (const edge of edges) edge.greet();
  };
  const wiring: TaskWiring = { code, flow, control, active, wake, greet };
  const source = sourceInputOf(order, wiring);
  const input = source ?? (await gateOf(order, wiring));
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
function servicesOf(
  { ports }: TaskSettings,
  { control, active }: Pick<TaskWiring, "control" | "active">,
  flowOf: () => WatermarkFlow,
  taskOf: () => StreamTask | undefined,
): HostServices {
  return {
    now: () => ports.clock.now(),
    activeNow: () => active.now(),
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
  if (order.isGivenUp()) throw notRunning("it was given up while it was being built");
  try {
    await open();
  } catch (error) {
    const job = order.settings.graph.plan.jobName;
    throw explainFailure(error, { job, uid: planNode(order.settings.graph.plan, node).uid, subtask: order.subtask });
  }
}
