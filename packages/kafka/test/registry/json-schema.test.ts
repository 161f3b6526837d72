import { describe, expect, test, vi } from "vitest";
import { jsonSchema } from "../../src/formats/registry/index.ts";
import { BadRecord } from "../../src/index.ts";
import { elsewhere, registry, url } from "./real-registry.ts";
import { read, written } from "./values.ts";

vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(url === undefined)("formats with a real schema registry", () => {
  describe("JSON Schema", () => {
    const schema = {
      $schema: "http://json-schema.org/draft-07/schema#",
      title: "Payment",
      type: "object",
      properties: { card: { type: "string" }, cents: { type: "integer", minimum: 0 } },
      required: ["card", "cents"],
    };

    test("values go through; the schema is checked both ways", async () => {
      const format = jsonSchema<object>(registry, { schema });
      const bytes = await written(format, { card: "c", cents: 5 });
      expect(bytes.subarray(5).toString()).toBe('{"card":"c","cents":5}');
      expect(await read(jsonSchema(elsewhere()), bytes)).toEqual({ card: "c", cents: 5 });
      await expect(written(format, { card: "c", cents: -1 })).rejects.toMatchObject({
        code: "KAFKA_VALUE",
        message: expect.stringContaining("/cents"),
      });
      for (const body of ['{"card":"c"}', "{oops", "[]"]) {
        const bad = Buffer.concat([bytes.subarray(0, 5), Buffer.from(body)]);
        await expect(read(jsonSchema(registry), bad), body).rejects.toThrow(BadRecord);
      }
      const stricter = { ...schema, properties: { ...schema.properties, cents: { maximum: 4 } } };
      await expect(read(jsonSchema(registry, { schema: stricter }), bytes)).rejects.toThrow(BadRecord);
    });

    test.each(["https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema"])("draft %s", async ($schema) => {
      const format = jsonSchema<object>(registry, { schema: { ...schema, $schema } });
      expect(await read(jsonSchema(elsewhere()), await written(format, { card: "c", cents: 5 }))).toEqual({ card: "c", cents: 5 });
    });
  });
});
