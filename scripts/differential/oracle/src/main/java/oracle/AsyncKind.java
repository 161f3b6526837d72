package oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.async.AsyncFunction;
import org.apache.flink.streaming.api.functions.async.AsyncRetryStrategy;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.retryable.AsyncRetryStrategies;

/**
 * AsyncDataStream's waits, ordered and unordered, with timeouts and retries. Each element says in "ops" when its calls are
 * answered and how: a call takes the first answer after the time it is made at; "t" = "now" answers within the call.
 * Answers come at times that 4 divides, each at one of its own, timeouts at others, and those of no two elements at one time:
 * the harness keeps timers of one time in no order.
 */
final class AsyncKind implements Kind {
    static final int TICK = 4;
    /** Longer than any case. */
    static final int NEVER = 10_001;

    static final class Pending {
        final long time;
        final Ev of;
        final int answer;
        final String how;
        final ResultFuture<String> future;

        Pending(long time, Ev of, int answer, String how, ResultFuture<String> future) {
            this.time = time;
            this.of = of;
            this.answer = answer;
            this.how = how;
            this.future = future;
        }
    }

    /** Of the case that runs now. */
    static List<Pending> pending = new ArrayList<>();
    static long now;

    @Override
    public void generate(Dice d, ObjectNode spec, ArrayNode input) {
        spec.put("ordered", d.chance(0.5));
        spec.put("timeout", (int) d.pick(9, 17, 33, NEVER, NEVER)).put("handler", d.chance(0.8));
        boolean retries = d.chance(0.5);
        if (retries) {
            ObjectNode retry = spec.putObject("retry");
            boolean fixed = d.chance(0.5);
            retry.put("kind", fixed ? "fixed" : "exponential").put("attempts", d.in(1, 4)).put("delay", (int) d.pick(2, 6));
            if (!fixed) {
                retry.put("max", (int) d.pick(6, 14, 30)).put("multiplier", (int) d.pick(2, 3));
            }
            int which = d.weighted(3, 2, 3);
            retry.put("bad", which != 1).put("error", which != 0);
        }
        Timeline t = new Timeline(d);
        t.clock = d.pick(0.15, 0.3, 0.45);
        t.noTimestamp = d.chance(0.1) ? 0.2 : 0;
        t.draw(d, input);
        double errors = retries ? 0.25 : 0.03;
        if (retries && spec.get("retry").get("error").asBoolean()) {
            // Flink takes a timeout without a handler for an error of the call, and calls again, now without a timeout.
            spec.put("handler", true);
        }
        boolean timesOut = spec.get("timeout").asInt() != NEVER;
        java.util.Set<Long> taken = new java.util.HashSet<>();
        long clock = 0;
        ArrayNode drawn = input.deepCopy();
        input.removeAll();
        for (JsonNode step : drawn) {
            input.add(step);
            if (step.has("pt")) {
                clock += TICK * (d.chance(0.2) ? d.in(3, 8) : d.in(1, 2));
                ((ObjectNode) step).put("pt", clock);
            } else if (step.has("e")) {
                ObjectNode e = (ObjectNode) step.get("e");
                if (d.chance(0.15)) {
                    e.put("t", "now");
                }
                ArrayNode answers = e.putArray("ops");
                long time = clock;
                for (int n = d.in(0, 4); n > 0; n--) {
                    time += TICK * d.in(1, 5);
                    while (!taken.add(time)) {
                        time += TICK;
                    }
                    answers.addArray().add(time).add(d.chance(errors) ? "error" : d.chance(0.35) ? "bad" : "good");
                }
                if (timesOut) {
                    clock += TICK;
                    input.add(Json.obj().put("pt", clock));
                }
            }
        }
        for (int n = d.in(1, 6); n > 0; n--) {
            clock += TICK * d.in(1, 8);
            input.add(Json.obj().put("pt", clock));
        }
    }

    @Override
    public void run(JsonNode spec, JsonNode input, Trace trace) throws Exception {
        pending = new ArrayList<>();
        now = 0;
        Drive.run(() -> build(spec), spec, input, trace, null, new Turns());
    }

