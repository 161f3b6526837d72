import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's own client in a plain loop: BOOTSTRAP consume|produce|produce-keyed|produce-json TOPIC RECORDS PARTITIONS [BATCH_BYTES]; prints records a second. */
public class PlainClient {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    int records = Integer.parseInt(args[3]);
    int partitions = Integer.parseInt(args[4]);
    if (args[1].equals("consume")) consume(properties, args[2], records, partitions);
    else produce(properties, args[1], args[2], records, partitions, args[5]);
  }

  static void consume(Properties properties, String topic, int records, int partitions) {
    properties.put("isolation.level", "read_committed");
    properties.put("enable.auto.commit", "false");
    properties.put("max.poll.records", "10000");
    properties.put("max.partition.fetch.bytes", String.valueOf(4 << 20));
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> all = new ArrayList<>();
      for (int partition = 0; partition < partitions; partition++) all.add(new TopicPartition(topic, partition));
      consumer.assign(all);
      consumer.seekToBeginning(all);
      long bytes = 0;
      int seen = 0;
      long begun = System.nanoTime();
      while (seen < records) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
          bytes += record.value().length;
          seen++;
        }
      }
      print(seen, begun);
      if (bytes == 0) throw new IllegalStateException("no bytes");
    }
  }

  static void produce(Properties properties, String what, String topic, int records, int partitions, String batchBytes) throws Exception {
    properties.put("acks", "all");
    properties.put("enable.idempotence", "true");
    properties.put("linger.ms", "5");
    properties.put("batch.size", batchBytes);
    properties.put("buffer.memory", String.valueOf(128 << 20));
    byte[] value = new byte[100];
    java.util.Arrays.fill(value, (byte) 'x');
    AtomicReference<Exception> failure = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.partitionsFor(topic);
      long begun = System.nanoTime();
      for (int n = 0; n < records; n++) {
        byte[] key = what.equals("produce-keyed") ? Integer.toString(n % 10_000).getBytes() : null;
        Integer partition = key == null ? (n / 1000) % partitions : null;
        producer.send(new ProducerRecord<>(topic, partition, key, what.equals("produce-json") ? json(n) : value), (metadata, error) -> {
          if (error != null) failure.set(error);
        });
      }
      producer.flush();
      print(records, begun);
    }
    if (failure.get() != null) throw failure.get();
  }

  /** 100 bytes. */
  static byte[] json(int n) {
    String head = "{\"id\":" + n + ",\"card\":\"card-" + n % 10_000 + "\",\"cents\":" + n % 9_973 + ",\"at\":" + (1_767_225_600_000L + n) + ",\"note\":\"";
    return (head + "x".repeat(98 - head.length()) + "\"}").getBytes();
  }

  static void print(int records, long begun) {
    System.out.println(Math.round(records / ((System.nanoTime() - begun) / 1e9)));
  }
}
