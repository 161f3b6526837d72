// The job of job.ts without Millrace: lines of a file, clicks a user and minute, printed when the minute is over.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

const minute = 60_000;
let counts = new Map();
let start = Number.NaN;

function fire() {
  let text = "";
  for (const [user, count] of counts) text += `${JSON.stringify({ user, minute: start, count })}\n`;
  process.stdout.write(text);
  counts = new Map();
}

for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const click = JSON.parse(line);
  const window = click.at - (click.at % minute);
  if (window !== start) {
    if (counts.size > 0) fire();
    start = window;
  }
  counts.set(click.user, (counts.get(click.user) ?? 0) + 1);
}
fire();
