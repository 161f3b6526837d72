/**
 * The way bytes go to brokers: connections, TLS, authentication, and the matching of answers to requests. It knows
 * nothing of topics, metadata or retries. Everything above speaks Kafka's protocol through this alone, so that another
 * client library can take its place.
 */
export interface KafkaTransport {
  /**
   * Sends one request to a broker, over the lane's own connection, which is opened and authenticated when needed, also
   * again after it broke. Resolves with the bytes of the answer behind the correlation id; when `expectAnswer` is false,
   * with none, once the request is on its way. Requests of one lane are answered in order. Rejects with a TransportError,
   * after `timeoutMs` at the latest; then it is not known whether the broker acted on the request. The connection is given
   * up then, and what else is on its way over it is rejected as disconnected.
   */
  send(address: BrokerAddress, request: WireRequest): Promise<Buffer>;
  /** Ends all connections at once; requests on the way reject. */
  close(): Promise<void>;
}

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

export interface WireRequest {
  readonly apiKey: number;
  readonly apiName: string;
  readonly apiVersion: number;
  /** What follows the client id in the request. */
  readonly body: Buffer;
  readonly lane: Lane;
  readonly timeoutMs: number;
  readonly expectAnswer: boolean;
}

/** Each has a connection of its own to a broker, because a broker answers one request of a connection after the other. */
export type Lane = "control" | "fetch" | "produce";

/**
 * unreachable: no connection. disconnected: the connection broke while the request was on its way. timeout: no answer.
 * refused: authentication or TLS failed; trying again does not help.
 */
export type TransportErrorKind = "unreachable" | "disconnected" | "timeout" | "refused";

export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly kind: TransportErrorKind;
  readonly address: BrokerAddress;

  constructor(kind: TransportErrorKind, address: BrokerAddress, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.address = address;
  }
}

/** How to reach a cluster and who asks. Holds secrets: it never stands in a plan or a snapshot. */
export interface TransportOptions {
  readonly clientId: string;
  /** true: TLS with the system's certificates. An object: as `tls.connect` takes it (ca, cert, key, servername, …). */
  readonly ssl: boolean | TlsOptions | undefined;
  readonly sasl: SaslOptions | undefined;
  /** For TCP, TLS and authentication together. */
  readonly connectTimeoutMs: number;
}

export interface TlsOptions {
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export type SaslOptions =
  | { readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512"; readonly username: string; readonly password: string }
  | { readonly mechanism: "oauthbearer"; readonly oauthBearerProvider: () => Promise<{ readonly value: string }> };

export type CreateTransport = (options: TransportOptions) => KafkaTransport;
