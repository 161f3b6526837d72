import { connect } from "node:net";
import type { ControlRecord } from "../state-directory/index.ts";

const patienceMs = 1_000;

/** Whether anybody answers on the control socket. */
export function probeControl(control: ControlRecord): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(control.socketPath);
    const answer = (alive: boolean) => {
      socket.destroy();
      done(alive);
    };
    socket.setTimeout(patienceMs, () => answer(false));
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}
