"""librdkafka by ctypes, as far as tests need it: topics, messages, transactions. It shares no code with the product."""

import ctypes
import time

lib = ctypes.CDLL("librdkafka.so.1")
P, S, I = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int

PARTITION_ANY, COPY, PRODUCER, CONSUMER = -1, 2, 0, 1
PARTITION_EOF = -191
BEGINNING = -2


class Place(ctypes.Structure):
    _fields_ = [("topic", S), ("partition", ctypes.c_int32), ("offset", ctypes.c_int64), ("metadata", P),
                ("metadata_size", ctypes.c_size_t), ("opaque", P), ("err", I), ("private", P)]


class Places(ctypes.Structure):
    _fields_ = [("cnt", I), ("size", I), ("elems", ctypes.POINTER(Place))]


class Message(ctypes.Structure):
    _fields_ = [("err", I), ("rkt", P), ("partition", ctypes.c_int32), ("payload", P), ("len", ctypes.c_size_t),
                ("key", P), ("key_len", ctypes.c_size_t), ("offset", ctypes.c_int64), ("private", P)]


def declare(name, result, *arguments):
    function = getattr(lib, "rd_kafka_" + name)
    function.restype, function.argtypes = result, list(arguments)
    return function


conf_new = declare("conf_new", P)
conf_set = declare("conf_set", I, P, S, S, S, ctypes.c_size_t)
new = declare("new", P, I, P, S, ctypes.c_size_t)
destroy = declare("destroy", None, P)
topic_new = declare("topic_new", P, P, S, P)
topic_destroy = declare("topic_destroy", None, P)
produce = declare("produce", I, P, ctypes.c_int32, I, S, ctypes.c_size_t, S, ctypes.c_size_t, P)
poll = declare("poll", I, P, I)
flush = declare("flush", I, P, I)
outq_len = declare("outq_len", I, P)
err2str = declare("err2str", S, I)
last_error = declare("last_error", I)
error_string = declare("error_string", S, P)
init_transactions = declare("init_transactions", P, P, I)
begin_transaction = declare("begin_transaction", P, P)
commit_transaction = declare("commit_transaction", P, P, I)
abort_transaction = declare("abort_transaction", P, P, I)
new_topic = declare("NewTopic_new", P, S, I, I, S, ctypes.c_size_t)
delete_topic = declare("DeleteTopic_new", P, S)
create_topics = declare("CreateTopics", None, P, ctypes.POINTER(P), ctypes.c_size_t, P, P)
delete_topics = declare("DeleteTopics", None, P, ctypes.POINTER(P), ctypes.c_size_t, P, P)
queue_new = declare("queue_new", P, P)
queue_destroy = declare("queue_destroy", None, P)
queue_poll = declare("queue_poll", P, P, I)
event_error = declare("event_error", I, P)
event_destroy = declare("event_destroy", None, P)
create_result = declare("event_CreateTopics_result", P, P)
create_result_topics = declare("CreateTopics_result_topics", ctypes.POINTER(P), P, ctypes.POINTER(ctypes.c_size_t))
topic_result_error = declare("topic_result_error", I, P)
list_new = declare("topic_partition_list_new", P, I)
list_destroy = declare("topic_partition_list_destroy", None, P)
list_add = declare("topic_partition_list_add", P, P, S, ctypes.c_int32)
list_set_offset = declare("topic_partition_list_set_offset", I, P, S, ctypes.c_int32, ctypes.c_int64)
assign = declare("assign", I, P, P)
committed = declare("committed", I, P, P, I)
consumer_poll = declare("consumer_poll", ctypes.POINTER(Message), P, I)
consumer_close = declare("consumer_close", I, P)
message_destroy = declare("message_destroy", None, P)
message_headers = declare("message_headers", I, P, ctypes.POINTER(P))
header_get_all = declare("header_get_all", I, P, ctypes.c_size_t, ctypes.POINTER(S), ctypes.POINTER(P),
                         ctypes.POINTER(ctypes.c_size_t))


def client(kind, **properties):
    conf, why = conf_new(), ctypes.create_string_buffer(512)
    for name, value in properties.items():
        assert conf_set(conf, name.replace("_", ".").encode(), str(value).encode(), why, 512) == 0, why.value
    made = new(kind, conf, why, 512)
    assert made, why.value
    return made


