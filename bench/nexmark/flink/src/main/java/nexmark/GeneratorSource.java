package nexmark;

import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Makes records inside the reader. Part s of p owns the stream positions s, s+p, s+2p, ...
 * Rate 0 is full speed; with a rate the reader spins (never sleeps), so that latency figures hold no timer noise.
 */
public class GeneratorSource<T> implements Source<T, GeneratorSource.Part, List<GeneratorSource.Part>> {
    public interface Maker<T> extends Serializable {
        T make(long position);
        long timestamp(T record);
    }

    /** When the first record left the first reader, and (rate-limited) when the current one was due and left. */
    public static volatile long firstNanos, firstCpuNanos;
    /** When a third of the events had been made: what came before is warm-up. */
    public static volatile long thirdNanos, thirdCpuNanos, thirdEvents;
    public static long dueNanos, emitNanos;

    private final Maker<T> maker;
    private final long events;
    private final double rate;
    private final int batch;

    public GeneratorSource(Maker<T> maker, long events, double rate, int batch) {
        this.maker = maker;
        this.events = events;
        this.rate = rate;
        this.batch = batch;
    }

    public static class Part implements SourceSplit {
        final int index, of;
        long next;

        Part(int index, int of, long next) {
            this.index = index;
            this.of = of;
            this.next = next;
        }

        @Override
        public String splitId() { return index + "/" + of; }
    }

    private class Reader implements SourceReader<T, Part> {
        private final SourceReaderContext context;
        private final CompletableFuture<Void> arrived = new CompletableFuture<>();
        private final double nanosPerRecord;
        private Part part;
        private boolean noMore;
        private long started, done;

        Reader(SourceReaderContext context) {
            this.context = context;
            nanosPerRecord = rate > 0 ? 1e9 * context.currentParallelism() / rate : 0;
        }

        @Override
        public void start() {
            if (part == null) context.sendSplitRequest();
        }

        @Override
        public InputStatus pollNext(ReaderOutput<T> output) {
            Part p = part;
            if (p == null) return noMore ? InputStatus.END_OF_INPUT : InputStatus.NOTHING_AVAILABLE;
            if (started == 0) {
                started = System.nanoTime();
                if (firstNanos == 0) {
                    firstCpuNanos = Main.cpuNanos();
                    firstNanos = started;
                }
            }
            long left = (events - p.next + p.of - 1) / p.of;
            if (left <= 0) return InputStatus.END_OF_INPUT;
            int n = (int) Math.min(batch, left);
            if (thirdNanos == 0 && events != Long.MAX_VALUE && p.next >= events / 3) {
                thirdEvents = p.next;
                thirdCpuNanos = Main.cpuNanos();
                thirdNanos = System.nanoTime();
            }
            if (rate == 0) {
                for (int i = 0; i < n; i++) {
                    T record = maker.make(p.next);
                    p.next += p.of;
                    output.collect(record, maker.timestamp(record));
                }
                return InputStatus.MORE_AVAILABLE;
            }
            for (int i = 0; i < n; i++) {
                long due = started + (long) (done * nanosPerRecord), now = System.nanoTime();
                if (now < due) break;
                T record = maker.make(p.next);
                p.next += p.of;
                done++;
                dueNanos = due;
                emitNanos = now;
                output.collect(record, maker.timestamp(record));
            }
            return InputStatus.MORE_AVAILABLE;
        }

        @Override
        public List<Part> snapshotState(long checkpointId) {
            return part == null ? List.of() : List.of(new Part(part.index, part.of, part.next));
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return part != null || noMore ? CompletableFuture.completedFuture(null) : arrived;
        }

        @Override
        public void addSplits(List<Part> parts) {
            part = parts.get(0);
            arrived.complete(null);
        }

        @Override
        public void notifyNoMoreSplits() {
            noMore = true;
            arrived.complete(null);
        }

        @Override
        public void close() {}
    }

    @Override
    public Boundedness getBoundedness() { return events == Long.MAX_VALUE ? Boundedness.CONTINUOUS_UNBOUNDED : Boundedness.BOUNDED; }

    @Override
    public SourceReader<T, Part> createReader(SourceReaderContext context) { return new Reader(context); }

    @Override
    public SplitEnumerator<Part, List<Part>> createEnumerator(SplitEnumeratorContext<Part> context) {
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < context.currentParallelism(); i++) parts.add(new Part(i, context.currentParallelism(), i));
        return new Enumerator(context, parts);
    }

    @Override
    public SplitEnumerator<Part, List<Part>> restoreEnumerator(SplitEnumeratorContext<Part> context, List<Part> parts) {
        return new Enumerator(context, parts);
    }

    private static class Enumerator implements SplitEnumerator<Part, List<Part>> {
        private final SplitEnumeratorContext<Part> context;
        private final List<Part> parts;

        Enumerator(SplitEnumeratorContext<Part> context, List<Part> parts) {
            this.context = context;
            this.parts = new ArrayList<>(parts);
        }

        @Override
        public void start() {}

        @Override
        public void handleSplitRequest(int subtask, String host) {
            if (parts.isEmpty()) context.signalNoMoreSplits(subtask);
            else context.assignSplit(parts.remove(0), subtask);
        }

        @Override
        public void addSplitsBack(List<Part> splits, int subtask) { parts.addAll(splits); }

        @Override
        public void addReader(int subtask) {}

        @Override
        public List<Part> snapshotState(long checkpointId) { return new ArrayList<>(parts); }

        @Override
        public void close() {}
    }

    private static byte[] write(List<Part> parts) {
        ByteBuffer b = ByteBuffer.allocate(16 * parts.size());
        for (Part p : parts) b.putInt(p.index).putInt(p.of).putLong(p.next);
        return b.array();
    }

    private static List<Part> read(byte[] bytes) {
        List<Part> parts = new ArrayList<>();
        for (ByteBuffer b = ByteBuffer.wrap(bytes); b.hasRemaining(); ) parts.add(new Part(b.getInt(), b.getInt(), b.getLong()));
        return parts;
    }

    @Override
    public SimpleVersionedSerializer<Part> getSplitSerializer() {
        return new SimpleVersionedSerializer<>() {
            @Override
            public int getVersion() { return 1; }

            @Override
            public byte[] serialize(Part part) { return write(List.of(part)); }

            @Override
            public Part deserialize(int version, byte[] bytes) { return read(bytes).get(0); }
        };
    }

    @Override
    public SimpleVersionedSerializer<List<Part>> getEnumeratorCheckpointSerializer() {
        return new SimpleVersionedSerializer<>() {
            @Override
            public int getVersion() { return 1; }

            @Override
            public byte[] serialize(List<Part> parts) { return write(parts); }

            @Override
            public List<Part> deserialize(int version, byte[] bytes) { return read(bytes); }
        };
    }
}
