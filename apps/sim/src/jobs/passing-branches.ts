import { type Collector, session, sliding, state, t } from "millrace";
import { lineDifference } from "../line-difference.ts";
import { type Branch, exactly } from "./branch.ts";
import { sensorOf } from "./join-branches.ts";
import { readingCodec, show } from "./reading.ts";

/** What is kept for some time of the clock: sessions, windows that overlap, state that lives on when it is read. */
export const passingBranches: readonly Branch[] = [
  {
    name: "clockSessions",
    ordered: false,
    racing: true,
    build: (all) => [
      all
        .keyBy(sensorOf)
        .window(session(12, { time: "processing" }))
        .process(
          {
            process(ones, _context, out: Collector<string>) {
              for (const one of ones) out.collect(`clockSessions session ${show(one)}`);
            },
          },
          { uid: "clockSessions", codec: readingCodec },
        ),
      all
        .keyBy(sensorOf)
        .window(sliding(20, 10, { time: "processing" }))
        .reduce((a, b) => ({ ...b, value: a.value + b.value }), { uid: "clockSliding", codec: readingCodec })
        .map(({ sensor, value }) => `clockSessions sum ${sensor} ${value}`),
    ],
    // Windows that the end of the input comes before do not fire, as in Flink.
    judge(input, lines) {
      const ofSessions = lines.filter((line) => line.startsWith("clockSessions session "));
      const possible = input.map((one) => `clockSessions session ${show(one)}`);
      const [tooOften] = lineDifference(possible, ofSessions).extra;
      if (tooOften !== undefined) return `once too often: ${tooOften}`;
      for (const [sensor, ones] of Map.groupBy(
        lines.filter((line) => line.startsWith("clockSessions sum ")),
        (line) => line.split(" ")[2],
      )) {
        const told = ones.reduce((sum, line) => sum + Number(line.split(" ")[3]), 0);
        const most = 2 * input.filter((one) => one.sensor === sensor).reduce((sum, { value }) => sum + value, 0);
        if (told > most) return `clockSessions: windows of ${sensor} hold ${told}, which is more than all readings twice, ${most}`;
      }
      return undefined;
    },
  },
  {
    name: "clockTtlRead",
    ordered: false,
    racing: true,
    build: (all) => [
      all.keyBy(sensorOf).process(
        {
          state: {
            seen: state.reducing(t.integer(), (a: number, b: number) => a + b, { ttlMs: 30, update: "onReadAndWrite" }),
            values: state.list(t.integer(), { ttlMs: 30, visibility: "returnExpiredIfNotCleanedUp" }),
          },
          processElement(one, { state: { seen, values } }, out: Collector<string>) {
            seen.add(1);
            values.add(one.value);
            out.collect(`clockTtlRead ${show(one)} ${values.get().length} ${seen.get()}`);
          },
        },
        { uid: "clockTtlRead" },
      ),
    ],
    judge(input, lines) {
      const bare = lines.map((line) => line.split(" ").slice(0, 4).join(" "));
      const wrong = exactly("clockTtlRead", () => input.map((one) => `clockTtlRead ${show(one)}`))(input, bare);
      if (wrong !== undefined) return wrong;
      // Counts of a sensor go up by one, or begin again: each but the first of a row follows another.
      for (const [sensor, ones] of Map.groupBy(lines, (line) => line.split(" ")[1])) {
        const counts = Map.groupBy(ones, (line) => Number(line.split(" ")[5]));
        for (const [count, these] of counts) {
          const before = counts.get(count - 1)?.length ?? 0;
          if (count > 1 && before < these.length)
            return `clockTtlRead: ${sensor} counts to ${count} ${these.length} times, and to ${count - 1} ${before} times`;
        }
      }
      return undefined;
    },
  },
];
