"""Connections that mean harm, or nothing: refused or cut, and whoever has a question is answered meanwhile."""

import concurrent.futures
import json
import random
import re
import resource
import socket
import time

import pytest

from .conftest import Server, desk_copy

HOST = b"Host: 127.0.0.1\r\n"
POST = b"POST /api/v1/query HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
BODY = json.dumps({"sql": "select 1 as one"}).encode()


def connect(server):
    return socket.create_connection(("127.0.0.1", server.address.port), timeout=60)


def rest(connection):
    received = b""
    try:
        while more := connection.recv(65536):
            received += more
    except ConnectionError:
        pass
    return received


def answers(server, data, ends=True):
    """All that comes back for these bytes, until the server closes. `ends`: it is told that no more will come."""
    with connect(server) as connection:
        try:
            connection.sendall(data)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all was sent
        return rest(connection)


def statuses(text):
    return re.findall(rb"HTTP/1\.1 (\d{3}) ", text)


def seconds_to_answer(server):
    start = time.monotonic()
    assert server.ask("/healthz")[0] == 200
    assert server.query(f"select {time.monotonic_ns()}")[0] == 200
    return time.monotonic() - start


def files_allowed(count):
    """This test's own limit of open files, raised as far as the system lets it; skips where that is not enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        if hard != resource.RLIM_INFINITY and hard < count:
            pytest.skip(f"needs {count} open files; ulimit -Hn is {hard}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def dribble(server, start, bytes_of, wait=40):
    """Sends a byte each half second; the seconds until the server has had enough."""
    begun = time.monotonic()
    with connect(server) as connection:
        connection.sendall(start)
        connection.settimeout(0.5)
        for byte in bytes_of:
            try:
                connection.sendall(bytes([byte]))
                if not connection.recv(1):
                    break
            except TimeoutError:
                pass
            except OSError:
                break
            if time.monotonic() - begun > wait:
                break
    return time.monotonic() - begun


def test_slow_senders_are_cut_at_a_deadline(server):
    """Headers and bodies byte by byte: 20 s from the first byte, however alive the sender looks."""
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        slow = [pool.submit(dribble, server, b"GET / HTTP/1.1\r\n" + HOST + b"X: ", b"a" * 200) for _ in range(15)]
        slow += [pool.submit(dribble, server, POST + b"Content-Length: 500\r\n\r\n", b"{" * 200) for _ in range(15)]
        worst = max(seconds_to_answer(server) for _ in range(20))
        took = [each.result() for each in slow]
    assert 18 < min(took) and max(took) < 30 and worst < 2, (took, worst)


def test_pipelined_requests_are_answered_in_order_up_to_the_first_that_is_none(server):
    good = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    received = answers(server, good + b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n" + good + b"\x00\x01 garbage\r\n\r\n" + good, ends=False)
    assert statuses(received) == [b"200", b"200", b"200", b"400"]


@pytest.mark.parametrize("request_head", [
    b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + HOST + b"Bad\x00Name: 1\r\n\r\n",
    POST + b"Content-Length: ten\r\n\r\n", POST + b"Content-Length: -1\r\n\r\n", POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n", POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x",
], ids=range(9))
def test_broken_http_is_refused(server, request_head):
    received = statuses(answers(server, request_head))
    assert all(b"400" <= status < b"500" for status in received) and len(received) <= 1, received
    assert seconds_to_answer(server) < 2


@pytest.mark.parametrize("big, status", [
    (b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 100) for n in range(500)) + b"\r\n", b"431"),
    (b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", b"431"),
    (POST + b"Content-Length: 1100000\r\n\r\n" + b"a" * 1_100_000, b"413"),
    (POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b"a" * 65536 + b"\r\n" + (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 30 + b"0\r\n\r\n", b"413"),
], ids=["many headers", "long address", "big body", "big body in chunks"])
def test_too_much_is_refused(server, big, status):
    received = statuses(answers(server, big))
    assert received in ([status], []), "refused in words, or cut while it was still sending"
    assert seconds_to_answer(server) < 2


def test_noise_is_refused(server):
    """Requests with bytes changed, cut and put in, the same ones each time: never a 5xx, and the service lives."""
    chance = random.Random(7)
    good = POST + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY) + BODY
    for _ in range(400):
        noise = bytearray(good)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(noise))
            noise[at:at + chance.choice((0, 1, 1, 9))] = chance.randbytes(chance.choice((0, 1, 1, 5)))
        assert all(status < b"500" for status in statuses(answers(server, bytes(noise)))), bytes(noise)
    assert seconds_to_answer(server) < 2


def hold_idle(server, count):
    """Holds that many connections that ask nothing, and asks meanwhile. Returns how many the server has kept."""
    held, slowest = [], 0
    try:
        for n in range(count):
            held.append(connect(server))
            if n % 100 == 0:
                slowest = max(slowest, seconds_to_answer(server))
        slowest = max(slowest, *(seconds_to_answer(server) for _ in range(20)))
        kept = 0
        for connection in held:
            connection.setblocking(False)
            try:
                connection.recv(1)
            except BlockingIOError:
                kept += 1
            except ConnectionError:
                pass
    finally:
        for connection in held:
            connection.close()
    assert slowest < 2
    return kept


def test_idle_connections_make_room_for_questions(binary, desk, tmp_path):
    """With fewer files than connections: the longest idle ones go, and who asks is answered at once."""
    files_allowed(1200)
    server = Server(binary, desk_copy(desk, tmp_path), files=700)
    assert 100 < hold_idle(server, 800) <= 350
    assert server.stop() == 0


@pytest.mark.soak
def test_ten_thousand_idle_connections(binary, desk, tmp_path):
    files_allowed(11_000)
    server = Server(binary, desk_copy(desk, tmp_path))
    assert 1000 < hold_idle(server, 10_000) <= 4096
    assert server.stop() == 0


def test_it_ends_while_connections_wait(binary, desk, tmp_path):
    """Of browsers and proxies that keep theirs open and say nothing more."""
    server = Server(binary, desk_copy(desk, tmp_path / "desk"))
    kept = [server.connection() for _ in range(3)]
    for connection in kept:
        connection.request("GET", "/api/v1/meta")
        assert connection.getresponse().read()
    assert server.stop() == 0
