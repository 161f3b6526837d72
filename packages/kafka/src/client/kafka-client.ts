import { assert, MillraceError, type Ports } from "@millrace/core";
import type { Api } from "../protocol/api.ts";
import { ByteReader } from "../protocol/byte-reader.ts";
import { ByteWriter } from "../protocol/byte-writer.ts";
import {
  type ApiVersionsResponse,
  apiVersions,
  type BrokerNode,
  findCoordinator,
  type MetadataResponse,
  metadata,
  type TopicMetadata,
} from "../protocol/cluster-apis.ts";
import { errorCodes, errorText, isCoordinatorError, isDenied } from "../protocol/error-codes.ts";
import { type BrokerAddress, type KafkaTransport, type Lane, TransportError } from "../transport/transport.ts";
import type { KafkaCluster } from "./kafka.ts";
import { closedError, Passing, Pauses, refusedError } from "./retry.ts";
import { checkVersions } from "./versions.ts";

export interface CallOptions {
  readonly lane?: Lane;
  /** Default: the cluster's requestTimeoutMs. */
  readonly timeoutMs?: number;
}

type CoordinatorKind = "group" | "transaction";

/**
 * Speaks with a cluster: metadata, coordinators and single requests, with the versions of every broker checked before its
 * first request. What it learns about leaders is remembered until somebody finds it wrong.
 */
export class KafkaClient {
  readonly cluster: KafkaCluster;
  readonly ports: Ports;
  readonly pauses: Pauses;
  readonly #transport: KafkaTransport;
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #checked = new Map<string, Promise<ApiVersionsResponse>>();
  readonly #coordinators = new Map<string, BrokerAddress>();
  #nodes: ReadonlyMap<number, BrokerNode> = new Map();
  #turn = 0;

