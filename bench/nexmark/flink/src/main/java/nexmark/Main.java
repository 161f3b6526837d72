package nexmark;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Runs one query in this JVM on a MiniCluster and prints one JSON line. */
public class Main {
    final Map<String, String> options = new HashMap<>();

    static long cpuNanos() { return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime(); }

    String text(String key, String otherwise) { return options.getOrDefault(key, otherwise); }

    long number(String key, long otherwise) { return options.containsKey(key) ? Long.parseLong(options.get(key)) : otherwise; }

    public static void main(String[] args) throws Exception {
        Locale.setDefault(Locale.ROOT);
        Main m = new Main();
        for (int i = 0; i + 1 < args.length; i += 2) m.options.put(args[i].substring(2), args[i + 1]);
        if (m.options.containsKey("guarded")) m.endWithInput();
        m.run();
    }

    /** Whoever started this holds the other end of its standard input: it ends with them, however they end. */
    private void endWithInput() {
        Thread guard = new Thread(() -> {
            try {
                while (System.in.read() >= 0) { }
            } catch (java.io.IOException e) {
                // As if it had ended.
            }
            Runtime.getRuntime().halt(1);
        });
        guard.setDaemon(true);
        guard.start();
    }

    Generator.Options generator() {
        Generator.Options g = new Generator.Options();
        g.seed = (int) number("seed", g.seed);
        g.events = number("events", 1000000);
        if (g.events == 0) g.events = Long.MAX_VALUE;
        g.eventRate = (int) number("event-rate", g.eventRate);
        g.firstTs = number("first-ts", g.firstTs);
        g.shuffle = (int) number("shuffle", g.shuffle);
        g.extras = !text("extras", "on").equals("off");
        return g;
    }

