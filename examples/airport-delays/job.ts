import { boundedOutOfOrderness, type Collector, defineJob, hours, minutes, outputTag, params, state, t, tumbling } from "millrace";
import { csv, fileSink, files } from "millrace/files";
import { locate } from "./model/locate.ts";
import { meanDelay } from "./model/mean-delay.ts";
import { type Airport, type Alert, alert, type DelayStats, delayStats, type Flight } from "./model/types.ts";

/** Flights that came after their window was gone. */
const late = outputTag<Flight>("late");
const lateMinutes = 60;

/**
 * Delays of US flights: per airport and window the number of flights, mean and worst delay, with the airport's city; an
 * alert when three flights in a row from one airport leave more than an hour late.
 */
export default defineJob(
  "airport-delays",
  (env, { flights: flightsPath, airports: airportsPath, windowHours, outOfOrderMinutes, out }) => {
    const airports = env
      .from(
        files(
          airportsPath,
          csv({ parse: (row): Airport => ({ code: text(row.iata), name: text(row.name), city: text(row.city), region: text(row.state) }) }),
        ),
        {
          uid: "airports",
        },
      )
      .keyBy((place) => place.code);

    const flights = env.from(files(flightsPath, csv({ parse: flightOf })), {
      uid: "flights",
      watermarks: boundedOutOfOrderness(minutes(outOfOrderMinutes), (flight) => flight.departedAt),
    });

    const delays = flights
      .keyBy((flight) => flight.origin)
      .window(tumbling(hours(windowHours)))
      .lateTo(late)
      .aggregate(meanDelay, {
        uid: "mean-delay",
        process: {
          process(results, context, results_: Collector<DelayStats>) {
            for (const result of results) results_.collect({ origin: String(context.key), start: context.window.start, ...result });
          },
        },
      });

    delays
      .keyBy((stats) => stats.origin)
      .connect(airports)
      .process(locate(delayStats), { uid: "delays-with-city" })
      .to(fileSink(`${out}/delays`, { format: "csv" }), { uid: "delays-out" });

    flights
      .keyBy((flight) => flight.origin)
      .process(
        {
          state: { delays: state.list(t.integer()) },
          processElement(flight, context, alerts: Collector<Alert>) {
            const { delays: seen } = context.state;
            if (flight.delayMinutes <= lateMinutes) return seen.clear();
            const inARow = [...seen.get(), flight.delayMinutes];
            if (inARow.length < 3) return seen.update(inARow);
            seen.clear();
            alerts.collect({ origin: flight.origin, departedAt: flight.departedAt, delays: inARow });
          },
        },
        { uid: "three-in-a-row" },
      )
      .keyBy((raised) => raised.origin)
      .connect(airports)
      .process(locate(alert), { uid: "alerts-with-city" })
      .to(fileSink(`${out}/alerts`, { format: "jsonLines" }), { uid: "alerts-out" });

    delays.sideOutput(late).to(fileSink(`${out}/late`, { format: "jsonLines" }), { uid: "late-out" });
  },
  {
    parameters: {
      flights: params.string({ description: "CSV of flights in order of arrival, made by prepare.ts" }),
      airports: params.string({ description: "airports.csv of vega-datasets" }),
      windowHours: params.number({ default: 24, description: "length of a window" }),
      outOfOrderMinutes: params.number({ default: 240, description: "how late after others a departure may be reported" }),
      out: params.string({ default: "out", description: "directory of the results" }),
    },
  },
);

function flightOf(row: Readonly<Record<string, string>>): Flight {
  return {
    departedAt: Number(row.departed_at),
    delayMinutes: Number(row.delay_minutes),
    origin: text(row.origin),
    destination: text(row.destination),
  };
}

function text(field: string | undefined): string {
  if (field === undefined) throw new TypeError("the line lacks a field");
  return field;
}