    private static DataStream<String> build(JsonNode spec) {
        DataStream<Ev> in = Drive.source(Drive.env());
        AsyncFunction<Ev, String> fn = spec.get("handler").asBoolean() ? new AskOr() : new Ask();
        long timeout = spec.get("timeout").asLong();
        JsonNode retry = spec.get("retry");
        boolean ordered = spec.get("ordered").asBoolean();
        int capacity = 1_000;
        if (retry == null) {
            return ordered
                    ? AsyncDataStream.orderedWait(in, fn, timeout, TimeUnit.MILLISECONDS, capacity).returns(Types.STRING)
                    : AsyncDataStream.unorderedWait(in, fn, timeout, TimeUnit.MILLISECONDS, capacity).returns(Types.STRING);
        }
        AsyncRetryStrategy<String> strategy = strategy(retry);
        return ordered
                ? AsyncDataStream.orderedWaitWithRetry(in, fn, timeout, TimeUnit.MILLISECONDS, capacity, strategy).returns(Types.STRING)
                : AsyncDataStream.unorderedWaitWithRetry(in, fn, timeout, TimeUnit.MILLISECONDS, capacity, strategy).returns(Types.STRING);
    }

    private static AsyncRetryStrategy<String> strategy(JsonNode retry) {
        int attempts = retry.get("attempts").asInt();
        long delay = retry.get("delay").asLong();
        IsBad bad = retry.get("bad").asBoolean() ? new IsBad() : null;
        Any any = retry.get("error").asBoolean() ? new Any() : null;
        if (retry.get("kind").asText().equals("fixed")) {
            AsyncRetryStrategies.FixedDelayRetryStrategyBuilder<String> b = new AsyncRetryStrategies.FixedDelayRetryStrategyBuilder<>(attempts, delay);
            return (bad == null ? b : b.ifResult(bad)).ifException(any == null ? e -> false : any).build();
        }
        AsyncRetryStrategies.ExponentialBackoffDelayRetryStrategyBuilder<String> b =
                new AsyncRetryStrategies.ExponentialBackoffDelayRetryStrategyBuilder<>(attempts, delay, retry.get("max").asLong(), retry.get("multiplier").asDouble());
        return (bad == null ? b : b.ifResult(bad)).ifException(any == null ? e -> false : any).build();
    }

    static final class IsBad implements java.util.function.Predicate<java.util.Collection<String>>, java.io.Serializable {
        @Override
        public boolean test(java.util.Collection<String> results) {
            return results.stream().anyMatch(r -> r.contains("bad"));
        }
    }

    static final class Any implements java.util.function.Predicate<Throwable>, java.io.Serializable {
        @Override
        public boolean test(Throwable e) {
            return true;
        }
    }

    static class Ask implements AsyncFunction<Ev, String> {
        @Override
        public void asyncInvoke(Ev e, ResultFuture<String> future) {
            if (e.t.equals("now")) {
                future.complete(List.of(result(e, -1, "good")));
                return;
            }
            JsonNode answers = Json.parse(e.ops);
            for (int i = 0; i < answers.size(); i++) {
                if (answers.get(i).get(0).asLong() > now) {
                    pending.add(new Pending(answers.get(i).get(0).asLong(), e, i, answers.get(i).get(1).asText(), future));
                    return;
                }
            }
        }
    }

    static final class AskOr extends Ask {
        @Override
        public void timeout(Ev e, ResultFuture<String> future) {
            future.complete(List.of(result(e, -2, "timeout")));
        }
    }

    static String result(Ev e, int answer, String how) {
        return Json.obj().put("id", e.id).put("answer", answer).put("how", how).toString();
    }

    /** Time goes on by a millisecond at a time; what is due then happens before what is answered then. */
    static final class Turns implements Drive.Pace {
        @Override
        public void to(AbstractStreamOperatorTestHarness<?> harness, long time) throws Exception {
            for (long t = now + 1; t <= time; t++) {
                now = t;
                harness.setProcessingTime(t);
                after(harness);
                List<Pending> due = new ArrayList<>();
                for (Pending p : pending) {
                    if (p.time == t) {
                        due.add(p);
                    }
                }
                pending.removeAll(due);
                for (Pending p : due) {
                    if (p.how.equals("error")) {
                        p.future.completeExceptionally(new IllegalStateException("answer"));
                    } else {
                        p.future.complete(List.of(result(p.of, p.answer, p.how)));
                    }
                    after(harness);
                }
            }
        }

        @Override
        public void after(AbstractStreamOperatorTestHarness<?> harness) throws Exception {
            refuseFailed(harness);
            for (Optional<Mail> mail; (mail = harness.getTaskMailbox().tryTake(TaskMailbox.MIN_PRIORITY)).isPresent(); ) {
                mail.get().run();
                refuseFailed(harness);
            }
        }

        /** A job that has failed may still emit what waited behind the failure; that is gone with the attempt. */
        private static void refuseFailed(AbstractStreamOperatorTestHarness<?> harness) throws Exception {
            Optional<? extends Throwable> failure = harness.getEnvironment().getActualExternalFailureCause();
            if (failure.isPresent()) {
                throw new Exception(failure.get());
            }
        }
    }
}
