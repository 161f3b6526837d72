import { datagen, defineJob, discard } from "millrace";

/** Of this thread. */
let said = 0;

/** Somebody has left a line for debugging in a map. The lines of each worker are numbered. */
export default defineJob("talkative", (env) => {
  env
    .from(datagen({ generate: (n: number) => n, count: 500_000 }), { uid: "numbers" })
    .map((n) => {
      console.log(said++);
      return n;
    })
    .to(discard(), { uid: "out" });
});
