import { type Cancel, MillraceError, messageOf, type Ports } from "@millrace/core";
import { TransportError } from "../transport/transport.ts";

/** An answer that says "not now": the request may succeed later. */
export class Passing extends Error {
  override readonly name = "Passing";
}

const firstPauseMs = 20;
const longestPauseMs = 1_000;

/** Pauses that grow, with a random part, and that end when the client is closed. */
export class Pauses {
  readonly #ports: Ports;
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves after `ms`, or at once when all is over. */
  pause(ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      let cancel: Cancel = () => undefined;
      const end = (): void => {
        cancel();
        this.#waiting.delete(end);
        resolve();
      };
      this.#waiting.add(end);
      cancel = this.#ports.scheduler.after(ms, end);
    });
  }

  close(): void {
    this.#closed = true;
    for (const end of [...this.#waiting]) end();
  }

  /**
   * Does `attempt` again while it throws Passing or a TransportError that may pass, for `forMs` at most; then throws
   * KAFKA_UNREACHABLE. `what` completes "Kafka can't …".
   */
  async retrying<T>(what: string, forMs: number, attempt: () => Promise<T>): Promise<T> {
    const { clock, random } = this.#ports;
    const deadline = clock.monotonic() + forMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        return await attempt();
      } catch (error) {
        if (this.#closed) throw closedError();
        const passing = error instanceof Passing || (error instanceof TransportError && error.kind !== "refused");
        if (!passing) throw error instanceof TransportError ? refusedError(error) : error;
        if (clock.monotonic() + pauseMs > deadline) throw unreachable(what, forMs, error);
        await this.pause(pauseMs / 2 + (random.uint32() / 2 ** 32) * (pauseMs / 2));
      }
    }
  }
}

export function closedError(): MillraceError {
  return new MillraceError("KAFKA_CLOSED", "the connection to Kafka was closed meanwhile");
}

function unreachable(what: string, forMs: number, cause: unknown): MillraceError {
  return new MillraceError("KAFKA_UNREACHABLE", `Kafka can't ${what}; tried for ${Math.round(forMs / 1000)} s, last: ${messageOf(cause)}`, {
    cause,
    hint: "check the brokers' addresses (also the advertised ones) and that they run; unavailableMs says how long is tried",
  });
}

export function refusedError(error: TransportError): MillraceError {
  return new MillraceError(
    "KAFKA_AUTHENTICATION",
    `the broker at ${error.address.host}:${error.address.port} refused the connection: ${error.message}`,
    {
      cause: error,
      hint: "check sasl (mechanism, user, password) and ssl (certificates) against the listener that the address belongs to",
    },
  );
}
