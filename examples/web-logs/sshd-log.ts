/** A failed password in an sshd log. */
export interface FailedLogin {
  readonly at: number;
  readonly address: string;
  readonly user: string;
}

const line = /^(\w{3}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) \S+ sshd\[\d+\]: Failed password for (?:invalid user )?(\S*) from (\S+) port/;
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** undefined for every other line. Syslog has no year and no zone: the year is given, the zone taken as UTC. */
export function parseFailedLogin(text: string, year: number): FailedLogin | undefined {
  const match = line.exec(text);
  if (match === null) return undefined;
  const [, month = "", day, hour, minute, second, user = "", address = ""] = match;
  return { at: Date.UTC(year, months.indexOf(month), Number(day), Number(hour), Number(minute), Number(second)), address, user };
}
