import { createServer, type IncomingMessage } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { BadRecord } from "../../src/formats/format.ts";
import { avro, schemaRegistry } from "../../src/formats/registry/index.ts";
import { read } from "./values.ts";

vi.setConfig({ testTimeout: 60_000 });

describe("a registry in trouble", () => {
  /** Answers what the test says; a status of 0 closes the connection. */
  async function registryThat(answer: (request: IncomingMessage, count: number) => { status: number; body?: string }) {
    let count = 0;
    const server = createServer((request, response) => {
      const { status, body = "{}" } = answer(request, count++);
      if (status === 0) request.socket.destroy();
      else response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return {
      url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
      asked: () => count,
      [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
    };
  }
  const long = JSON.stringify({ schema: '"long"' });
  const framedLong = Buffer.from([0, 0, 0, 0, 1, 14]);

  test("is asked again while it fails, and each schema once", async () => {
    await using far = await registryThat((_, count) => (count < 2 ? { status: count * 503 } : { status: 200, body: long }));
    const format = avro<number>(schemaRegistry({ url: far.url }));
    expect(await read(format, framedLong)).toBe(7);
    expect(await read(format, framedLong)).toBe(7);
    expect(far.asked()).toBe(3);
  });

  test("of several addresses one that answers is enough", async () => {
    await using far = await registryThat(() => ({ status: 200, body: long }));
    expect(await read(avro<number>(schemaRegistry({ url: ["http://127.0.0.1:1", far.url] })), framedLong)).toBe(7);
  });

  test("that does not come back, or answers what is none of its answers, is named", async () => {
    await using silent = await registryThat(() => ({ status: 500 }));
    const unreachable = avro(schemaRegistry({ url: silent.url, unavailableMs: 200 }));
    await expect(read(unreachable, framedLong)).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    await using page = await registryThat(() => ({ status: 200, body: "<html>" }));
    await expect(read(avro(schemaRegistry({ url: page.url })), framedLong)).rejects.toMatchObject({ code: "REGISTRY" });
  });

  test("that says itself that it has no such schema makes a bad record; what another answers in its place does not", async () => {
    await using far = await registryThat(() => ({ status: 404, body: JSON.stringify({ error_code: 40403, message: "Schema not found" }) }));
    await expect(read(avro(schemaRegistry({ url: far.url })), framedLong)).rejects.toThrow(BadRecord);
    for (const body of ["<html>default backend - 404</html>", "{}", "null", '"Not Found"']) {
      // As an ingress does while the registry behind it is replaced.
      await using elsewhere = await registryThat(() => ({ status: 404, body }));
      await expect(read(avro(schemaRegistry({ url: elsewhere.url })), framedLong), body).rejects.toMatchObject({ code: "REGISTRY" });
    }
  });

  test("credentials are sent, and a refusal is named at once", async () => {
    const seen: (string | undefined)[] = [];
    await using far = await registryThat(({ headers }) => {
      seen.push(headers.authorization);
      return headers.authorization?.endsWith("wrong") === true ? { status: 401 } : { status: 200, body: long };
    });
    await read(avro(schemaRegistry({ url: far.url, auth: { username: "u", password: "p" } })), framedLong);
    await read(avro(schemaRegistry({ url: far.url, auth: { bearer: async () => "token" } })), framedLong);
    expect(seen).toEqual([`Basic ${Buffer.from("u:p").toString("base64")}`, "Bearer token"]);
    const refused = avro(schemaRegistry({ url: far.url, auth: { bearer: "wrong" } }));
    await expect(read(refused, framedLong)).rejects.toMatchObject({ code: "REGISTRY_DENIED" });
    expect(seen).toHaveLength(3);
  });

  test("addresses that make no sense are refused, and no secret stands in the plan", () => {
    for (const bad of ["", "localhost:8081", []])
      expect(() => schemaRegistry({ url: bad })).toThrow(expect.objectContaining({ code: "REGISTRY_OPTIONS" }));
    const format = avro(schemaRegistry({ url: "http://r:8081", auth: { username: "u", password: "secret" } }));
    expect(JSON.stringify(format.description)).not.toContain("secret");
  });
});
