package oracle;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** Command line: see the script "run". */
public final class Main {
    static final Map<String, Kind> KINDS = new LinkedHashMap<>();
    static final Map<String, Integer> COUNTS = new LinkedHashMap<>();

    static void kind(String name, int count, Kind kind) {
        KINDS.put(name, kind);
        COUNTS.put(name, count);
    }

    static {
        kind("window", 800, new WindowKind());
        kind("cep", 800, new CepKind());
        kind("process", 280, new ProcessKind());
        kind("keyGroup", 160, new KeyGroupKind());
        kind("watermarkGenerator", 150, new WatermarkKinds.Generator());
        kind("watermarkOperator", 150, new WatermarkKinds.Operator());
        kind("valve", 200, new WatermarkKinds.Valve());
        kind("multiplexer", 200, new WatermarkKinds.Multiplexer());
        kind("coProcess", 170, new CoProcessKind());
        kind("intervalJoin", 300, new IntervalJoinKind());
        kind("windowJoin", 250, new WindowJoinKind());
        kind("temporalJoin", 200, new TemporalJoinKind());
        kind("ttl", 300, new TtlKind());
        kind("repartition", 150, new RepartitionKind());
        kind("broadcast", 120, new BroadcastKind());
        kind("async", 200, new AsyncKind());
    }

    static ObjectNode runCase(String id, String kindName, JsonNode spec, JsonNode input) throws Exception {
        Kind kind = KINDS.get(kindName);
        Trace trace = new Trace();
        Trace.now = trace;
        trace.sortIds = spec.path("sortIds").asBoolean();
        kind.run(spec, input, trace);
        ObjectNode c = Json.obj().put("id", id).put("kind", kindName);
        c.set("spec", spec);
        c.set("input", input);
        c.set("output", trace.output);
        if (trace.end.size() > 0) {
            c.set("end", trace.end);
        }
        return trace.ambiguous ? null : c;
    }

    /** The case of a place in the draw of a seed; it depends on the three alone. */
    static ObjectNode draw(long seed, String kindName, int index) throws Exception {
        Kind kind = KINDS.get(kindName);
        for (int attempt = 0; ; attempt++) {
            ObjectNode spec = Json.obj();
            ArrayNode input = Json.arr();
            kind.generate(new Dice(seed, kindName, index, attempt), spec, input);
            ObjectNode c;
            try {
                c = runCase(kindName + "-" + seed + "-" + index, kindName, spec, input);
            } catch (Trace.TooMuch e) {
                c = null;
            } catch (Throwable e) {
                System.err.println(kindName + " " + index + "/" + attempt + " " + spec + " " + input);
                throw e;
            }
            // A case without any output teaches little: most of them are drawn again.
            boolean silent = c != null && attempt < 6 && !says(kindName, c.get("output")) && index % 12 != 0;
            // Refused programs are worth some cases, not many.
            boolean refused = c != null && attempt < 6 && index % 6 != 0 && c.get("output").path(0).path("error").path("phase").asText().equals("build");
            if (c != null && !silent && !refused) {
                return c;
            }
        }
    }

    static void generate(long seed, String kindName, int count, PrintStream out) throws Exception {
        for (int i = 0; i < count; i++) {
            out.println(draw(seed, kindName, i));
        }
        out.flush();
    }

    /**
     * Answers each line of the standard input with one: a place of a draw, or a program to run. Goes with whoever started it:
     * the end of the input would be seen behind a program only, and some have no end in Flink.
     */
    static void serve(PrintStream out) throws Exception {
        ProcessHandle.current().parent().ifPresent(asker -> asker.onExit().thenRun(() -> Runtime.getRuntime().halt(1)));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            JsonNode q = Json.parse(line);
            try {
                String kind = q.get("kind").asText();
                out.println(q.has("spec") ? runCase(q.get("id").asText(), kind, q.get("spec"), q.get("input")) : draw(q.get("seed").asLong(), kind, q.get("index").asInt()));
            } catch (Trace.TooMuch e) {
                out.println("null");
            } catch (Throwable e) {
                out.println(Json.obj().put("failure", e.toString()));
            }
            out.flush();
        }
    }

    private static boolean says(String kind, JsonNode output) {
        if (kind.startsWith("watermark") || kind.equals("valve") || kind.equals("multiplexer")) {
            return output.size() > 1;
        }
        for (JsonNode o : output) {
            if (kind.equals("cep") && o.path("side").asText().equals("late")) {
                continue;
            }
            if (!o.has("wm") || o.size() > 2) {
                return true;
            }
        }
        return false;
    }

    private static BufferedReader open(String file) throws Exception {
        InputStream in = Files.newInputStream(Path.of(file));
        return new BufferedReader(new InputStreamReader(file.endsWith(".gz") ? new GZIPInputStream(in) : in, StandardCharsets.UTF_8));
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new LinkedHashMap<>();
        java.util.List<String> files = new java.util.ArrayList<>();
        for (int i = 1; i < args.length; i++) {
            if (args[i].startsWith("--")) {
                options.put(args[i].substring(2), args[++i]);
            } else {
                files.add(args[i]);
            }
        }
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, StandardCharsets.UTF_8);
        long seed = Long.parseLong(options.getOrDefault("seed", "1"));
        String command = args.length == 0 ? "help" : args[0];
        switch (command) {
            case "gen": {
                String kind = options.get("kind");
                if (!KINDS.containsKey(kind)) {
                    System.err.println("--kind: one of " + KINDS.keySet());
                    System.exit(2);
                }
                generate(seed, kind, Integer.parseInt(options.getOrDefault("count", COUNTS.get(kind).toString())), out);
                break;
            }
            case "serve": {
                serve(out);
                break;
            }
            case "all": {
                Path dir = Path.of(options.get("out"));
                Files.createDirectories(dir);
                for (String kind : KINDS.keySet()) {
                    try (PrintStream file = new PrintStream(Files.newOutputStream(dir.resolve(kind + ".jsonl")), false, StandardCharsets.UTF_8)) {
                        generate(seed, kind, COUNTS.get(kind), file);
                    }
                }
                break;
            }
            case "replay":
            case "verify": {
                int same = 0;
                int differ = 0;
                for (String file : files) {
                    try (BufferedReader reader = open(file)) {
                        for (String line; (line = reader.readLine()) != null; ) {
                            JsonNode c = Json.parse(line);
                            ObjectNode again = runCase(c.path("id").asText("replayed"), c.get("kind").asText(), c.get("spec"), c.get("input"));
                            if (command.equals("replay")) {
                                out.println(again == null ? "null" : again);
                            } else if (again != null && Json.parse(again.toString()).equals(c)) {
                                same++;
                            } else {
                                differ++;
                                out.println("differs: " + c.get("id").asText());
                            }
                        }
                    }
                }
                if (command.equals("verify")) {
                    out.println(same + " same, " + differ + " differ");
                }
                break;
            }
            default:
                System.err.println("serve | gen --seed N --kind K [--count M] | all --seed N --out DIR | replay FILE... | verify FILE...\nkinds: " + KINDS.keySet());
        }
        out.flush();
        System.exit(0);
    }
}
