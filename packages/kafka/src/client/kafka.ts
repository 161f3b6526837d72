import { MillraceError } from "@millrace/core";
import { createKafkajsTransport } from "../node/kafkajs/kafkajs-transport.ts";
import type { CreateTransport, SaslOptions, TlsOptions } from "../transport/transport.ts";

export interface KafkaOptions {
  /** Some of the cluster's brokers, `host:port`; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** Stands in the brokers' logs and quotas. Default "millrace". */
  readonly clientId?: string;
  /** true: TLS with the system's certificates; an object: as `tls.connect` takes it. */
  readonly ssl?: boolean | TlsOptions;
  readonly sasl?: SaslOptions;
  /** For TCP, TLS and authentication together. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** How long an answer is waited for. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** How long a cluster that can't be reached is tried before the job fails with KAFKA_UNREACHABLE. Default 2 minutes. */
  readonly unavailableMs?: number;
  /** Another transport; for tests. */
  readonly transport?: CreateTransport;
}

/** A cluster to read from or write to; made by `kafka`. */
export type KafkaCluster = Required<Omit<KafkaOptions, "ssl" | "sasl">> & Pick<KafkaOptions, "ssl" | "sasl">;

/**
 * Names a cluster. Nothing connects before a job runs, and no secret goes into the plan.
 *
 *     const cluster = kafka({ brokers: ["broker-1:9092"], ssl: true, sasl: { mechanism: "plain", username, password } });
 */
export function kafka(options: KafkaOptions): KafkaCluster {
  if (options.brokers.length === 0) throw refused("a broker is needed", 'e.g. kafka({ brokers: ["localhost:9092"] })');
  for (const broker of options.brokers) {
    if (!/^.+:\d{1,5}$/.test(broker)) throw refused(`${JSON.stringify(broker)} is no host:port`, 'e.g. "localhost:9092"');
  }
  for (const name of ["connectTimeoutMs", "requestTimeoutMs", "unavailableMs"] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 100)) throw refused(`${name} must be 100 or more, not ${value}`, "it is in milliseconds");
  }
  return {
    clientId: "millrace",
    connectTimeoutMs: 10_000,
    requestTimeoutMs: 30_000,
    unavailableMs: 120_000,
    transport: createKafkajsTransport,
    ...options,
  };
}

function refused(message: string, hint: string): MillraceError {
  return new MillraceError("KAFKA_OPTIONS", `kafka: ${message}`, { hint });
}
