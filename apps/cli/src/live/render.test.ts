import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { operator, snapshot, status } from "../../test/snapshots.ts";
import { coloured } from "../paint.ts";
import { textWidth } from "../text-width.ts";
import { render } from "./render.ts";

describe("the live view", () => {
  it("shows a job on a wide terminal", () => {
    expect(render(snapshot(), 110, 30).join("\n")).toBe(
      `
● airport-delays running 1m 12s                                                   run 4f21c09a · parallelism 2
  checkpoint 42 · 3 s ago · 1.2 MB · took 85 ms

operator        in/s   out/s   records  watermark                lag  busy        pressure    late
flights            –   52.1k      1.2M  2026-01-02 02:46:13  17m 52s  ███░░ 62%        30%       –
mean-delay     52.0k     3.2      1.2M  none yet                   –  █████ 97%         0%      15
delays-out         –       –     5,331  end                        –  –                  –       –

Ctrl-C: take a checkpoint and stop`.slice(1),
    );
  });

  it("drops the columns of least worth on a narrow one", () => {
    expect(render(snapshot(), 58, 30)[3]).toBe("operator        in/s   out/s  busy        pressure");
    expect(render(snapshot(), 44, 30)[3]).toBe("operator        in/s   out/s  pressure");
    expect(render(snapshot(), 22, 30)[3]).toBe("operator       out/s");
  });

  it("drops rows on a low one, and says how many", () => {
    const many = status({ operators: Array.from({ length: 20 }, (_, index) => operator(`step-${index}`)) });
    const lines = render(snapshot({ status: many }), 110, 12);
    expect(lines).toHaveLength(12);
    expect(lines.filter((line) => line.startsWith("step-"))).toHaveLength(5);
    expect(lines[9]).toBe("… and 15 more");
  });

  it("keeps the job's own lines when there is no room for operators", () => {
    expect(render(snapshot(), 60, 4)).toEqual([
      "● airport-delays running 1m 12s",
      "  checkpoint 42 · 3 s ago · 1.2 MB · took 85 ms",
      "Ctrl-C: take a checkpoint and stop",
    ]);
  });

  it("counts the bad records that a source was told to skip, once there are any", () => {
    expect(render(snapshot(), 130, 30)[3]).toMatch(/late$/);
    const sources = [operator("flights", { kind: "source", skipped: 0 }), operator("cities", { kind: "source", skipped: 7 })];
    const lines = render(snapshot({ status: status({ operators: sources }) }), 130, 30);
    expect(lines.slice(3, 6).map((line) => line.split(/\s+/).at(-1))).toEqual(["skipped", "–", "7"]);
  });

  it("says what went wrong, the newest last", () => {
    const notices = ["a", "b", "c", "d"].map((text) => ({ level: "warn" as const, text: `checkpoint ${text} failed: disk is full\nmore` }));
    const troubled = status({ restarts: 1, checkpoint: { failures: 2 } });
    const lines = render(snapshot({ status: troubled, notices, resumedFrom: 7 }), 110, 30);
    expect(lines[1]).toBe(`  resumed from checkpoint 7${" ".repeat(51)}1 restart · 2 failed checkpoints`);
    expect(lines.slice(-6, -2)).toEqual(["", ...["b", "c", "d"].map((text) => `  ! checkpoint ${text} failed: disk is full`)]);
  });

  it("says what a checkpoint is at", () => {
    const line = (more: object, resumedFrom?: number) =>
      render(snapshot({ status: status({ checkpoint: { failures: 0, ...more } }), resumedFrom }), 110, 30)[1];
    expect(line({})).toBe("  no checkpoint yet");
    expect(line({ inFlight: 1 })).toBe("  no checkpoint yet · taking 1");
    expect(line({ lastId: 3, lastBytes: 512, lastDurationMs: 61_000 })).toBe("  checkpoint 3 · 512 B · took 1m 01s");
  });

  it("never writes past the terminal's edges", () => {
    const letters = fc.constantFrom(..."abc-é", "e\u0301", "流", "한", "🌊", "\t", "\u001b[2A");
    const names = fc.array(letters, { minLength: 1, maxLength: 50 }).map((chosen) => chosen.join(""));
    const size = fc.record({
      width: fc.integer({ min: 1, max: 140 }),
      height: fc.integer({ min: 1, max: 30 }),
      uids: fc.array(names, { maxLength: 20 }),
      notice: fc.oneof(names, fc.string()),
    });
    fc.assert(
      fc.property(size, ({ width, height, uids, notice }) => {
        const shown = snapshot({ status: status({ operators: uids.map((uid) => operator(uid)) }), notices: [{ level: "error", text: notice }] });
        const lines = render(shown, width, height, coloured);
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const line of lines) expect(textWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it("paints without changing what is said", () => {
    const painted = render(snapshot(), 110, 30, coloured);
    expect(painted.join("\n")).toContain("\x1b[32m●");
    expect(painted.map((line) => stripVTControlCharacters(line))).toEqual(render(snapshot(), 110, 30));
  });
});
