import { type Branch, exactly } from "./branch.ts";
import { keeping } from "./keeping.ts";
import { show } from "./reading.ts";

/** An operator whose subtasks each get the state of all. */
export const sharingBranch: Branch = {
  name: "sharing",
  ordered: false,
  build: (all) => [all.rebalance().transform(() => keeping("sharing", "union"), { uid: "sharing" })],
  judge: exactly("sharing", (input) => input.map((one) => `sharing ${show(one)}`)),
};
