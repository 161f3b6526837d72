import { createServer, type Server, type Socket } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { ByteReader } from "../src/protocol/byte-reader.ts";
import { ByteWriter } from "../src/protocol/byte-writer.ts";
import { apiVersions } from "../src/protocol/cluster-apis.ts";
import type { CreateTransport, TransportOptions, WireRequest } from "../src/transport/transport.ts";

const options: TransportOptions = { clientId: "suite", ssl: undefined, sasl: undefined, connectTimeoutMs: 1_000 };

function versionsRequest(overrides: Partial<WireRequest> = {}): WireRequest {
  const writer = new ByteWriter().noTags();
  apiVersions.write(writer, { software: "suite", version: "1" });
  const { key: apiKey, name: apiName, version: apiVersion } = apiVersions;
  return { apiKey, apiName, apiVersion, body: writer.done(), lane: "control", timeoutMs: 5_000, expectAnswer: true, ...overrides };
}

/** A listener that is no broker: what a connection does when the other side misbehaves. */
async function listener(
  onSocket: (socket: Socket, request: (handle: (frame: Buffer) => void) => void) => void,
): Promise<{ address: { host: string; port: number }; connections: () => number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    onSocket(socket, (handle) => {
      let seen: Buffer = Buffer.alloc(0);
      socket.on("data", (chunk) => {
        seen = Buffer.concat([seen, chunk as Buffer]);
        while (seen.length >= 4 && seen.length >= 4 + seen.readInt32BE(0)) {
          const end = 4 + seen.readInt32BE(0);
          handle(seen.subarray(4, end));
          seen = seen.subarray(end);
        }
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    address: { host: "127.0.0.1", port },
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers a request with `body`, in `pieces`. */
function answer(socket: Socket, request: Buffer, body: Buffer): void {
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + body.length, 0);
  head.writeInt32BE(request.readInt32BE(4), 4);
  const frame = Buffer.concat([head, body]);
  // In three pieces, one of which cuts the length.
  for (const [from, to] of [
    [0, 2],
    [2, 7],
    [7, frame.length],
  ] as const)
    socket.write(frame.subarray(from, to));
}

/** The contract of transports, without a broker; `real` adds one. */
export function transportSuite(name: string, create: CreateTransport, real: { readonly host: string; readonly port: number } | undefined): void {
  describe(`${name} keeps the contract of transports`, () => {
    test("the bytes of the answer come, however they were cut, to the request they belong to", async () => {
      const far = await listener((socket, request) => {
        request((frame) => answer(socket, frame, frame.subarray(frame.length - 3)));
      });
      const transport = create(options);
      const bodies = [Buffer.from("one"), Buffer.from("two"), Buffer.from("six")];
      const answers = await Promise.all(bodies.map((body) => transport.send(far.address, versionsRequest({ body }))));
      expect(answers.map(String)).toEqual(["one", "two", "six"]);
      expect(far.connections()).toBe(1);
      await transport.close();
      await far.close();
    });

    test("each lane has its own connection", async () => {
      const far = await listener((socket, request) => request((frame) => answer(socket, frame, frame.subarray(0, 1))));
      const transport = create(options);
      await Promise.all((["control", "fetch", "produce", "fetch"] as const).map((lane) => transport.send(far.address, versionsRequest({ lane }))));
      expect(far.connections()).toBe(3);
      await transport.close();
      await far.close();
    });

    test("a broker that never answers is a timeout, and the lane works on", async () => {
      let mute = true;
      const far = await listener((socket, request) => request((frame) => (mute ? undefined : answer(socket, frame, Buffer.from("late")))));
      const transport = create(options);
      await expect(transport.send(far.address, versionsRequest({ timeoutMs: 200 }))).rejects.toMatchObject({ kind: "timeout" });
      mute = false;
      expect(String(await transport.send(far.address, versionsRequest()))).toBe("late");
      await transport.close();
      await far.close();
    });

    test("a connection on which an answer did not come in time is given up: the next request goes over another", async () => {
      let dead: Socket | undefined;
      const far = await listener((socket, request) => {
        // The other side is gone, and nobody says so, as where a machine has lost its power.
        dead ??= socket;
        request((frame) => (socket === dead ? undefined : answer(socket, frame, Buffer.from("again"))));
      });
      const transport = create(options);
      const beside = expect(transport.send(far.address, versionsRequest({ timeoutMs: 60_000 }))).rejects.toMatchObject({ kind: "disconnected" });
      await expect(transport.send(far.address, versionsRequest({ timeoutMs: 200 }))).rejects.toMatchObject({ kind: "timeout" });
      expect(String(await transport.send(far.address, versionsRequest()))).toBe("again");
      await beside;
      expect(far.connections()).toBe(2);
      await transport.close();
      await far.close();
    });

    test("a request without an answer resolves when it is sent", async () => {
      const frames: Buffer[] = [];
      const far = await listener((_socket, request) => request((frame) => frames.push(frame)));
      const transport = create(options);
      expect(await transport.send(far.address, versionsRequest({ expectAnswer: false }))).toHaveLength(0);
      await expect.poll(() => frames.length).toBe(1);
      await transport.close();
      await far.close();
    });

    test("a connection that breaks rejects what is on the way; the next request opens another", async () => {
      let breaks = true;
      const far = await listener((socket, request) => request((frame) => (breaks ? socket.destroy() : answer(socket, frame, Buffer.from("again")))));
      const transport = create(options);
      await expect(transport.send(far.address, versionsRequest())).rejects.toMatchObject({ kind: "disconnected" });
      breaks = false;
      await expect.poll(async () => String(await transport.send(far.address, versionsRequest()).catch(() => "")), { timeout: 5_000 }).toBe("again");
      await transport.close();
      await far.close();
    });

    test("an address where nobody listens is unreachable", async () => {
      const far = await listener(() => undefined);
      await far.close();
      const transport = create(options);
      await expect(transport.send(far.address, versionsRequest())).rejects.toMatchObject({ kind: "unreachable" });
      await transport.close();
    });

    test("a broker that accepts and never finishes the handshake is a timeout", async () => {
      const far = await listener(() => undefined);
      const transport = create({ ...options, connectTimeoutMs: 300, sasl: { mechanism: "plain", username: "u", password: "p" } });
      await expect(transport.send(far.address, versionsRequest())).rejects.toMatchObject({ kind: "timeout" });
      await transport.close();
      await far.close();
    });

    test("close rejects what is on the way and what comes after", async () => {
      const far = await listener(() => undefined);
      const transport = create(options);
      const waiting = transport.send(far.address, versionsRequest({ timeoutMs: 60_000 }));
      const rejected = expect(waiting).rejects.toThrow();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await transport.close();
      await rejected;
      await expect(transport.send(far.address, versionsRequest())).rejects.toMatchObject({ kind: "unreachable" });
      await far.close();
    });

    test("an idle connection sets no timers", async () => {
      const far = await listener((socket, request) => request((frame) => answer(socket, frame, frame.subarray(0, 1))));
      const transport = create(options);
      await transport.send(far.address, versionsRequest());
      const timers = vi.spyOn(globalThis, "setTimeout");
      await new Promise((resolve) => setImmediate(resolve));
      const done = Date.now() + 300;
      while (Date.now() < done) await new Promise((resolve) => setImmediate(resolve));
      expect(timers).not.toHaveBeenCalled();
      timers.mockRestore();
      await transport.close();
      await far.close();
    });

    test.skipIf(real === undefined)("a real broker answers", async () => {
      const transport = create(options);
      const body = await transport.send(real as NonNullable<typeof real>, versionsRequest());
      expect(apiVersions.read(new ByteReader(body)).errorCode).toBe(0);
      await transport.close();
    });
  });
}