def check(error):
    assert not error, error_string(error)


def admin(brokers, call, request):
    rk = client(PRODUCER, bootstrap_servers=brokers)
    queue = queue_new(rk)
    call(rk, (P * 1)(request), 1, None, queue)
    event = queue_poll(queue, 30_000)
    assert event and event_error(event) == 0, "the broker does not answer"
    if call is create_topics:
        count = ctypes.c_size_t()
        topics = create_result_topics(create_result(event), ctypes.byref(count))
        code = topic_result_error(topics[0])
        assert code == 0, err2str(code)
    event_destroy(event)
    queue_destroy(queue)
    destroy(rk)


class Topic:
    """`events` of send are (key, value) bytes."""

    def __init__(self, brokers, name, partitions, replicas=1):
        self.brokers, self.name, self.replicas = brokers, name, replicas
        self.create(partitions)

    def create(self, partitions):
        admin(self.brokers, create_topics, new_topic(self.name.encode(), partitions, self.replicas, None, 0))

    def delete(self):
        admin(self.brokers, delete_topics, delete_topic(self.name.encode()))
        time.sleep(0.5)

    def send(self, events, partition=PARTITION_ANY, transaction=None, **properties):
        """transaction: (name, 'commit', 'abort' or 'open')."""
        if transaction:
            properties["transactional_id"] = transaction[0]
        rk = client(PRODUCER, bootstrap_servers=self.brokers, enable_idempotence="true", compression_type="gzip",
                    partitioner="murmur2_random", linger_ms=1, **properties)
        if transaction:
            check(init_transactions(rk, 30_000))
            check(begin_transaction(rk))
        topic = topic_new(rk, self.name.encode(), None)
        for key, value in events:
            while produce(topic, partition, COPY, value, len(value), key, len(key or b""), None) != 0:
                assert last_error() == -184, err2str(last_error())  # the queue is full
                poll(rk, 50)
            poll(rk, 0)
        assert flush(rk, 60_000) == 0 and outq_len(rk) == 0
        if transaction and transaction[1] == "commit":
            check(commit_transaction(rk, 30_000))
        elif transaction and transaction[1] == "abort":
            check(abort_transaction(rk, 30_000))
        topic_destroy(topic)
        destroy(rk)

    def committed(self, group, partitions=2):
        """The sum of the group's offsets."""
        rk = client(CONSUMER, bootstrap_servers=self.brokers, group_id=group)
        places = list_new(partitions)
        for partition in range(partitions):
            list_add(places, self.name.encode(), partition)
        until = time.monotonic() + 60
        while (code := committed(rk, places, 10_000)) != 0:  # who coordinates the group may just have died
            assert time.monotonic() < until, err2str(code)
        found = ctypes.cast(places, ctypes.POINTER(Places)).contents
        total = sum(max(found.elems[i].offset, 0) for i in range(found.cnt))
        list_destroy(places)
        destroy(rk)
        return total

    def read(self, partitions=1):
        """All messages: (value, headers)."""
        rk = client(CONSUMER, bootstrap_servers=self.brokers, group_id="test", enable_partition_eof="true",
                    enable_auto_commit="false")
        places = list_new(partitions)
        for partition in range(partitions):
            list_add(places, self.name.encode(), partition)
            list_set_offset(places, self.name.encode(), partition, BEGINNING)
        assert assign(rk, places) == 0
        found, ended = [], 0
        while ended < partitions:
            message = consumer_poll(rk, 10_000)
            assert message, "nothing came"
            m = message.contents
            if m.err == PARTITION_EOF:
                ended += 1
            else:
                assert m.err == 0, err2str(m.err)
                found.append((ctypes.string_at(m.payload, m.len), headers(message)))
            message_destroy(message)
        list_destroy(places)
        consumer_close(rk)
        destroy(rk)
        return found


def headers(message):
    list_, found = P(), {}
    if message_headers(message, ctypes.byref(list_)) != 0:
        return found
    name, value, size, at = S(), P(), ctypes.c_size_t(), 0
    while header_get_all(list_, at, ctypes.byref(name), ctypes.byref(value), ctypes.byref(size)) == 0:
        found[name.value.decode()] = ctypes.string_at(value, size.value).decode()
        at += 1
    return found
