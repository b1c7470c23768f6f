#!/usr/bin/env python3
"""librdkafka as a client of kept, through confluent-kafka: the protocol of docs/clients.md in Python.

One JSON object a line: requests come on standard input, answers go to standard output. Each worker has a producer of
its own, and a thread that waits for what librdkafka tells of its records.
"""

import json
import os
import signal
import sys
import threading
import time

import confluent_kafka
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition

POLL_S = 0.1
FLUSH_S = 1.0
# A cluster makes the log of transactions when it is first asked for.
FIRST_TRANSACTION_S = 15

output = threading.Lock()


def say(**answer):
    with output:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def settings_of(asked):
    """What a producer is configured with, in the words of librdkafka's CONFIGURATION.md."""
    transactions = asked["transactions"]
    settings = {
        **reach_of(asked),
        "client.id": f"kept-{asked['worker']}",
        "acks": asked["acks"],
        "enable.idempotence": asked["idempotence"],
        "message.send.max.retries": asked["retries"],
        "request.timeout.ms": asked["requestTimeoutMs"],
        "socket.timeout.ms": asked["requestTimeoutMs"],
        "socket.connection.setup.timeout.ms": max(1000, asked["connectionTimeoutMs"]),
        "message.timeout.ms": asked["deliveryTimeoutMs"],
        "allow.auto.create.topics": False,
    }
    if transactions:
        settings["transactional.id"] = transactions["id"]
        settings["transaction.timeout.ms"] = transactions["timeoutMs"]
        # The library takes no longer time for a record than for its transaction.
        settings["message.timeout.ms"] = min(asked["deliveryTimeoutMs"], transactions["timeoutMs"])
    settings.update(asked["settings"])
    return settings


def reader_settings_of(asked):
    """What a consumer is configured with. It needs a group, also where it is none of its members and is told what to read."""
    return {
        **reach_of(asked),
        "group.id": asked["group"],
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "isolation.level": asked["isolation"],
        "socket.timeout.ms": max(10000, asked["requestTimeoutMs"]),
        **membership_settings_of(asked["membership"]),
        **asked["settings"],
    }


def membership_settings_of(membership):
    if membership is None:
        return {}
    settings = {
        "enable.auto.commit": membership["commit"] == "automatic",
    }
    # Versions that know the classic protocol only do not know the setting.
    if membership["protocol"] != "classic":
        settings["group.protocol"] = membership["protocol"]
    if membership["instance"] is not None:
        settings["group.instance.id"] = membership["instance"]
    # With the other protocol the brokers say how long that is, and the library refuses to be told.
    if membership["protocol"] == "classic":
        settings["session.timeout.ms"] = membership["sessionTimeoutMs"]
        settings["heartbeat.interval.ms"] = membership["sessionTimeoutMs"] // 3
    return settings


def reach_of(asked):
    """How the cluster is reached."""
    tls, sasl = asked["tls"], asked["sasl"]
    settings = {
        "client.id": "kept-reader",
        "bootstrap.servers": ",".join(asked["brokers"]),
        "security.protocol": ("SASL_" if sasl else "") + ("SSL" if tls else "PLAINTEXT"),
    }
    if tls:
        settings["ssl.endpoint.identification.algorithm"] = "https" if tls["verifyHost"] else "none"
        words = {
            "ca": "ssl.ca.pem",
            "cert": "ssl.certificate.pem",
            "key": "ssl.key.pem",
            "keyPassphrase": "ssl.key.password",
        }
        settings.update({words[name]: tls[name] for name in words if tls[name] is not None})
    if sasl:
        settings["sasl.mechanisms"] = sasl["mechanism"]
        if sasl["mechanism"] == "OAUTHBEARER":
            # Of a token of this kind the broker knows when it ends.
            settings["oauth_cb"] = lambda _: (sasl["token"], 2**31)
        else:
            settings["sasl.username"] = sasl["username"]
            settings["sasl.password"] = sasl["password"]
    return settings


