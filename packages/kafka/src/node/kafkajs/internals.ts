import { Kafka, logLevel } from "kafkajs";
import type { TransportOptions } from "../../transport/transport.ts";

// What is used of kafkajs 2.2.4 beyond its public types. The transport's contract suite holds it to this.

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
  rejectAll(error: Error): void;
}

/** One socket to one broker. */
export interface Connection {
  readonly requestQueue: RequestQueue;
  readonly socket?: { destroy(): void; unref(): void };
  isConnected(): boolean;
  connect(): Promise<unknown>;
  setVersions(versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>): void;
  setSupportAuthenticationProtocol(supported: boolean): void;
  authenticate(): Promise<void>;
  send(protocol: unknown): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

interface ConnectionPoolBuilder {
  build(destination: { readonly host: string; readonly port: number }): Promise<{ readonly pool: readonly Connection[] }>;
}

interface Cluster {
  readonly connectionPoolBuilder: ConnectionPoolBuilder;
}

/**
 * kafkajs hands its cluster to partition assigners when a consumer is made; nothing connects for that. From it comes the
 * builder of connections, with TLS and SASL configured.
 */
export function connectionBuilder(options: TransportOptions): (host: string, port: number) => Promise<Connection> {
  const kafka = new Kafka({
    clientId: options.clientId,
    brokers: ["none:0"],
    // kafkajs' types ask for mutable arrays and for each mechanism's own shape.
    ssl: (options.ssl ?? false) as boolean,
    ...(options.sasl === undefined ? {} : { sasl: options.sasl as never }),
    connectionTimeout: options.connectTimeoutMs,
    requestTimeout: shortestTimeoutMs,
    enforceRequestTimeout: true,
    logLevel: logLevel.NOTHING,
  });
  let cluster: Cluster | undefined;
  kafka.consumer({
    groupId: "none",
    partitionAssigners: [
      (given) => {
        cluster = given.cluster as unknown as Cluster;
        return { name: "none", version: 0, protocol: () => ({ name: "none", metadata: Buffer.alloc(0) }), assign: async () => [] };
      },
    ],
  });
  const builder = cluster?.connectionPoolBuilder;
  if (builder === undefined) throw new Error("kafkajs has changed: its cluster is not handed to partition assigners");
  return async (host, port) => {
    const connection = (await builder.build({ host, port })).pool[0];
    if (connection === undefined) throw new Error("kafkajs has changed: a pool has no connection");
    return quiet(connection);
  };
}

/** A request's own timeout counts only when it is longer than this; timeouts are looked for as often. */
const shortestTimeoutMs = 100;

/** kafkajs starts a timer of about 1 ms after each request and each tick of it, for requests held back; without any there is nothing to look for. */
function quiet(connection: Connection): Connection {
  const queue = connection.requestQueue;
  const schedule = queue.scheduleCheckPendingRequests.bind(queue);
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0) schedule();
  };
  return connection;
}
