import type { BrokerAddress, KafkaTransport, TransportOptions, WireRequest } from "../../transport/transport.ts";
import { TransportError } from "../../transport/transport.ts";
import { type Connection, connectionBuilder } from "./internals.ts";

/** Brokers of today know these versions of the SASL requests; kafkajs asks for them before it authenticates. */
const saslVersions = { 17: { minVersion: 1, maxVersion: 1 }, 36: { minVersion: 0, maxVersion: 1 } };

/** kafkajs 2.2.4 as transport: of it only connections, TLS and SASL are used. */
export function createKafkajsTransport(options: TransportOptions): KafkaTransport {
  return new KafkajsTransport(options);
}

class KafkajsTransport implements KafkaTransport {
  readonly #options: TransportOptions;
  readonly #build: (host: string, port: number) => Promise<Connection>;
  readonly #open = new Map<string, Promise<Connection>>();
  #closed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#build = connectionBuilder(options);
  }

  async send(address: BrokerAddress, request: WireRequest): Promise<Buffer> {
    const connection = await this.#connection(address, request.lane);
    try {
      const answer = await connection.send({
        request: {
          apiKey: request.apiKey,
          apiName: request.apiName,
          apiVersion: request.apiVersion,
          expectResponse: () => request.expectAnswer,
          encode: async () => ({ buf: request.body, buffer: request.body }),
        },
        response: {
          decode: async (payload: Buffer) => ({ payload }),
          parse: async (decoded: { readonly payload: Buffer }) => decoded.payload,
        },
        requestTimeout: request.timeoutMs,
        logResponseError: false,
      });
      return (answer as Buffer | undefined) ?? Buffer.alloc(0);
    } catch (error) {
      throw translated(error, address, "disconnected", `${request.apiName} to ${nameOf(address)}`);
    }
  }

  /** The lane's connection, opened once however many ask at a time, and again after it broke. */
  #connection(address: BrokerAddress, lane: string): Promise<Connection> {
    const name = `${nameOf(address)} ${lane}`;
    const known = this.#open.get(name);
    const opening =
      known === undefined
        ? this.#connect(address)
        : known.then((connection) => (connection.isConnected() ? connection : this.#reopen(name, known, address)));
    if (known === undefined) {
      this.#open.set(name, opening);
      opening.catch(() => {
        if (this.#open.get(name) === opening) this.#open.delete(name);
      });
    }
    return opening;
  }

  #reopen(name: string, broken: Promise<Connection>, address: BrokerAddress): Promise<Connection> {
    if (this.#open.get(name) === broken) this.#open.delete(name);
    return this.#connection(address, name.slice(nameOf(address).length + 1));
  }

  async #connect(address: BrokerAddress): Promise<Connection> {
    if (this.#closed) throw new TransportError("unreachable", address, "the transport is closed");
    const connection = await this.#build(address.host, address.port);
    const { connectTimeoutMs } = this.#options;
    try {
      await within(connectTimeoutMs, address, async () => {
        await connection.connect();
        connection.setVersions(saslVersions);
        connection.setSupportAuthenticationProtocol(true);
        await connection.authenticate();
      });
    } catch (error) {
      destroy(connection, error);
      throw translated(error, address, "unreachable", `connecting to ${nameOf(address)}`);
    }
    if (this.#closed) {
      destroy(connection, undefined);
      throw new TransportError("unreachable", address, "the transport is closed");
    }
    return connection;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connections = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const result of connections) if (result.status === "fulfilled") destroy(result.value, undefined);
  }
}

/** kafkajs waits for all answers before it lets a socket go; here none is waited for. */
function destroy(connection: Connection, cause: unknown): void {
  connection.requestQueue.rejectAll(cause instanceof Error ? cause : new Error("the connection was closed"));
  connection.disconnect().catch(() => undefined);
  connection.socket?.destroy();
}

async function within(timeoutMs: number, address: BrokerAddress, action: () => Promise<void>): Promise<void> {
  const running = action();
  running.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new TransportError("timeout", address, `${nameOf(address)} accepted the connection but did not finish the handshake within ${timeoutMs} ms`),
      );
    }, timeoutMs);
  });
  try {
    await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}

function translated(error: unknown, address: BrokerAddress, otherwise: "unreachable" | "disconnected", what: string): TransportError {
  if (error instanceof TransportError) return error;
  const { name, message, code } = error as { name?: string; message?: string; code?: string };
  const text = `${what}: ${message ?? String(error)}`;
  if (name === "KafkaJSRequestTimeoutError") return new TransportError("timeout", address, `${what}: no answer in time`, error);
  if (name?.startsWith("KafkaJSSASL") === true) return new TransportError("refused", address, text, error);
  if (code !== undefined && tlsRefusal.test(code)) return new TransportError("refused", address, text, error);
  return new TransportError(otherwise, address, text, error);
}

const tlsRefusal = /^(ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;

function nameOf({ host, port }: BrokerAddress): string {
  return `${host}:${port}`;
}
