import { open } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Liveness } from "../state-directory/process-facts.ts";

const patienceMs = 1_000;

/** Unix sockets. The kernel takes connections for a process as long as that lives, also when it is busy or stopped, and answers for it otherwise. */
export const nodeLiveness: Liveness = {
  listen: async (directory, name) => {
    const server = createServer((socket) => socket.destroy());
    // A connection that can't be accepted has told its process all the same that somebody listens.
    server.on("error", () => undefined);
    // A job that has ended must not be kept in the process by this.
    server.unref();
    try {
      await through(directory, name, (path) => listening(server, path));
    } catch {
      return undefined;
    }
    return { close: () => void server.close() };
  },
  listens: (directory, name) => through(directory, name, connects).catch(() => undefined),
};

function listening(server: ReturnType<typeof createServer>, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // Exclusive: a process of node:cluster would have the first one listen, to whom the path means nothing.
    server.listen({ path, exclusive: true }, resolve);
  });
}

function connects(path: string): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (alive: boolean | undefined): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(patienceMs, () => answer(undefined));
    socket.once("connect", () => answer(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      // EAGAIN: it listens, and too many are waiting.
      if (code === "EAGAIN") answer(true);
      else answer(code === "ECONNREFUSED" || code === "ENOENT" ? false : undefined);
    });
  });
}

/** A socket's path has at most 108 bytes, and that of a state directory may have more: this one goes through a descriptor. */
async function through<T>(directory: string, name: string, work: (path: string) => Promise<T>): Promise<T> {
  const handle = await open(directory, "r");
  try {
    return await work(`/proc/self/fd/${handle.fd}/${name}`);
  } finally {
    await handle.close();
  }
}
