import { isMainThread } from "node:worker_threads";
import { datagen, defineJob, discard } from "millrace";

// As a pool of connections does, this keeps the worker that loads it.
if (!isMainThread) setInterval(() => undefined, 1_000);

/** Comes out otherwise in a worker. */
export default defineJob("keeping", (env) => {
  env.from(datagen({ generate: (n: number) => n, count: isMainThread ? 10 : 11 }), { uid: "numbers" }).to(discard(), { uid: "out" });
});
