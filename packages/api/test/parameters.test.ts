import { describe, expect, test } from "vitest";
import { buildJob, defineJob, params, secretTexts } from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";

describe("parameters", () => {
  const job = defineJob(
    "parameters",
    (env, { path, token }) => env.from(sourceOf<number>({ path: `${path} ${token.length}` }), { uid: "in" }).to(sinkOf(), { uid: "out" }),
    {
      parameters: {
        path: params.string({ description: "what to read" }),
        limit: params.number({ default: 3 }),
        verbose: params.boolean({ default: false }),
        window: params.duration({ default: 60_000 }),
        token: params.string({ default: "", secret: true }),
      },
    },
  );

  test("are values or their text, with defaults", () => {
    const { parameters } = buildJob(job, { parameters: { path: "a", limit: "4.5", verbose: "true", window: "90s" } }).plan;
    expect(parameters).toEqual({ path: "a", limit: 4.5, verbose: true, window: 90_000 });
    expect(buildJob(job, { parameters: { path: "a", limit: 4, verbose: true, window: 5 } }).plan.parameters).toMatchObject({
      limit: 4,
      verbose: true,
      window: 5,
    });
    expect(buildJob(job, { parameters: { path: "a" } }).plan.parameters).toEqual({ path: "a", limit: 3, verbose: false, window: 60_000 });
  });

  test("that are secret reach the builder but not the plan", () => {
    const { plan } = buildJob(job, { parameters: { path: "a", token: "hunter2" } });
    expect(plan.nodes[0]?.details.options).toEqual({ path: "a 7" });
    expect(JSON.stringify(plan)).not.toContain("hunter2");
  });

  test("that are secret are known as texts, whether given or by default", () => {
    const declarations = {
      token: params.string({ default: "by-default", secret: true }),
      pin: params.number({ default: 4711, secret: true }),
      every: params.duration({ secret: true }),
      hidden: params.boolean({ default: true, secret: true }),
      path: params.string({ default: "in" }),
    };
    expect(secretTexts(declarations, { every: "1000s" })).toEqual(["by-default", "4711", "1000000", "1000s"]);
    expect(secretTexts(declarations, { every: 1, token: "given" })).toEqual(["given", "4711", "1"]);
  });

  test.each([
    [{}, "PARAMETER_MISSING", /needs the parameter "path" \(what to read\)/],
    [{ path: "a", pth: "b" }, "PARAMETER_UNKNOWN", /no parameter "pth"/],
    [{ path: "a", toString: "b" }, "PARAMETER_UNKNOWN", /no parameter "toString"/],
    [{ path: 1 }, "PARAMETER_VALUE", /"path" is a text, not 1/],
    [{ path: "a", limit: "" }, "PARAMETER_VALUE", /"limit" is a number, not ""/],
    [{ path: "a", limit: "3x" }, "PARAMETER_VALUE", /not "3x"/],
    [{ path: "a", verbose: "yes" }, "PARAMETER_VALUE", /true or false, not "yes"/],
    [{ path: "a", window: "5 weeks" }, "PARAMETER_VALUE", /a duration, not "5 weeks"/],
    [{ path: "a", window: "0.5ms" }, "PARAMETER_VALUE", /a duration/],
    [{ path: "a", token: 7 }, "PARAMETER_VALUE", /"token" is a text$/],
  ])("%j are refused with %s", (parameters, code, message) => {
    const build = () => buildJob(job, { parameters: parameters as Record<string, string | number> });
    expect(build).toThrow(expect.objectContaining({ code }));
    expect(build).toThrow(message);
  });

  test.each([
    ["250ms", 250],
    ["1.5s", 1500],
    ["1.1h", 3_960_000],
    ["0.007s", 7],
    ["5m", 300_000],
    ["5min", 300_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["42", 42],
  ])("the duration %s is %d ms", (window, ms) => {
    expect(buildJob(job, { parameters: { path: "a", window } }).plan.parameters.window).toBe(ms);
  });

  test.each([
    [{ window: params.duration({ default: -5 }) }, /"window" is a duration, and its default is -5$/],
    [{ window: params.duration({ default: 0.5 }) }, /its default is 0\.5$/],
    [{ limit: params.number({ default: Number(undefined) }) }, /"limit" is a number, and its default is NaN$/],
    [{ token: params.string({ default: 12345 as unknown as string, secret: true }) }, /"token" is a text$/],
  ])("defaults are checked as given values are (%#)", (parameters, message) => {
    const withDefault = defineJob("default", () => undefined, { parameters });
    const build = () => buildJob(withDefault);
    expect(build).toThrow(expect.objectContaining({ code: "PARAMETER_VALUE", hint: expect.stringContaining("change the default") }));
    expect(build).toThrow(message);
  });

  test("a default that can't be is in nobody's way where a value is given", () => {
    const withDefault = defineJob("default", (env) => env.from(sourceOf<number>(), { uid: "in" }).to(sinkOf(), { uid: "out" }), {
      parameters: { limit: params.number({ default: Number.NaN }) },
    });
    expect(buildJob(withDefault, { parameters: { limit: "7" } }).plan.parameters).toEqual({ limit: 7 });
  });
});
