import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.Stores;

/**
 * Counts records by key from topic to topic with Kafka Streams, exactly_once_v2: BOOTSTRAP IN OUT RECORDS THREADS
 * COMMIT_MS CACHE_BYTES STATE_DIRECTORY; prints records a second, from the first record to the last commit. CACHE_BYTES 0: one result for each record.
 */
public class KeyedCount {
  public static void main(String[] args) throws Exception {
    long records = Long.parseLong(args[3]);
    Properties properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    properties.put("application.id", args[2]);
    properties.put("processing.guarantee", "exactly_once_v2");
    properties.put("num.stream.threads", args[4]);
    properties.put("commit.interval.ms", args[5]);
    properties.put("statestore.cache.max.bytes", args[6]);
    properties.put("replication.factor", "1");
    properties.put("auto.offset.reset", "earliest");
    properties.put("max.poll.records", "10000");
    properties.put("producer.batch.size", String.valueOf(110 << 10));
    properties.put("producer.linger.ms", "5");
    properties.put("state.dir", args[7]);

    AtomicLong seen = new AtomicLong();
    AtomicLong begun = new AtomicLong();
    CountDownLatch all = new CountDownLatch(1);
    StreamsBuilder builder = new StreamsBuilder();
    builder
        .stream(args[1], Consumed.with(Serdes.String(), Serdes.ByteArray()))
        .peek((key, value) -> {
          long count = seen.incrementAndGet();
          if (count == 1) begun.set(System.nanoTime());
          if (count == records) all.countDown();
        })
        .groupByKey(Grouped.with(Serdes.String(), Serdes.ByteArray()))
        .count(Materialized.<String, Long>as(Stores.inMemoryKeyValueStore("counts")).withKeySerde(Serdes.String()).withValueSerde(Serdes.Long()))
        .toStream()
        .to(args[2], Produced.with(Serdes.String(), Serdes.Long()));
    KafkaStreams streams = new KafkaStreams(builder.build(), properties);
    streams.start();
    all.await();
    // A clean end commits what is open.
    streams.close(Duration.ofSeconds(60));
    System.out.println(Math.round(records / ((System.nanoTime() - begun.get()) / 1e9)));
    System.exit(0);
  }
}
