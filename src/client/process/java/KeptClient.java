import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerTokenCallback;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own Java client under audit: a program that speaks the protocol of docs/clients.md. It is compiled against the very
 * version that it runs with, so it only uses what all versions from 2.2 on have.
 *
 * <p>Each worker is a {@link Session} with a producer of its own. Its requests are carried out one after the other by a thread of its
 * own, so that records are sent in the order in which they were asked for; nothing waits there for an answer of a broker, but
 * send() may wait for metadata or for room. Whatever becomes known is put into a queue, and one thread prints it.
 */
public final class KeptClient {
  private static final int PROTOCOL_VERSION = 1;

  private static final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private static final Map<Long, Session> sessions = new ConcurrentHashMap<>();
  private static final Map<Long, Reader> readers = new ConcurrentHashMap<>();

  private KeptClient() {}

  public static void main(String[] arguments) throws IOException {
    OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
    // Answers go there, and nothing else: what a library prints is for people.
    System.setOut(System.err);
    startDaemon("answers", () -> print(out));
    Map<String, Object> hello = new LinkedHashMap<>();
    hello.put("protocol", PROTOCOL_VERSION);
    hello.put("library", "java");
    hello.put("version", version());
    hello.put("transactions", true);
    hello.put("consumers", true);
    hello.put("groups", Group.IS_KNOWN);
    answers.add(Json.write(hello));
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) receive(new Request(Json.readObject(line)));
    // Whoever started it is gone: so is it, whatever is still under way.
    Runtime.getRuntime().halt(0);
  }

  /** Every operation of the protocol. None of them may keep the next request of another worker waiting. */
  private static void receive(Request request) {
    switch (request.text("op")) {
      case "open": {
        Session session = new Session(request);
        Session before = sessions.put(request.number("worker"), session);
        if (before != null) before.close(() -> {});
        session.inTurn(request, session::open);
        break;
      }
      case "write":
        inSession(request, Session::write);
        break;
      case "begin":
        inSession(request, Session::begin);
        break;
      case "end":
        inSession(request, Session::end);
        break;
      case "subscribe": {
        Reader reader = new Reader(request);
        readers.put(request.number("reader"), reader);
        reader.inTurn(request, reader::open);
        break;
      }
      case "poll":
        inReader(request, Reader::poll);
        break;
      case "commit":
        inReader(request, Reader::commit);
        break;
      case "rewind":
        inReader(request, Reader::rewind);
        break;
      case "send-offsets":
        // What the consumer knows of its group is its own thread's business, and the transaction is that of the worker's.
        inReader(request, (reader, asked) -> {
          Object metadata = Group.metadataOf(reader.consumer);
          Map<TopicPartition, OffsetAndMetadata> offsets = reader.offsetsIn(asked);
          inSession(asked, (session, again) -> session.sendOffsets(again, offsets, metadata));
        });
        break;
      case "unsubscribe": {
        Reader reader = readers.remove(request.number("reader"));
        if (reader == null) request.answer();
        else reader.inTurn(request, () -> reader.close(request));
        break;
      }
      case "close": {
        Session session = sessions.remove(request.number("worker"));
        if (session == null) request.answer();
        else session.close(request::answer);
        break;
      }
      default:
        request.fail("UnknownOperation", "there is no operation \"" + request.text("op") + "\"");
    }
  }

  private static void inSession(Request request, SessionStep step) {
    Session session = sessions.get(request.number("worker"));
    if (session == null) request.fail("NotOpen", "worker " + request.number("worker") + " was not opened");
    else session.inTurn(request, () -> step.run(session, request));
  }

  private interface SessionStep {
    void run(Session session, Request request) throws Exception;
  }

  private static void inReader(Request request, ReaderStep step) {
    Reader reader = readers.get(request.number("reader"));
    if (reader == null) request.fail("NotOpen", "consumer " + request.number("reader") + " was not opened");
    else reader.inTurn(request, () -> step.run(reader, request));
  }

  private interface ReaderStep {
    void run(Reader reader, Request request) throws Exception;
  }

  /** Prints answers as they come; those that are there already go out together. */
  private static void print(OutputStream out) {
    List<String> ready = new ArrayList<>();
    try {
      for (;;) {
        ready.add(answers.take());
        answers.drainTo(ready);
        for (String line : ready) out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
        ready.clear();
      }
    } catch (IOException | InterruptedException gone) {
      Runtime.getRuntime().halt(1);
    }
  }

  /** As the library's jar says it; the class that reads this file has moved from version to version. */
  private static String version() throws IOException {
    try (InputStream file = KafkaProducer.class.getResourceAsStream("/kafka/kafka-version.properties")) {
      Properties properties = new Properties();
      properties.load(file);
      return properties.getProperty("version");
    }
  }

  private static void startDaemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** A line that was received, and the way to answer it. */
  private static final class Request {
    private final Map<String, Object> fields;
    final long arrivedNs = System.nanoTime();

    Request(Map<String, Object> fields) {
      this.fields = fields;
    }

    String text(String name) {
      return (String) fields.get(name);
    }

    long number(String name) {
      return ((Number) fields.get(name)).longValue();
    }

    boolean flag(String name) {
      return Boolean.TRUE.equals(fields.get(name));
    }

    Object value(String name) {
      return fields.get(name);
    }

    @SuppressWarnings("unchecked")
    List<String> texts(String name) {
      return (List<String>) fields.get(name);
    }

    /** Null where it is null or absent. */
    @SuppressWarnings("unchecked")
    Request part(String name) {
      Object part = fields.get(name);
      return part == null ? null : new Request((Map<String, Object>) part);
    }

    @SuppressWarnings("unchecked")
    Map<String, Object> map(String name) {
      Object map = fields.get(name);
      return map == null ? Collections.emptyMap() : (Map<String, Object>) map;
    }

    void answer() {
      send(new LinkedHashMap<>());
    }

    void answer(String name, List<?> list) {
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put(name, list);
      send(answer);
    }

    void answer(Map<String, Object> answer) {
      send(answer);
    }

    @SuppressWarnings("unchecked")
    List<Request> parts(String name) {
      List<Request> parts = new ArrayList<>();
      for (Object each : (List<Object>) fields.get(name)) parts.add(new Request((Map<String, Object>) each));
      return parts;
    }

    void fail(Throwable thrown) {
      Throwable cause = causeOf(thrown);
      fail(nameOf(cause), String.valueOf(cause.getMessage()));
    }

    void fail(String error, String detail) {
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("error", error);
      answer.put("detail", detail);
      send(answer);
    }

    private void send(Map<String, Object> answer) {
      answer.put("id", number("id"));
      answers.add(Json.write(answer));
    }
  }

  /** What the library says is wrong: its constructor wraps it. */
  private static Throwable causeOf(Throwable thrown) {
    return thrown.getClass() == KafkaException.class && thrown.getCause() != null ? causeOf(thrown.getCause()) : thrown;
  }

  private static String nameOf(Throwable thrown) {
    String name = thrown.getClass().getSimpleName();
    return name.isEmpty() ? thrown.getClass().getName() : name;
  }

  /** A worker: its producer, and the thread that gives it its requests. */
  private static final class Session {
    private static final Duration CLOSE_WITHIN = Duration.ofMillis(1_500);
    private static final long FIRST_TRANSACTION_NS = TimeUnit.SECONDS.toNanos(15);

    private final Request opened;
    private final ExecutorService turn;
    private final long maxBlockNs;
    private volatile KafkaProducer<byte[], byte[]> producer;
    private Metric retries;
    /** Whether the producer has said that it can do nothing more. */
    private boolean isSpent;

    Session(Request opened) {
      this.opened = opened;
      this.maxBlockNs = TimeUnit.MILLISECONDS.toNanos(Settings.maxBlockMs(opened));
      this.turn = threadOf("worker-" + opened.number("worker"));
    }

    void inTurn(Request request, Step step) {
      carryOut(turn, request, step);
    }

    /** Makes the producer. It connects when it is first used, so it is asked for the topic: who cannot log in is told so here. */
    void open() throws Exception {
      create();
      long patienceNs = maxBlockNs + TimeUnit.MILLISECONDS.toNanos(opened.number("requestTimeoutMs"));
      for (;;) {
        try {
          producer.partitionsFor(opened.text("topic"));
          break;
        } catch (TimeoutException thrown) {
          // A machine that is busy with the start of everything else needs more than one try.
          if (System.nanoTime() - opened.arrivedNs > patienceNs) throw thrown;
        }
      }
      initTransactions(opened.arrivedNs + patienceNs + FIRST_TRANSACTION_NS);
      opened.answer();
    }

    private void create() throws IOException {
      producer = new KafkaProducer<>(Settings.of(opened));
      retries = metric("record-retry-total");
      isSpent = false;
    }

    /** The library may be asked again where that took too long: a cluster makes the log of transactions when it is first asked for. */
    private void initTransactions(long untilNs) {
      if (opened.part("transactions") == null) return;
      for (;;) {
        try {
          producer.initTransactions();
          return;
        } catch (TimeoutException thrown) {
          if (System.nanoTime() > untilNs) throw thrown;
        }
      }
    }

    void begin(Request request) throws IOException {
      if (isSpent) renew(request);
      try {
        producer.beginTransaction();
      } catch (KafkaException | IllegalStateException thrown) {
        // The transaction before could not be ended: an application that goes on all the same needs another producer.
        renew(request);
        producer.beginTransaction();
      }
      request.answer();
    }

    private void renew(Request request) throws IOException {
      producer.close(CLOSE_WITHIN);
      create();
      initTransactions(request.arrivedNs + maxBlockNs);
    }

    /** As the library's documentation has it: what took too long is asked for again, and what cannot be committed is aborted. */
    void end(Request request) {
      boolean isCommit = request.text("how").equals("commit");
      long untilNs = request.arrivedNs + TimeUnit.MILLISECONDS.toNanos(request.number("timeoutMs"));
      for (;;) {
        try {
          if (isCommit) producer.commitTransaction();
          else producer.abortTransaction();
          request.answer();
          return;
        } catch (TimeoutException thrown) {
          if (System.nanoTime() < untilNs) continue;
          isSpent = true;
          throw thrown;
        } catch (ProducerFencedException | OutOfOrderSequenceException | AuthorizationException thrown) {
          isSpent = true;
          throw thrown;
        } catch (KafkaException | IllegalStateException thrown) {
          if (isCommit) abort();
          else isSpent = true;
          throw thrown;
        }
      }
    }

    void sendOffsets(Request request, Map<TopicPartition, OffsetAndMetadata> offsets, Object metadata) throws Exception {
      Group.sendOffsets(producer, offsets, metadata);
      request.answer();
    }

    private void abort() {
      try {
        producer.abortTransaction();
      } catch (KafkaException | IllegalStateException thrown) {
        isSpent = true;
      }
    }

    void write(Request request) {
      if (System.nanoTime() - request.arrivedNs > maxBlockNs) {
        throw new TimeoutException("an earlier send() of this worker blocked for so long that this one was not sent");
      }
      List<String> values = request.texts("values");
      List<String> keys = request.texts("keys");
      String topic = request.text("topic");
      // None: the library chooses.
      Object named = request.value("partition");
      Integer partition = named == null ? null : ((Number) named).intValue();
      Fates fates = new Fates(request, values.size());
      for (int index = 0; index < values.size(); index++) {
        byte[] key = keys == null ? null : keys.get(index).getBytes(StandardCharsets.UTF_8);
        byte[] value = values.get(index).getBytes(StandardCharsets.UTF_8);
        send(new ProducerRecord<>(topic, partition, key, value), fates, index);
      }
    }

    /**
     * The library counts the records that it sends again before it does so, by the thread that reports what became of them. So a
     * record was sent no more often than once and as many times as that counter moved meanwhile.
     */
    private void send(ProducerRecord<byte[], byte[]> record, Fates fates, int index) {
      double before = valueOf(retries);
      try {
        producer.send(record, (metadata, thrown) -> fates.settle(index, metadata, thrown, 1 + valueOf(retries) - before));
      } catch (RuntimeException thrown) {
        fates.settle(index, null, thrown, 1 + valueOf(retries) - before);
      }
    }

    /** Does not wait for its turn: a send() that blocks may keep that from coming. */
    void close(Runnable then) {
      startDaemon("close", () -> {
        try {
          if (producer != null) producer.close(CLOSE_WITHIN);
        } finally {
          turn.shutdownNow();
          then.run();
        }
      });
    }

    private Metric metric(String name) {
      for (Map.Entry<MetricName, ? extends Metric> each : producer.metrics().entrySet()) {
        if (each.getKey().name().equals(name) && each.getKey().group().equals("producer-metrics")) return each.getValue();
      }
      return null;
    }

    /** Not a number where the library does not count. */
    private static double valueOf(Metric metric) {
      return metric == null ? Double.NaN : ((Number) metric.metricValue()).doubleValue();
    }
  }

  /** A consumer, and the thread that it lives in: it may be used by one only. */
  private static final class Reader {
    private final Request opened;
    private final ExecutorService turn;
    private KafkaConsumer<byte[], byte[]> consumer;

    Reader(Request opened) {
      this.opened = opened;
      this.turn = threadOf("reader-" + opened.number("reader"));
    }

    void inTurn(Request request, Step step) {
      carryOut(turn, request, step);
    }

    void open() throws IOException {
      consumer = new KafkaConsumer<>(Settings.ofReader(opened));
      if (isMember()) {
        consumer.subscribe(List.of(opened.text("topic")), new ConsumerRebalanceListener() {
          @Override
          public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

          @Override
          public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            consumer.pause(partitions.stream().filter(each -> !isRead(each)).collect(Collectors.toList()));
          }
        });
        opened.answer();
        return;
      }
      List<TopicPartition> partitions = new ArrayList<>();
      for (int partition = 0; partition < opened.number("partitions"); partition++) partitions.add(new TopicPartition(opened.text("topic"), partition));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      opened.answer();
    }

    void poll(Request request) throws Exception {
      List<Object> records = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(request.number("withinMs")))) {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("partition", each.partition());
        record.put("offset", each.offset());
        record.put("value", each.value() == null ? null : new String(each.value(), StandardCharsets.ISO_8859_1));
        records.add(record);
      }
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("records", records);
      if (isMember()) {
        Set<Integer> assigned = new TreeSet<>();
        for (TopicPartition each : consumer.assignment()) if (isRead(each)) assigned.add(each.partition());
        answer.put("assigned", new ArrayList<>(assigned));
        Object metadata = Group.metadataOf(consumer);
        answer.put("generation", Group.generationOf(metadata));
        answer.put("member", Group.memberOf(metadata));
      }
      request.answer(answer);
    }

    /** The generation is told where it was the same before and afterwards: the commit was sent with it then. */
    void commit(Request request) throws Exception {
      Integer before = Group.generationOf(Group.metadataOf(consumer));
      consumer.commitSync(offsetsIn(request), Duration.ofMillis(request.number("withinMs")));
      Integer after = Group.generationOf(Group.metadataOf(consumer));
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("generation", before != null && before.equals(after) ? before : null);
      request.answer(answer);
    }

    void rewind(Request request) throws Exception {
      Set<TopicPartition> owned = consumer.assignment().stream().filter(this::isRead).collect(Collectors.toSet());
      Map<TopicPartition, OffsetAndMetadata> committed = Group.committed(consumer, owned, Duration.ofMillis(request.number("withinMs")));
      for (TopicPartition each : owned) {
        OffsetAndMetadata offset = committed.get(each);
        if (offset == null) consumer.seekToBeginning(List.of(each));
        else consumer.seek(each, offset.offset());
      }
      request.answer();
    }

    Map<TopicPartition, OffsetAndMetadata> offsetsIn(Request request) {
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (Request each : request.parts("offsets")) {
        offsets.put(new TopicPartition(opened.text("topic"), (int) each.number("partition")), new OffsetAndMetadata(each.number("offset")));
      }
      return offsets;
    }

    /** A member reads the first partitions only; what it owns of the others it leaves alone. */
    private boolean isRead(TopicPartition partition) {
      return partition.partition() < opened.number("partitions");
    }

    private boolean isMember() {
      return opened.part("membership") != null;
    }

    void close(Request request) {
      consumer.close(Duration.ofMillis(1_500));
      turn.shutdown();
      request.answer();
    }
  }

  /**
   * What the library has of groups from 2.5 on (KIP-447). It is asked for by name, since this program is compiled against older
   * versions, too.
   */
  private static final class Group {
    private static final Class<?> METADATA = classOf("org.apache.kafka.clients.consumer.ConsumerGroupMetadata");
    static final boolean IS_KNOWN = METADATA != null;

    /** What the consumer knows of its group by now. */
    static Object metadataOf(KafkaConsumer<byte[], byte[]> consumer) throws Exception {
      return call(KafkaConsumer.class.getMethod("groupMetadata"), consumer);
    }

    /** The generation of the group, or the epoch of the member; null where it has none. */
    static Integer generationOf(Object metadata) throws Exception {
      int generation = (Integer) call(METADATA.getMethod("generationId"), metadata);
      return generation < 0 ? null : generation;
    }

    static String memberOf(Object metadata) throws Exception {
      String member = (String) call(METADATA.getMethod("memberId"), metadata);
      return member.isEmpty() ? null : member;
    }

    @SuppressWarnings("unchecked")
    static Map<TopicPartition, OffsetAndMetadata> committed(KafkaConsumer<byte[], byte[]> consumer, Set<TopicPartition> of, Duration within) throws Exception {
      return (Map<TopicPartition, OffsetAndMetadata>) call(KafkaConsumer.class.getMethod("committed", Set.class, Duration.class), consumer, of, within);
    }

    static void sendOffsets(KafkaProducer<byte[], byte[]> producer, Map<TopicPartition, OffsetAndMetadata> offsets, Object metadata) throws Exception {
      call(KafkaProducer.class.getMethod("sendOffsetsToTransaction", Map.class, METADATA), producer, offsets, metadata);
    }

    private static Object call(Method method, Object of, Object... arguments) throws Exception {
      try {
        return method.invoke(of, arguments);
      } catch (InvocationTargetException thrown) {
        if (thrown.getCause() instanceof Exception) throw (Exception) thrown.getCause();
        throw thrown;
      }
    }

    private static Class<?> classOf(String name) {
      try {
        return Class.forName(name);
      } catch (ClassNotFoundException absent) {
        return null;
      }
    }
  }

  private static ExecutorService threadOf(String name) {
    return Executors.newSingleThreadExecutor(task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    });
  }

  /** Has a request carried out when those before it have been. What is thrown is its answer. */
  private static void carryOut(ExecutorService turn, Request request, Step step) {
    turn.execute(() -> {
      try {
        step.run();
      } catch (Throwable thrown) {
        request.fail(thrown);
      }
    });
  }

  private interface Step {
    void run() throws Exception;
  }

  /** What becomes of the records of a request, each by its own callback; answered when all is known. */
  private static final class Fates {
    private final Request request;
    private final Object[] results;
    private final AtomicInteger open;

    Fates(Request request, int count) {
      this.request = request;
      this.results = new Object[count];
      this.open = new AtomicInteger(count);
    }

    /** Only the first word counts: send() may call the callback and throw as well. */
    void settle(int index, RecordMetadata metadata, Exception thrown, double attempts) {
      synchronized (results) {
        if (results[index] != null) return;
        Map<String, Object> result = new LinkedHashMap<>();
        if (thrown != null) result.put("error", nameOf(causeOf(thrown)));
        else result.put("offset", metadata.offset() < 0 ? null : metadata.offset());
        if (attempts >= 1) result.put("attempts", (long) attempts);
        results[index] = result;
      }
      if (open.decrementAndGet() == 0) request.answer("results", List.of(results));
    }
  }

  /** The request `open` in the library's words. */
  private static final class Settings {
    private static final String SECURITY = "org.apache.kafka.common.security.";
    /** What the library waits at most for more records, if it is not told: 0, and 5 from 4.0 on. */
    private static final long LINGER_MS_MAX = 5;

    static Map<String, Object> of(Request open) throws IOException {
      Map<String, Object> own = open.map("settings");
      Map<String, Object> settings = new HashMap<>();
      settings.put("bootstrap.servers", String.join(",", open.texts("brokers")));
      settings.put("client.id", "kept-" + open.number("worker"));
      settings.put("key.serializer", ByteArraySerializer.class.getName());
      settings.put("value.serializer", ByteArraySerializer.class.getName());
      settings.put("acks", String.valueOf(open.value("acks")));
      settings.put("enable.idempotence", String.valueOf(open.flag("idempotence")));
      settings.put("retries", String.valueOf(open.number("retries")));
      long requestTimeoutMs = open.number("requestTimeoutMs");
      settings.put("request.timeout.ms", String.valueOf(requestTimeoutMs));
      settings.put("delivery.timeout.ms", String.valueOf(deliveryTimeoutMs(open, own)));
      settings.put("max.block.ms", String.valueOf(maxBlockMs(open)));
      Request transactions = open.part("transactions");
      if (transactions != null) {
        settings.put("transactional.id", transactions.text("id"));
        settings.put("transaction.timeout.ms", String.valueOf(transactions.number("timeoutMs")));
      }
      secure(open, settings);
      settings.putAll(own);
      return settings;
    }

    /** The request `subscribe` in the library's words. */
    static Map<String, Object> ofReader(Request open) throws IOException {
      Map<String, Object> settings = new HashMap<>();
      settings.put("bootstrap.servers", String.join(",", open.texts("brokers")));
      settings.put("client.id", "kept-reader");
      settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
      settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
      settings.put("isolation.level", open.text("isolation"));
      settings.put("enable.auto.commit", "false");
      settings.put("auto.offset.reset", "earliest");
      settings.put("request.timeout.ms", String.valueOf(open.number("requestTimeoutMs")));
      Request membership = open.part("membership");
      if (membership != null) join(open.text("group"), membership, settings);
      secure(open, settings);
      settings.putAll(open.map("settings"));
      return settings;
    }

    private static void join(String group, Request membership, Map<String, Object> settings) throws IOException {
      settings.put("group.id", group);
      settings.put("enable.auto.commit", String.valueOf(membership.text("commit").equals("automatic")));
      if (membership.text("instance") != null) putKnown("group.instance.id", membership.text("instance"), settings);
      if (membership.text("protocol").equals("consumer")) {
        putKnown("group.protocol", "consumer", settings);
        return;
      }
      long sessionTimeoutMs = membership.number("sessionTimeoutMs");
      settings.put("session.timeout.ms", String.valueOf(sessionTimeoutMs));
      settings.put("heartbeat.interval.ms", String.valueOf(sessionTimeoutMs / 3));
    }

    /** A setting that the library does not know it would pass over, and the group would be another one than was asked for. */
    private static void putKnown(String name, String value, Map<String, Object> settings) throws IOException {
      if (!ConsumerConfig.configNames().contains(name)) {
        throw new UnsupportedVersionException("version " + version() + " of the library has no " + name);
      }
      settings.put(name, value);
    }

    /** The end of a transaction takes several requests, each of which may have to be sent again. */
    static long maxBlockMs(Request open) {
      long connectionMs = open.number("connectionTimeoutMs");
      return open.part("transactions") == null ? connectionMs : Math.max(connectionMs, 3 * open.number("requestTimeoutMs"));
    }

    /** The library asks for as much as one request and its linger take. */
    private static long deliveryTimeoutMs(Request open, Map<String, Object> own) {
      Object linger = own.get("linger.ms");
      long lingerMs = linger == null ? LINGER_MS_MAX : Long.parseLong(String.valueOf(linger));
      return Math.max(open.number("deliveryTimeoutMs"), open.number("requestTimeoutMs") + lingerMs);
    }

    private static void secure(Request open, Map<String, Object> settings) throws IOException {
      Request tls = open.part("tls");
      Request sasl = open.part("sasl");
      settings.put("security.protocol", (sasl == null ? "" : "SASL_") + (tls == null ? "PLAINTEXT" : "SSL"));
      if (tls != null) addTls(tls, settings);
      if (sasl != null) addSasl(sasl, settings);
    }

    private static void addTls(Request tls, Map<String, Object> settings) throws IOException {
      settings.put("ssl.endpoint.identification.algorithm", tls.flag("verifyHost") ? "https" : "");
      boolean hasKey = tls.text("key") != null;
      if (tls.text("ca") == null && !hasKey) return;
      // KIP-651: before 2.7 the library reads files only, and what was told as a text would be passed over.
      if (!ProducerConfig.configNames().contains("ssl.truststore.certificates")) {
        throw new UnsupportedVersionException("certificates as texts need version 2.7 of the library, and this is " + version());
      }
      if (tls.text("ca") != null) {
        settings.put("ssl.truststore.type", "PEM");
        settings.put("ssl.truststore.certificates", tls.text("ca"));
      }
      if (!hasKey) return;
      settings.put("ssl.keystore.type", "PEM");
      settings.put("ssl.keystore.key", tls.text("key"));
      settings.put("ssl.keystore.certificate.chain", tls.text("cert"));
      if (tls.text("keyPassphrase") != null) settings.put("ssl.key.password", tls.text("keyPassphrase"));
    }

    private static void addSasl(Request sasl, Map<String, Object> settings) {
      String mechanism = sasl.text("mechanism");
      settings.put("sasl.mechanism", mechanism);
      if (mechanism.equals("OAUTHBEARER")) {
        settings.put("sasl.jaas.config", SECURITY + "oauthbearer.OAuthBearerLoginModule required token=" + quoted(sasl.text("token")) + ";");
        settings.put("sasl.login.callback.handler.class", Token.class.getName());
        return;
      }
      String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
      String user = " username=" + quoted(sasl.text("username")) + " password=" + quoted(sasl.text("password"));
      settings.put("sasl.jaas.config", SECURITY + module + " required" + user + ";");
    }

    private static String quoted(String text) {
      return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
  }

  /** Gives the library the token that kept was given. Its parts are the broker's business. */
  public static final class Token implements AuthenticateCallbackHandler {
    private String token;

    @Override
    public void configure(Map<String, ?> settings, String mechanism, List<AppConfigurationEntry> entries) {
      token = (String) entries.get(0).getOptions().get("token");
    }

    @Override
    public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
      for (Callback callback : callbacks) {
        if (callback instanceof OAuthBearerTokenCallback) ((OAuthBearerTokenCallback) callback).token(asIs(token));
        // Extensions, which there are none of.
        else if (!callback.getClass().getSimpleName().equals("SaslExtensionsCallback")) throw new UnsupportedCallbackException(callback);
      }
    }

    @Override
    public void close() {}

    /** It is not renewed, and how long it is good for is not looked at: the broker will say. */
    private static OAuthBearerToken asIs(String token) {
      return new OAuthBearerToken() {
        @Override
        public String value() {
          return token;
        }

        @Override
        public Set<String> scope() {
          return Collections.emptySet();
        }

        @Override
        public long lifetimeMs() {
          return Long.MAX_VALUE;
        }

        @Override
        public String principalName() {
          return "kept";
        }

        @Override
        public Long startTimeMs() {
          return null;
        }
      };
    }
  }

  /** As much of JSON as the protocol needs; a library for it could be another one than the client's own. */
  private static final class Json {
    private final String text;
    private int at = 0;

    private Json(String text) {
      this.text = text;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> readObject(String text) {
      return (Map<String, Object>) new Json(text).value();
    }

    static String write(Object value) {
      StringBuilder out = new StringBuilder();
      write(value, out);
      return out.toString();
    }

    private Object value() {
      switch (next()) {
        case '{':
          return object();
        case '[':
          return array();
        case '"':
          return string();
        case 't':
          return word("true", Boolean.TRUE);
        case 'f':
          return word("false", Boolean.FALSE);
        case 'n':
          return word("null", null);
        default:
          return number();
      }
    }

    private Map<String, Object> object() {
      Map<String, Object> object = new LinkedHashMap<>();
      take('{');
      while (next() != '}') {
        if (!object.isEmpty()) take(',');
        next();
        String name = string();
        next();
        take(':');
        object.put(name, value());
      }
      take('}');
      return object;
    }

    private List<Object> array() {
      List<Object> array = new ArrayList<>();
      take('[');
      while (next() != ']') {
        if (!array.isEmpty()) {
          take(',');
        }
        array.add(value());
      }
      take(']');
      return array;
    }

    private String string() {
      take('"');
      StringBuilder string = new StringBuilder();
      for (char each = text.charAt(at++); each != '"'; each = text.charAt(at++)) string.append(each == '\\' ? escaped() : each);
      return string.toString();
    }

    private char escaped() {
      char letter = text.charAt(at++);
      if (letter == 'u') return (char) Integer.parseInt(text.substring(at, at += 4), 16);
      int known = "bfnrt".indexOf(letter);
      return known < 0 ? letter : "\b\f\n\r\t".charAt(known);
    }

    private Number number() {
      int from = at;
      while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) at++;
      String digits = text.substring(from, at);
      if (digits.isEmpty()) throw unexpected();
      return digits.matches("-?\\d+") ? (Number) Long.valueOf(digits) : (Number) Double.valueOf(digits);
    }

    private Object word(String word, Object value) {
      if (!text.startsWith(word, at)) throw unexpected();
      at += word.length();
      return value;
    }

    /** The next character that is no space. It is not taken. */
    private char next() {
      while (at < text.length() && text.charAt(at) <= ' ') at++;
      if (at == text.length()) throw unexpected();
      return text.charAt(at);
    }

    private void take(char expected) {
      if (text.charAt(at) != expected) throw unexpected();
      at++;
    }

    private IllegalArgumentException unexpected() {
      return new IllegalArgumentException("a request is no JSON at character " + at);
    }

    private static void write(Object value, StringBuilder out) {
      if (value instanceof Map) {
        out.append('{');
        String comma = "";
        for (Map.Entry<?, ?> each : ((Map<?, ?>) value).entrySet()) {
          out.append(comma);
          write((String) each.getKey(), out);
          out.append(':');
          write(each.getValue(), out);
          comma = ",";
        }
        out.append('}');
      } else if (value instanceof List) {
        out.append('[');
        String comma = "";
        for (Object each : (List<?>) value) {
          out.append(comma);
          write(each, out);
          comma = ",";
        }
        out.append(']');
      } else if (value instanceof String) {
        write((String) value, out);
      } else {
        out.append(value);
      }
    }

    private static void write(String text, StringBuilder out) {
      out.append('"');
      for (int index = 0; index < text.length(); index++) {
        char each = text.charAt(index);
        if (each == '"' || each == '\\') out.append('\\').append(each);
        else if (each < ' ' || Character.isSurrogate(each)) out.append(String.format("\\u%04x", (int) each));
        else out.append(each);
      }
      out.append('"');
    }
  }
}
