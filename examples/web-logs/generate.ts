/** Makes access and sshd logs of any size, the same for the same seed; for tests and for anyone without logs at hand. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Random, seededRandom } from "millrace";

export interface LogSize {
  readonly accessLines: number;
  readonly sshdLines: number;
  readonly seed: number;
}

const start = Date.UTC(2016, 4, 17, 10, 5, 3);
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (n: number) => String(n).padStart(2, "0");

export async function generateLogs(directory: string, size: LogSize): Promise<{ access: string; sshd: string }> {
  await mkdir(directory, { recursive: true });
  const access = join(directory, "access.log");
  const sshd = join(directory, "sshd.log");
  await write(access, size.accessLines, seededRandom(size.seed), accessLine);
  await write(sshd, size.sshdLines, seededRandom(size.seed + 1), sshdLine);
  return { access, sshd };
}

async function write(path: string, lines: number, random: Random, line: (n: number, random: Random) => string): Promise<void> {
  const out = createWriteStream(path);
  for (let n = 0; n < lines; n++) {
    if (!out.write(`${line(n, random)}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
}

function below(random: Random, n: number): number {
  return random.uint32() % n;
}

function address(random: Random): string {
  return `10.${below(random, 4)}.${below(random, 40)}.${1 + below(random, 200)}`;
}

/** About three requests a second, up to a minute out of order, now and then a line that is no request. */
function accessLine(n: number, random: Random): string {
  if (below(random, 500) === 0) return "-";
  const jitterMs = below(random, 50) === 0 ? below(random, 60_000) : 0;
  const at = new Date(start + n * 300 - jitterMs);
  const stamp = `${two(at.getUTCDate())}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
  const status = [200, 200, 200, 200, 301, 304, 404, 500][below(random, 8)];
  return `${address(random)} - - [${stamp}] "GET /page/${below(random, 300)} HTTP/1.1" ${status} ${below(random, 90_000)}`;
}

/** Bursts of failed logins between ordinary ones. */
function sshdLine(n: number, random: Random): string {
  const at = new Date(start + n * 4_000);
  const stamp = `${months[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  const from = n % 100 < 12 ? `192.168.7.${Math.floor(n / 100) % 250}` : address(random);
  const user = ["root", "admin", "test", "oracle"][below(random, 4)];
  const what = below(random, 6) === 0 ? `Accepted password for ${user} from ${from}` : `Failed password for ${user} from ${from}`;
  return `${stamp} host sshd[${1000 + (n % 9000)}]: ${what} port ${1024 + below(random, 60_000)} ssh2`;
}
