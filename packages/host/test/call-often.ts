/** `node --trace-turbo-inlining call-often.ts [after]`: while V8 is asked to inline more, or after that, it compiles a loop and tells its allowance. */
import { inlineFurther } from "../src/node/inlining.ts";

const cancel = inlineFurther();
if (process.argv[2] === "after") cancel();
const inner = new Function("a", "b", `return ${Array.from({ length: 20 }, (_, at) => `((a + ${at}) * b) % 7`).join(" + ")}`);
const outer = new Function("inner", "let sum = 0; for (let i = 0; i < 3_000_000; i++) sum += inner(i, 7); return sum;");
outer(inner);
