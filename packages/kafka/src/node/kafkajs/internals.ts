import { Kafka, logLevel } from "kafkajs";
import type { SaslOptions, TransportOptions } from "../../transport/transport.ts";
import { oauthBearer } from "./oauth-bearer.ts";

// What is used of kafkajs 2.2.4 beyond its public types. The transport's contract suite holds it to this.

interface RequestQueue {
  requestTimeout: number;
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
  rejectAll(error: Error): void;
}

/** One socket to one broker. */
export interface Connection {
  readonly requestQueue: RequestQueue;
  readonly socket?: { destroy(): void; unref(): void };
  /** In milliseconds, a Long; 0: without end. */
  sessionLifetime: { toNumber(): number; constructor: { readonly ZERO: Connection["sessionLifetime"] } };
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
    ...(options.sasl === undefined ? {} : { sasl: saslFor(options.sasl) as never }),
    connectionTimeout: options.connectTimeoutMs,
    requestTimeout: options.connectTimeoutMs,
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

/** A copy: kafkajs keeps in this object what it makes of the credentials, and others may be made of the user's. */
function saslFor(sasl: SaslOptions): object {
  return sasl.mechanism === "oauthbearer" ? oauthBearer(sasl) : { ...sasl };
}

/** Authenticates it. The requests of that have no timeout of their own, so the connection's counts; later ones have. */
export async function authenticate(connection: Connection): Promise<void> {
  await connection.authenticate();
  connection.requestQueue.requestTimeout = shortestTimeoutMs;
}

/** A request's own timeout counts only when it is longer than the connection's. */
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
