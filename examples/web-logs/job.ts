import { boundedOutOfOrderness, type Collector, defineJob, minutes, outputTag, params, seconds, session, state, t, tumbling } from "millrace";
import { fileSink, files, lines } from "millrace/files";
import { parseRequest, type Request, statusClass } from "./access-log.ts";
import { type FailedLogin, parseFailedLogin } from "./sshd-log.ts";

interface Traffic {
  readonly minute: string;
  readonly status: string;
  readonly requests: number;
  readonly bytes: number;
}

interface Visit {
  readonly address: string;
  readonly start: string;
  readonly seconds: number;
  readonly requests: number;
}

interface Attack {
  readonly address: string;
  readonly from: string;
  readonly until: string;
  readonly users: readonly string[];
}

const late = outputTag<Request>("late");
const failuresMax = 5;
const within = seconds(60);

/**
 * An access log and an sshd log: requests and bytes a minute and status class, visitors' sessions with a 30-minute gap,
 * and addresses with five failed logins within a minute.
 */
export default defineJob(
  "web-logs",
  (env, { access, sshd, sshdYear, out }) => {
    const requests = env
      .from(files(access, lines()), { uid: "access-log" })
      .flatMap((line) => present(parseRequest(line)))
      .assignTimestampsAndWatermarks(
        boundedOutOfOrderness(seconds(30), (request) => request.at),
        { uid: "request-times" },
      );

    const traffic = requests
      .keyBy(statusClass)
      .window(tumbling(minutes(1)))
      .lateTo(late)
      .aggregate(
        {
          accumulator: t.object({ requests: t.integer(), bytes: t.integer() }),
          createAccumulator: () => ({ requests: 0, bytes: 0 }),
          add: (request, sum) => ({ requests: sum.requests + 1, bytes: sum.bytes + request.bytes }),
          getResult: (sum) => sum,
        },
        {
          uid: "traffic",
          process: {
            process(sums, { key, window }, results: Collector<Traffic>) {
              for (const sum of sums) results.collect({ minute: iso(window.start), status: key, ...sum });
            },
          },
        },
      );
    traffic.to(fileSink(`${out}/traffic`, { format: "csv" }), { uid: "traffic-out" });
    traffic.sideOutput(late).to(fileSink(`${out}/late`, { format: "jsonLines" }), { uid: "late-out" });

    requests
      .keyBy((request) => request.address)
      .window(session(minutes(30)))
      .aggregate(
        {
          accumulator: t.object({ first: t.integer(), last: t.integer(), requests: t.integer() }),
          createAccumulator: () => ({ first: Number.MAX_SAFE_INTEGER, last: 0, requests: 0 }),
          add: ({ at }, visit) => ({ first: Math.min(visit.first, at), last: Math.max(visit.last, at), requests: visit.requests + 1 }),
          getResult: (visit) => visit,
          merge: (a, b) => ({ first: Math.min(a.first, b.first), last: Math.max(a.last, b.last), requests: a.requests + b.requests }),
        },
        {
          uid: "sessions",
          process: {
            process(visits, { key }, results: Collector<Visit>) {
              for (const { first, last, requests: count } of visits)
                results.collect({ address: key, start: iso(first), seconds: (last - first) / 1000, requests: count });
            },
          },
        },
      )
      .to(fileSink(`${out}/sessions`, { format: "csv" }), { uid: "sessions-out" });

    env
      .from(files(sshd, lines()), { uid: "sshd-log" })
      .flatMap((line) => present(parseFailedLogin(line, sshdYear)))
      .keyBy((login) => login.address)
      .process(
        {
          state: { recent: state.list(t.object({ at: t.integer(), user: t.string() }), { ttlMs: minutes(60) }) },
          processElement(login: FailedLogin, context, attacks: Collector<Attack>) {
            const { recent } = context.state;
            const failures = [...recent.get().filter((earlier) => earlier.at > login.at - within), { at: login.at, user: login.user }];
            const first = failures[0];
            if (failures.length < failuresMax || first === undefined) return recent.update(failures);
            recent.clear();
            attacks.collect({
              address: login.address,
              from: iso(first.at),
              until: iso(login.at),
              users: [...new Set(failures.map(({ user }) => user))],
            });
          },
        },
        { uid: "failed-logins" },
      )
      .to(fileSink(`${out}/attacks`, { format: "jsonLines" }), { uid: "attacks-out" });
  },
  {
    parameters: {
      access: params.string({ description: "Apache access log; a path or a glob" }),
      sshd: params.string({ description: "sshd log; a path or a glob" }),
      sshdYear: params.number({ default: 2016, description: "the year of the sshd log, which names none" }),
      out: params.string({ default: "out", description: "directory of the results" }),
    },
  },
);

function present<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