  constructor(cluster: KafkaCluster, ports: Ports) {
    this.cluster = cluster;
    this.ports = ports;
    this.pauses = new Pauses(ports);
    const { clientId, ssl, sasl, connectTimeoutMs } = cluster;
    this.#transport = cluster.transport({ clientId, ssl, sasl, connectTimeoutMs });
    this.#bootstrap = cluster.brokers.map((broker) => {
      const colon = broker.lastIndexOf(":");
      return { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) };
    });
  }

  /** Brokers of the last metadata. */
  get nodes(): readonly BrokerNode[] {
    return [...this.#nodes.values()];
  }

  node(nodeId: number): BrokerNode | undefined {
    return this.#nodes.get(nodeId);
  }

  /** One request, sent once. Rejects with TransportError, or KAFKA_VERSION. */
  async call<Request, Response>(address: BrokerAddress, api: Api<Request, Response>, request: Request, options: CallOptions = {}): Promise<Response> {
    await this.versionsOf(address);
    return this.#send(address, api, request, options);
  }

  /** A request that the broker does not answer. */
  async callWithoutAnswer<Request>(address: BrokerAddress, api: Api<Request, unknown>, request: Request, lane: Lane): Promise<void> {
    await this.versionsOf(address);
    await this.#transport.send(address, this.#wire(api, request, { lane }, false));
  }

  async #send<Request, Response>(address: BrokerAddress, api: Api<Request, Response>, request: Request, options: CallOptions): Promise<Response> {
    const answer = await this.#transport.send(address, this.#wire(api, request, options, true));
    const reader = new ByteReader(answer);
    // The answer to ApiVersions alone has the old header in flexible versions, too.
    if (api.flexible && api.key !== apiVersions.key) reader.tags();
    return api.read(reader);
  }

  #wire<Request>(api: Api<Request, unknown>, request: Request, { lane = "control", timeoutMs }: CallOptions, expectAnswer: boolean) {
    const writer = new ByteWriter();
    if (api.flexible) writer.noTags();
    api.write(writer, request);
    return {
      apiKey: api.key,
      apiName: api.name,
      apiVersion: api.version,
      body: writer.done(),
      lane,
      timeoutMs: timeoutMs ?? this.cluster.requestTimeoutMs,
      expectAnswer,
    };
  }

  /** What the broker can do; asked once, and checked. */
  versionsOf(address: BrokerAddress): Promise<ApiVersionsResponse> {
    const name = `${address.host}:${address.port}`;
    const known = this.#checked.get(name);
    if (known !== undefined) return known;
    const asking = this.#send(address, apiVersions, { software: "millrace", version: "0.1.0" }, {}).then((answer) => {
      checkVersions(address, answer);
      return answer;
    });
    this.#checked.set(name, asking);
    asking.catch(() => this.#checked.delete(name));
    return asking;
  }

  /** Asks any broker that answers. `topics` null: all. Retried; rejects with KAFKA_UNREACHABLE in the end. */
  metadata(topics: readonly string[] | null): Promise<MetadataResponse> {
    return this.pauses.retrying("be asked for its metadata", this.cluster.unavailableMs, () => this.metadataOnce(topics));
  }

  /** One round over all brokers that are known; rejects with the last TransportError. */
  async metadataOnce(topics: readonly string[] | null): Promise<MetadataResponse> {
    const addresses: readonly BrokerAddress[] = [...this.#nodes.values(), ...this.#bootstrap];
    let last: unknown;
    for (let tries = addresses.length; tries > 0; tries--) {
      const address = addresses[this.#turn++ % addresses.length];
      assert(address !== undefined, "a cluster has an address");
      try {
        const answer = await this.call(address, metadata, { topics });
        if (answer.brokers.length > 0) this.#nodes = new Map(answer.brokers.map((broker) => [broker.nodeId, broker]));
        return answer;
      } catch (error) {
        if (this.pauses.closed) throw closedError();
        if (!(error instanceof TransportError)) throw error;
        if (error.kind === "refused") throw refusedError(error);
        last = error;
      }
    }
    throw last;
  }

  /** Topics that must exist, with a leader for every partition. Rejects with KAFKA_TOPIC_MISSING, KAFKA_DENIED, KAFKA_UNREACHABLE. */
  async topics(names: readonly string[]): Promise<readonly TopicMetadata[]> {
    const what = `name a leader for every partition of ${names.join(", ")}`;
    let missingSince = 0;
    return this.pauses.retrying(what, this.cluster.unavailableMs, async () => {
      const { topics } = await this.metadataOnce(names);
      for (const { name, errorCode, partitions } of topics) {
        if (isDenied(errorCode)) throw denied(`topic ${name}`, errorCode);
        // A topic that has just been made is not known to every broker at once.
        if (errorCode === errorCodes.unknownTopicOrPartition && ++missingSince >= missingLooks) throw topicMissing(name);
        if (errorCode !== 0) throw new Passing(`topic ${name}: ${errorText(errorCode)}`);
        if (partitions.some(({ leaderId }) => leaderId < 0 || !this.#nodes.has(leaderId)))
          throw new Passing(`topic ${name} has partitions without a leader`);
      }
      return topics;
    });
  }

  /** The coordinator of a group or a transactional id; from memory unless it was found wrong. */
  async coordinator(kind: CoordinatorKind, key: string): Promise<BrokerAddress> {
    const known = this.#coordinators.get(`${kind} ${key}`);
    if (known !== undefined) return known;
    if (this.#nodes.size === 0) await this.metadataOnce([]);
    // Another one each time, or a broker that is gone would be asked again and again.
    const any = this.nodes[this.#turn++ % this.#nodes.size];
    if (any === undefined) throw new Passing("the cluster names no broker");
    const answer = await this.call(any, findCoordinator, { key, kind });
    if (isDenied(answer.errorCode)) throw denied(`${kind === "group" ? "group" : "transactional id"} ${key}`, answer.errorCode);
    if (answer.errorCode !== 0) throw new Passing(`the coordinator of ${key}: ${errorText(answer.errorCode)}`);
    const address = { host: answer.host, port: answer.port };
    this.#coordinators.set(`${kind} ${key}`, address);
    return address;
  }

  /**
   * A request to a coordinator, sent again while the answer is a passing one (7, 13, 14, 15, 16, 51) or the connection
   * fails, looking for the coordinator anew. So the request must bear to be done twice.
   */
  toCoordinator<Request, Response>(
    kind: CoordinatorKind,
    key: string,
    api: Api<Request, Response>,
    request: Request,
    codeOf: (response: Response) => number,
  ): Promise<Response> {
    return this.pauses.retrying(`take ${api.name} of ${key}`, this.cluster.unavailableMs, async () => {
      try {
        const response = await this.call(await this.coordinator(kind, key), api, request);
        const code = codeOf(response);
        if (isDenied(code)) throw denied(`${kind === "group" ? "group" : "transactional id"} ${key}`, code);
        if (!isCoordinatorError(code)) return response;
        if (code !== concurrentTransactions) this.#coordinators.delete(`${kind} ${key}`);
        throw new Passing(`${api.name} of ${key}: ${errorText(code)}`);
      } catch (error) {
        if (error instanceof TransportError) this.#coordinators.delete(`${kind} ${key}`);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.pauses.close();
    await this.#transport.close();
  }
}

const concurrentTransactions = 51;
const missingLooks = 5;

export function topicMissing(topic: string): MillraceError {
  return new MillraceError("KAFKA_TOPIC_MISSING", `there is no topic ${topic}`, { hint: "create it, or correct the name" });
}

export function denied(what: string, code: number): MillraceError {
  return new MillraceError("KAFKA_DENIED", `the broker does not let this user use ${what}: ${errorText(code)}`, {
    hint: "an ACL is missing; docs/kafka.md lists the operations that a source and a sink need",
  });
}
