import type { Event } from "./generator/events.ts";
import { Generator } from "./generator/generator.ts";
import type { GeneratorOptions } from "./generator/options.ts";

/** The events of one side of a measurement, which is told when the warm-up is over. Both sides read them here, so that its cost is the same. */
export class MeasuredInput {
  readonly events: number;
  readonly #generator: Generator;
  readonly #mark: number;
  readonly #reached: () => void;

  /** `reached` is called before the event at position `mark` is made; −1: never. */
  constructor(options: GeneratorOptions, mark: number, reached: () => void) {
    this.events = options.events;
    this.#generator = new Generator(options);
    this.#mark = mark;
    this.#reached = reached;
  }

  at(position: number): Event {
    if (position === this.#mark) this.#reached();
    return this.#generator.at(position);
  }
}
