import { MillraceError } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { errorFromData, errorToData } from "./error-data.ts";

/** As in another thread. */
function carried(error: unknown): Error {
  return errorFromData(structuredClone(errorToData(error)));
}

function errorWith(properties: PropertyDescriptorMap): Error {
  return Object.defineProperties(new Error("the words"), properties);
}

const call = (): void => undefined;

describe("an error for another thread", () => {
  it("is of the same kind there", () => {
    const error = new MillraceError("CODE", "what happened", { hint: "do this", where: { uid: "u" }, cause: new TypeError("deeper") });
    const other = carried(error);
    expect(other).toBeInstanceOf(MillraceError);
    expect(other).toMatchObject({ code: "CODE", message: "what happened", hint: "do this", where: { uid: "u" }, stack: error.stack });
    expect(other.cause).toMatchObject({ name: "TypeError", message: "deeper" });
  });

  it.each([
    { what: "an object for its message", properties: { message: { value: { call } } }, message: "[object Object]" },
    { what: "a symbol for its name", properties: { name: { value: Symbol("name") } }, message: "the words" },
    { what: "call sites for its stack", properties: { stack: { value: [call] } }, message: "the words" },
    { what: "a code without words", properties: { code: { value: Object.create(null) } }, message: "the words" },
    { what: "a message that throws", properties: { message: { get: () => JSON.parse("{") } }, message: expect.stringContaining("no words") },
    { what: "a cause that throws", properties: { cause: { get: () => JSON.parse("{") } }, message: "the words" },
  ])("has what can be told of it, with $what", ({ properties, message }) => {
    const outer = new MillraceError("USER_FUNCTION", "a function threw", { where: { uid: "u" }, cause: errorWith(properties) });
    const other = carried(outer);
    expect(other).toMatchObject({ code: "USER_FUNCTION", where: { uid: "u" } });
    expect(other.cause).toMatchObject({ message });
  });

  it.each([[undefined], [null], ["text"], [Symbol("s")], [Object.create(null)], [call]])(
    "may have been anything that can be thrown: %#",
    (thrown) => {
      expect(carried(thrown)).toBeInstanceOf(Error);
    },
  );
});
