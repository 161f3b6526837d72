import { isMainThread } from "node:worker_threads";
import { datagen, defineJob, discard } from "millrace";

/** Comes out otherwise in a worker. */
export default defineJob("differs", (env) => {
  env.from(datagen({ generate: (n: number) => n, count: isMainThread ? 10 : 11 }), { uid: "numbers" }).to(discard(), { uid: "out" });
});
