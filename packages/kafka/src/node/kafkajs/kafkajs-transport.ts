import { errorCodes } from "../../protocol/error-codes.ts";
import type { BrokerAddress, KafkaTransport, TransportOptions, WireRequest } from "../../transport/transport.ts";
import { TransportError } from "../../transport/transport.ts";
import { authenticate, type Connection, connectionBuilder } from "./internals.ts";

/** Brokers of today know these versions of the SASL requests; kafkajs asks for them before it authenticates. */
const saslVersions = { 17: { minVersion: 1, maxVersion: 1 }, 36: { minVersion: 0, maxVersion: 1 } };

/** kafkajs 2.2.4 as transport: of it only connections, TLS and SASL are used. */
export function createKafkajsTransport(options: TransportOptions): KafkaTransport {
  return new KafkajsTransport(options);
}

/** Of the time that a broker gives an authenticated connection. */
const sessionShare = 0.8;

interface OpenConnection {
  readonly connection: Connection;
  /** By `performance.now`; the broker cuts it some time after, or an answer has not come in time. */
  usableUntilMs: number;
}

class KafkajsTransport implements KafkaTransport {
  readonly #options: TransportOptions;
  readonly #build: (host: string, port: number) => Promise<Connection>;
  readonly #open = new Map<string, Promise<OpenConnection>>();
  #closed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#build = connectionBuilder(options);
  }

  async send(address: BrokerAddress, request: WireRequest): Promise<Buffer> {
    const open = await this.#connection(address, request.lane);
    const { connection } = open;
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
      const failure = translated(error, address, "disconnected", `${request.apiName} to ${nameOf(address)}`);
      if (failure.kind === "timeout") giveUp(open);
      throw failure;
    }
  }

  /** The lane's connection, opened once however many ask at a time, and again after it broke or when its session ends. */
  #connection(address: BrokerAddress, lane: string): Promise<OpenConnection> {
    const name = `${nameOf(address)} ${lane}`;
    const known = this.#open.get(name);
    const opening = known === undefined ? this.#connect(address) : known.then((open) => (usable(open) ? open : this.#reopen(name, known, address)));
    if (known === undefined) {
      this.#open.set(name, opening);
      opening.catch(() => {
        if (this.#open.get(name) === opening) this.#open.delete(name);
      });
    }
    return opening;
  }

  async #reopen(name: string, before: Promise<OpenConnection>, address: BrokerAddress): Promise<OpenConnection> {
    if (this.#open.get(name) === before) {
      this.#open.delete(name);
      // Answers on their way are waited for.
      (await before).connection.disconnect().catch(() => undefined);
    }
    return this.#connection(address, name.slice(nameOf(address).length + 1));
  }

  async #connect(address: BrokerAddress): Promise<OpenConnection> {
    if (this.#closed) throw new TransportError("unreachable", address, "the transport is closed");
    const connection = await this.#build(address.host, address.port);
    const { connectTimeoutMs } = this.#options;
    try {
      await within(connectTimeoutMs, address, async () => {
        await connection.connect();
        connection.setVersions(saslVersions);
        connection.setSupportAuthenticationProtocol(true);
        await authenticate(connection);
      });
    } catch (error) {
      destroy(connection, error);
      throw translated(error, address, "unreachable", `connecting to ${nameOf(address)}`);
    }
    if (this.#closed) {
      destroy(connection, undefined);
      throw new TransportError("unreachable", address, "the transport is closed");
    }
    return { connection, usableUntilMs: performance.now() + sessionShare * endlessSession(connection) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connections = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const result of connections) if (result.status === "fulfilled") destroy(result.value.connection, undefined);
  }
}

function usable({ connection, usableUntilMs }: OpenConnection): boolean {
  return connection.isConnected() && performance.now() < usableUntilMs;
}

/** A machine that is gone says nothing, and its address may be another one's by now. */
function giveUp(open: OpenConnection): void {
  open.usableUntilMs = Number.NEGATIVE_INFINITY;
  destroy(open.connection, new Error("an answer on the same connection did not come in time"));
}

/**
 * How long the broker takes requests of the connection, in milliseconds. kafkajs would authenticate it again between
 * requests, which a broker refuses while others are on their way; it is replaced instead, so kafkajs is told that it lasts.
 */
function endlessSession(connection: Connection): number {
  const lifetime = connection.sessionLifetime;
  connection.sessionLifetime = lifetime.constructor.ZERO;
  return lifetime.toNumber() === 0 ? Number.POSITIVE_INFINITY : lifetime.toNumber();
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
  const { name, message, code } = error as { name?: string; message?: string; code?: string | number };
  const text = `${what}: ${message ?? String(error)}`;
  if (name === "KafkaJSRequestTimeoutError") return new TransportError("timeout", address, `${what}: no answer in time`, error);
  if (name?.startsWith("KafkaJSSASL") === true || saslRefusals.some((refusal) => refusal === code))
    return new TransportError("refused", address, text, error);
  if (code !== undefined && tlsRefusal.test(String(code))) return new TransportError("refused", address, text, error);
  return new TransportError(otherwise, address, text, error);
}

const { unsupportedSaslMechanism, illegalSaslState, saslAuthenticationFailed } = errorCodes;
const saslRefusals: readonly number[] = [unsupportedSaslMechanism, illegalSaslState, saslAuthenticationFailed];

const tlsRefusal = /^(ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;

function nameOf({ host, port }: BrokerAddress): string {
  return `${host}:${port}`;
}