class Reader:
    def __init__(self, asked):
        self.topic = asked["topic"]
        self.partitions = asked["partitions"]
        self.is_member = asked["membership"] is not None
        self.consumer = Consumer(reader_settings_of(asked))
        if self.is_member:
            self.consumer.subscribe([self.topic], on_assign=self.assign)
            return
        self.consumer.assign(
            [TopicPartition(asked["topic"], number, OFFSET_BEGINNING) for number in range(asked["partitions"])]
        )

    def assign(self, consumer, partitions):
        """A member reads the first partitions only; what it owns of the others it leaves alone."""
        consumer.assign(partitions)
        left_alone = [each for each in partitions if each.partition >= self.partitions]
        if left_alone:
            consumer.pause(left_alone)

    def read(self):
        return [each for each in self.consumer.assignment() if each.partition < self.partitions]

    def poll(self, id, withinMs, **_):
        records = []
        for record in self.consumer.consume(500, withinMs / 1000):
            error = record.error()
            if error is None:
                value = record.value()
                records.append(
                    {
                        "partition": record.partition(),
                        "offset": record.offset(),
                        "value": None if value is None else value.decode("latin-1"),
                    }
                )
            elif error.fatal():
                raise KafkaException(error)
        say(id=id, records=records, **(self.standing() if self.is_member else {}))

    def standing(self):
        """The library does not tell the generation."""
        owned = sorted(each.partition for each in self.read())
        # Older versions do not tell what the coordinator calls it, either.
        name_of = getattr(self.consumer, "memberid", lambda: None)
        return {"assigned": owned, "generation": None, "member": name_of() or None}

    def positions(self, offsets):
        return [TopicPartition(self.topic, each["partition"], each["offset"]) for each in offsets]

    def commit(self, id, offsets, **_):
        for each in self.consumer.commit(offsets=self.positions(offsets), asynchronous=False):
            if each.error is not None:
                raise KafkaException(each.error)
        say(id=id, generation=None)

    def rewind(self, id, withinMs, **_):
        for each in self.consumer.committed(self.read(), withinMs / 1000):
            if each.error is not None:
                raise KafkaException(each.error)
            self.consumer.seek(each if each.offset >= 0 else TopicPartition(self.topic, each.partition, OFFSET_BEGINNING))
        say(id=id)


class Worker:
    def __init__(self, asked):
        self.asked = asked
        self.told = None
        self.is_open = True
        self.create()
        threading.Thread(target=self.wait, daemon=True).start()
        try:
            # An application finds out here whether there is a cluster at all.
            self.producer.list_topics(timeout=asked["connectionTimeoutMs"] / 1000)
        except KafkaException as error:
            self.is_open = False
            # That the brokers were not reached is told here, and why (a password, a certificate) only there.
            raise KafkaException(self.told) if self.told else error
        self.init_transactions()

    def create(self):
        self.producer = Producer({"error_cb": self.hear, **settings_of(self.asked)})
        # Whether it has said that it can do nothing more.
        self.is_spent = False

    def init_transactions(self):
        if self.asked["transactions"]:
            self.again(lambda left: self.producer.init_transactions(left), FIRST_TRANSACTION_S)

    def again(self, act, within_s):
        """Asks again where the library says that this is of use."""
        until = time.monotonic() + within_s
        while True:
            try:
                return act(max(0.1, until - time.monotonic()))
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() >= until:
                    raise

    def begin(self, id, **_):
        if self.is_spent:
            self.renew()
        try:
            self.producer.begin_transaction()
        except KafkaException:
            # The transaction before could not be ended: an application that goes on all the same needs another producer.
            self.renew()
            self.producer.begin_transaction()
        say(id=id)

    def renew(self):
        self.create()
        self.init_transactions()

    def end(self, id, how, timeoutMs, **_):
        """As the library's documentation has it: what cannot be committed is aborted, and after a fatal error it is given up."""
        producer, within_s = self.producer, timeoutMs / 1000
        try:
            self.again(producer.commit_transaction if how == "commit" else producer.abort_transaction, within_s)
        except KafkaException as error:
            if how == "commit" and error.args[0].txn_requires_abort():
                try:
                    self.again(producer.abort_transaction, within_s)
                except KafkaException:
                    self.is_spent = True
            else:
                self.is_spent = True
            raise
        say(id=id)

    def send_offsets(self, id, reader, offsets, **_):
        reader = readers[reader]
        positions, group = reader.positions(offsets), reader.consumer.consumer_group_metadata()
        within_s = self.asked["requestTimeoutMs"] / 1000
        self.again(lambda left: self.producer.send_offsets_to_transaction(positions, group, left), within_s)
        say(id=id)

    def hear(self, error):
        # When all brokers are down, the reason was told before.
        if error.name() != "_ALL_BROKERS_DOWN":
            self.told = error

    def wait(self):
        while self.is_open:
            self.producer.poll(POLL_S)

    def write(self, id, topic, partition, values, keys=None, **_):
        results = [None] * len(values)
        left = threading.Semaphore(len(values) - 1)

        def told(index, result):
            results[index] = result
            # The last one answers.
            if not left.acquire(blocking=False):
                say(id=id, results=results)

        for index, value in enumerate(values):
            try:
                self.producer.produce(
                    topic,
                    value=value.encode("latin-1"),
                    key=keys[index].encode("latin-1") if keys else None,
                    # A negative one: the library chooses.
                    partition=-1 if partition is None else partition,
                    on_delivery=lambda error, record, index=index: told(index, result_of(error, record)),
                )
            except KafkaException as error:
                told(index, {"error": error.args[0].name()})
            except BufferError:
                told(index, {"error": "_QUEUE_FULL"})

    def close(self):
        self.producer.flush(FLUSH_S)
        self.is_open = False