    StreamExecutionEnvironment environment() {
        Configuration c = new Configuration();
        c.setString("state.backend.type", text("state", "hashmap"));
        c.setString("execution.checkpointing.incremental", "true");
        c.setString("execution.checkpointing.storage", "filesystem");
        c.setString("execution.checkpointing.dir", Path.of(text("work", "work")).toAbsolutePath().toUri() + "checkpoints");
        c.setString("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
        if (number("checkpoint-ms", 1000) > 0) c.setString("execution.checkpointing.interval", number("checkpoint-ms", 1000) + " ms");
        c.setString("io.tmp.dirs", Path.of(text("work", "work")).toAbsolutePath() + "/tmp");
        c.setString("pipeline.object-reuse", "true");
        c.setString("pipeline.generic-types", "false");
        c.setString("execution.buffer-timeout.interval", text("buffer-timeout-ms", "100") + " ms");
        c.setString("restart-strategy.type", "none");
        c.setString("taskmanager.memory.managed.size", text("managed-mb", "1024") + "m");
        c.setString("taskmanager.memory.network.min", "128m");
        c.setString("taskmanager.memory.network.max", "128m");
        if (options.containsKey("restore")) c.setString("execution.state-recovery.path", Path.of(options.get("restore")).toAbsolutePath().toUri().toString());
        for (String key : options.keySet()) if (key.startsWith("flink.")) c.setString(key.substring(6), options.get(key));
        return StreamExecutionEnvironment.createLocalEnvironment((int) number("parallelism", 1), c);
    }

    static class EventMaker implements GeneratorSource.Maker<Event> {
        private final Generator.Options options;
        private transient Generator generator;

        EventMaker(Generator.Options options) { this.options = options; }

        @Override
        public Event make(long position) {
            if (generator == null) generator = new Generator(options);
            return generator.event(generator.numberAt(position));
        }

        @Override
        public long timestamp(Event e) { return e.dateTime; }
    }

    static DataStream<Event> events(Main m, StreamExecutionEnvironment env) {
        Generator.Options g = m.generator();
        return env.fromSource(
                new GeneratorSource<>(new EventMaker(g), g.events, m.number("rate", 0), (int) m.number("source-batch", 64)),
                WatermarkStrategy.forBoundedOutOfOrderness(Duration.ofMillis(m.number("watermark-ms", 4000))),
                "events", TypeInformation.of(Event.class));
    }

    void run() throws Exception {
        String query = text("query", "q0");
        if (query.equals("checksum") || query.equals("gen")) {
            generate(query.equals("checksum"));
            return;
        }
        StreamExecutionEnvironment env = environment();
        String file = text("sink", "discard").equals("file") ? text("out", "results.jsonl") : null;
        if (query.startsWith("latency")) Latency.build(this, env, query);
        else if (query.equals("state")) BigState.build(this, env);
        else new Queries(events(this, env), query, file).build();
        if (options.containsKey("plan")) System.err.println(env.getExecutionPlan());
        env.execute(query);
        report(query);
    }

    private static Event escape;

    private void generate(boolean checksum) {
        Generator.Options o = generator();
        Generator g = new Generator(o);

        int h = 0x811c9dc5;
        for (int round = 0; round < 3; round++) {
            h = 0x811c9dc5;
            long start = System.nanoTime(), cpu = cpuNanos();
            for (long i = 0; i < o.events; i++) {
                Event e = g.event(g.numberAt(i));
                if (checksum) h = Generator.checksum(h, e);
                else escape = e;
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.println(String.format("{\"query\":\"%s\",\"events\":%d,\"seed\":%d,\"shuffle\":%d,\"extras\":%b,%s\"seconds\":%.3f,\"events_per_s\":%.0f,\"cpu_s\":%.2f}",
                    checksum ? "checksum" : "gen", o.events, o.seed, o.shuffle, o.extras, checksum ? String.format("\"checksum\":\"%08x\",", h) : "", seconds, o.events / seconds,
                    (cpuNanos() - cpu) / 1e9));
            if (checksum) return;
        }
    }

    private void report(String query) throws Exception {
        long jvmStart = ManagementFactory.getRuntimeMXBean().getStartTime();
        double seconds = (Results.lastNanos - GeneratorSource.firstNanos) / 1e9, cpu = (Results.lastCpuNanos - GeneratorSource.firstCpuNanos) / 1e9;
        double startup = (System.currentTimeMillis() - jvmStart) / 1e3 - (System.nanoTime() - GeneratorSource.firstNanos) / 1e9;
        long rss = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) rss = Long.parseLong(line.replaceAll("\\D", "")) / 1024;
        }
        long events = number("events", 1000000);
        double warm = GeneratorSource.thirdNanos == 0 ? seconds : (Results.lastNanos - GeneratorSource.thirdNanos) / 1e9;
        double warmCpu = GeneratorSource.thirdNanos == 0 ? cpu : (Results.lastCpuNanos - GeneratorSource.thirdCpuNanos) / 1e9;
        System.out.println(String.format("{\"query\":\"%s\",\"engine\":\"flink\",\"state\":\"%s\",\"parallelism\":%d,\"events\":%d,\"seconds\":%.3f,\"events_per_s\":%.0f,"
                        + "\"cpu_s\":%.2f,\"cpu_us_per_event\":%.3f,\"peak_rss_mb\":%d,\"startup_s\":%.2f,\"first_row_s\":%.2f,\"total_s\":%.2f,\"rows\":%d,"
                        + "\"warm_events\":%d,\"warm_seconds\":%.3f,\"warm_cpu_s\":%.2f}",
                query, text("state", "hashmap"), number("parallelism", 1), events, seconds, events / seconds, cpu, cpu * 1e6 / events, rss, startup,
                Results.firstRowMillis == 0 ? -1 : (Results.firstRowMillis - jvmStart) / 1e3, (System.currentTimeMillis() - jvmStart) / 1e3, Results.rows,
                events - GeneratorSource.thirdEvents, warm, warmCpu));
    }
}
