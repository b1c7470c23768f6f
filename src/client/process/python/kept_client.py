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

import confluent_kafka
from confluent_kafka import KafkaException, Producer

POLL_S = 0.1
FLUSH_S = 1.0

output = threading.Lock()


def say(**answer):
    with output:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def settings_of(asked):
    """What a producer is configured with, in the words of librdkafka's CONFIGURATION.md."""
    tls, sasl = asked["tls"], asked["sasl"]
    settings = {
        "client.id": "kept",
        "bootstrap.servers": ",".join(asked["brokers"]),
        "acks": asked["acks"],
        "enable.idempotence": asked["idempotence"],
        "message.send.max.retries": asked["retries"],
        "request.timeout.ms": asked["requestTimeoutMs"],
        "socket.timeout.ms": asked["requestTimeoutMs"],
        "socket.connection.setup.timeout.ms": max(1000, asked["connectionTimeoutMs"]),
        "message.timeout.ms": asked["deliveryTimeoutMs"],
        "allow.auto.create.topics": False,
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
    settings.update(asked["settings"])
    return settings


class Worker:
    def __init__(self, asked):
        self.told = None
        self.producer = Producer({"error_cb": self.hear, **settings_of(asked)})
        self.is_open = True
        threading.Thread(target=self.wait, daemon=True).start()
        try:
            # An application finds out here whether there is a cluster at all.
            self.producer.list_topics(timeout=asked["connectionTimeoutMs"] / 1000)
        except KafkaException as error:
            self.is_open = False
            # That the brokers were not reached is told here, and why (a password, a certificate) only there.
            raise KafkaException(self.told) if self.told else error

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
                    partition=partition,
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
        through=f"confluent-kafka {confluent_kafka.version()}",
    )
    sys.stdin.reconfigure(encoding="utf-8")
    slow = {"open": open_worker, "close": close_worker}
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
