import type { Event } from "./generator/events.ts";
import { Generator } from "./generator/generator.ts";
import type { GeneratorOptions } from "./generator/options.ts";

export interface InputOptions {
  readonly generator: GeneratorOptions;
  /** So many events are made beforehand, and read again and again, each time with later times. 0: every event is made when it is read. */
  readonly premade?: number;
  /** The position before which `marked` is called; −1: never. */
  readonly mark?: number;
  readonly marked?: () => void;
}

/** The events of one side of a measurement, which is told when the warm-up is over. Both sides read them here, so that its cost is the same. */
export class MeasuredInput {
  readonly events: number;
  readonly #generator: Generator;
  readonly #mark: number;
  readonly #marked: () => void;
  readonly #premade: readonly Event[];
  /** Of the round through what is premade: the position that it began with, and how much later its times are. */
  #roundStart = 0;
  #roundMs = 0;

  constructor({ generator, premade = 0, mark = -1, marked = () => {} }: InputOptions) {
    this.events = generator.events;
    this.#generator = new Generator(generator);
    this.#mark = mark;
    this.#marked = marked;
    this.#premade = Array.from({ length: premade }, (_, position) => this.#generator.at(position));
  }

  /** In order, where events are premade. */
  at(position: number): Event {
    if (position === this.#mark) this.#marked();
    return this.#premade.length === 0 ? this.#generator.at(position) : this.#premadeAt(position);
  }

  timeOf(event: Event): number {
    return event.dateTime + this.#roundMs;
  }

  #premadeAt(position: number): Event {
    const events = this.#premade;
    if (position - this.#roundStart === events.length) {
      this.#roundStart = position;
      this.#roundMs += this.#generator.at(events.length).dateTime - this.#generator.at(0).dateTime;
    }
    return events[position - this.#roundStart] as Event;
  }
}
