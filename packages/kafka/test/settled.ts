import { Pending } from "../src/index.ts";

/** Does it again once what it waits for is there. */
export async function settled<V>(attempt: () => V): Promise<V> {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof Pending)) throw error;
      await error.ready;
    }
  }
}