def result_of(error, record):
    if error is not None:
        return {"error": error.name()}
    offset = record.offset()
    # Negative where no broker told one: with acks=0, or of a repetition that it had already.
    return {"offset": offset if offset is not None and offset >= 0 else None}


workers = {}


def open_worker(asked):
    workers[asked["worker"]] = Worker(asked)
    say(id=asked["id"])


readers = {}


def open_reader(asked):
    readers[asked["reader"]] = Reader(asked)
    say(id=asked["id"])


def close_reader(asked):
    readers.pop(asked["reader"]).consumer.close()
    say(id=asked["id"])


def close_worker(asked):
    workers.pop(asked["worker"]).close()
    say(id=asked["id"])


def attempt(request, asked):
    """What goes wrong is an answer."""
    try:
        request(asked)
    except KafkaException as error:
        say(id=asked["id"], error=error.args[0].name(), detail=error.args[0].str())
    except Exception as error:
        say(id=asked["id"], error=type(error).__name__, detail=str(error))


def main():
    # Ctrl-C is for kept, which goes on for a while.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    say(
        protocol=1,
        library="librdkafka",
        version=confluent_kafka.libversion()[0],
        transactions=True,
        consumers=True,
        groups=True,
        through=f"confluent-kafka {confluent_kafka.version()}",
    )
    sys.stdin.reconfigure(encoding="utf-8")
    slow = {
        "open": open_worker,
        "begin": lambda asked: workers[asked["worker"]].begin(**asked),
        "end": lambda asked: workers[asked["worker"]].end(**asked),
        "close": close_worker,
        "subscribe": open_reader,
        "poll": lambda asked: readers[asked["reader"]].poll(**asked),
        "commit": lambda asked: readers[asked["reader"]].commit(**asked),
        "rewind": lambda asked: readers[asked["reader"]].rewind(**asked),
        "send-offsets": lambda asked: workers[asked["worker"]].send_offsets(**asked),
        "unsubscribe": close_reader,
    }
    for line in sys.stdin:
        asked = json.loads(line)
        op = asked.pop("op")
        if op == "write":
            attempt(lambda asked: workers[asked.pop("worker")].write(**asked), asked)
        else:
            # These wait for brokers, and the other workers need not.
            threading.Thread(target=attempt, args=(slow[op], asked), daemon=True).start()
    # Whoever started it is gone: so is it, whatever is still under way.
    os._exit(0)


if __name__ == "__main__":
    main()
