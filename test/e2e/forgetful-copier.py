"""
A copier that is wrong: it commits the offsets by itself, and not with the transaction. Then it finds every third time that it
cannot go on with the transaction, which is therefore aborted. Everything else is kept's own client.
"""

import importlib.util
import itertools
import sys

spec = importlib.util.spec_from_file_location("kept_client", sys.argv[1])
kept_client = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kept_client)


calls = itertools.count(1)


def send_offsets(self, id, reader, offsets, **_):
    reader = kept_client.readers[reader]
    reader.consumer.commit(offsets=reader.positions(offsets), asynchronous=False)
    if next(calls) % 3 == 0:
        raise RuntimeError("it goes on no more")
    kept_client.say(id=id)


kept_client.Worker.send_offsets = send_offsets
kept_client.main()
