import { createKafkajsTransport } from "../src/node/kafkajs/kafkajs-transport.ts";
import { type CreateTransport, type KafkaTransport, TransportError, type WireRequest } from "../src/transport/transport.ts";

/** pass: as usual. loseRequest: the broker never sees it. loseAnswer: the broker acts, and nobody hears of it. */
export type Fate = "pass" | "loseRequest" | "loseAnswer";

/** A network that fails when told to, and processes that can be killed: what they began gets no further. */
export class FaultyNetwork {
  readonly #fateOf: (request: WireRequest) => Fate;
  readonly #alter: (request: WireRequest, answer: Buffer) => Buffer;
  #living = new Set<{ dead: boolean }>();

  constructor(
    fateOf: (request: WireRequest) => Fate = () => "pass",
    alter: (request: WireRequest, answer: Buffer) => Buffer = (_, answer) => answer,
  ) {
    this.#fateOf = fateOf;
    this.#alter = alter;
  }

  /** From now on the transports that exist do nothing; ones made later work. */
  kill(): void {
    for (const life of this.#living) life.dead = true;
    this.#living = new Set();
  }

  readonly create: CreateTransport = (options) => {
    const inner = createKafkajsTransport(options);
    const life = { dead: false };
    this.#living.add(life);
    return this.#wrap(inner, life);
  };

  #wrap(inner: KafkaTransport, life: { readonly dead: boolean }): KafkaTransport {
    return {
      send: async (address, request) => {
        if (life.dead) return new Promise(() => undefined);
        const fate = this.#fateOf(request);
        if (fate === "loseRequest") throw new TransportError("disconnected", address, `${request.apiName} was lost`);
        const answer = await inner.send(address, request);
        if (life.dead) return new Promise(() => undefined);
        if (fate === "loseAnswer") throw new TransportError("disconnected", address, `the answer to ${request.apiName} was lost`);
        return this.#alter(request, answer);
      },
      close: () => inner.close(),
    };
  }
}
