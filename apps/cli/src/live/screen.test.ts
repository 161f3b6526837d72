import { describe, expect, it } from "vitest";
import { Terminal } from "../../test/terminal.ts";
import { LiveScreen } from "./screen.ts";

describe("the screen of the live view", () => {
  it("redraws in place, also when the frame shrinks", () => {
    const terminal = new Terminal();
    terminal.write("$ millrace run job.ts\n");
    const screen = new LiveScreen(terminal, []);
    screen.draw(["one long line", "two", "three"]);
    screen.draw(["one", "two again"]);
    expect(terminal.screen).toEqual(["$ millrace run job.ts", "one", "two again", ""]);
  });

  it("hides the cursor while it draws, and leaves the last frame and the cursor behind", () => {
    const terminal = new Terminal();
    const screen = new LiveScreen(terminal, []);
    screen.draw(["one"]);
    expect(terminal.cursorHidden).toBe(true);
    screen.close();
    screen.close();
    screen.draw(["never"]);
    terminal.write("done\n");
    expect(terminal.cursorHidden).toBe(false);
    expect(terminal.screen).toEqual(["one", "done", ""]);
  });

  it("puts what others print above the frame, line by line", () => {
    const terminal = new Terminal();
    const other = { ...terminalOver(terminal) };
    const screen = new LiveScreen(terminal, [other]);
    screen.draw(["frame", "of two"]);
    terminal.write("printed\nhalf ");
    expect(terminal.screen).toEqual(["printed", "frame", "of two", ""]);
    other.write("a line\n");
    screen.draw(["frame 2"]);
    expect(terminal.screen).toEqual(["printed", "half a line", "frame 2", ""]);
    terminal.write("rest");
    screen.close();
    expect(terminal.screen).toEqual(["printed", "half a line", "rest", "frame 2", ""]);
  });

  it("calls back whoever waits for a write", async () => {
    const terminal = new Terminal();
    const screen = new LiveScreen(terminal, []);
    const write = terminal.write as unknown as (text: Uint8Array, encoding: string, callback: () => void) => boolean;
    await new Promise<void>((resolve) => write(new TextEncoder().encode("bytes\n"), "utf8", resolve));
    screen.close();
    expect(terminal.screen).toEqual(["bytes", ""]);
  });

  it("gives streams their own write back", () => {
    const terminal = new Terminal();
    const write = terminal.write;
    new LiveScreen(terminal, [terminal]).close();
    expect(terminal.write).toBe(write);
    expect(Object.hasOwn(terminal, "write")).toBe(false);
  });

  it("stays in place when an echoed key stands behind the frame", () => {
    const terminal = new Terminal(10);
    const screen = new LiveScreen(terminal, []);
    screen.draw(["exactly 10"]);
    // The terminal itself echoes keys; nobody's write sees them.
    Terminal.prototype.write.call(terminal, "^C");
    screen.draw(["again"]);
    expect(terminal.screen).toEqual(["again", ""]);
  });

  it("finds the frame again on a terminal that became narrower", () => {
    const terminal = new Terminal(20);
    terminal.write("before\n");
    const screen = new LiveScreen(terminal, []);
    screen.draw(["a line of 18 chars", "short", "another long line"]);
    terminal.resize(10);
    screen.draw(["new"]);
    expect(terminal.screen).toEqual(["before", "new", ""]);
  });

  it("leaves the last row to the cursor", () => {
    expect(new LiveScreen(new Terminal(80, 24), []).height).toBe(23);
    expect(new LiveScreen(new Terminal(80, 1), []).height).toBe(1);
  });
});

/** Another stream that ends on the same terminal. */
function terminalOver(terminal: Terminal) {
  const write = terminal.write.bind(terminal);
  return { write: (text: string) => write(text), on: () => undefined, off: () => undefined };
}
