export interface Ports {
  readonly broker: number;
  readonly controller: number;
  /** Of the listeners beside PLAINTEXT, by name. */
  readonly listeners: Readonly<Record<string, number>>;
}

/** A node of a cluster whose controller is another one. */
export interface ClusterNode {
  readonly id: number;
  /** `host:port` of the controller. */
  readonly controller: string;
}

type Properties = Readonly<Record<string, string | number | boolean>>;

/** One node, with everything replicated once; broker and controller in one, unless `node` says who controls it. */
export function properties(ports: Ports, storage: string, node: ClusterNode | undefined): Properties {
  const host = "127.0.0.1";
  const brokers = Object.entries({ PLAINTEXT: ports.broker, ...ports.listeners }).map(([name, port]) => `${name}://${host}:${port}`);
  const controllers = node === undefined ? [`CONTROLLER://${host}:${ports.controller}`] : [];
  return {
    "process.roles": node === undefined ? "broker,controller" : "broker",
    "node.id": node?.id ?? 1,
    "controller.quorum.voters": `1@${node?.controller ?? `${host}:${ports.controller}`}`,
    listeners: [...brokers, ...controllers].join(","),
    "advertised.listeners": brokers.join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": [
      "CONTROLLER:PLAINTEXT",
      "PLAINTEXT:PLAINTEXT",
      ...Object.keys(ports.listeners).map((name) => `${name}:${name}`),
    ].join(","),
    "log.dirs": storage,
    "auto.create.topics.enable": false,
    "default.replication.factor": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 500,
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
  };
}

export function render(values: Properties): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
