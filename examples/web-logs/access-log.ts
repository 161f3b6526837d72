/** One request of an Apache access log in the common or combined format. */
export interface Request {
  readonly at: number;
  readonly address: string;
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
}

const line = /^(\S+) \S+ \S+ \[(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})\] "(?:\S+ )?(\S*)[^"]*" (\d{3}) (\d+|-)/;
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** undefined for a line that is no request; real logs have some. */
export function parseRequest(text: string): Request | undefined {
  const match = line.exec(text);
  if (match === null) return undefined;
  const [, address = "", day, month = "", year, hour, minute, second, sign, zoneHours, zoneMinutes, path = "", status, bytes] = match;
  const local = Date.UTC(Number(year), months.indexOf(month), Number(day), Number(hour), Number(minute), Number(second));
  const zoneMs = (sign === "-" ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return { at: local - zoneMs, address, path, status: Number(status), bytes: bytes === "-" ? 0 : Number(bytes) };
}

/** "2xx" for 200. */
export function statusClass(request: Request): string {
  return `${Math.floor(request.status / 100)}xx`;
}
