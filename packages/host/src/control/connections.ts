import type { Socket } from "node:net";

/** The open connections of a control server: when it closes, it waits for those alone whose answers it owes. */
export class Connections {
  readonly #open = new Set<Socket>();
  readonly #owed = new Set<Socket>();

  opened(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#owed.delete(socket);
    });
  }

  /** A whole request has come over it. */
  owe(socket: Socket): void {
    this.#owed.add(socket);
  }

  /** Nothing that the asker waits for comes any more. */
  oweNothing(socket: Socket): void {
    this.#owed.delete(socket);
  }

  /** Ends whatever waits for the other side: half a request, or an answer that is open until the asker has seen enough. */
  hangUp(): void {
    for (const socket of this.#open) {
      if (!this.#owed.has(socket)) socket.destroy();
    }
  }
}
