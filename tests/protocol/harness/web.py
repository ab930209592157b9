"""HTTP by hand, and XMPP over WebSocket (RFC 6455, RFC 7395) that a test's client uses like any other
connection."""
import base64
import os
import re
import struct
from xml.parsers import expat

from .element import CLIENT, STREAMS
from .wire import Wire

FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class HttpAnswer:
    """Status, fields (by lower-case name) and body."""

    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def text(self):
        return self.body.decode()

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body!r}"


async def read_answer(wire, head_only=False):
    """The next answer on an HTTP connection; (answer, what came behind it)."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = await wire.read()
        assert more, f"the connection ended in the head of an answer: {data!r}"
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = 0 if head_only else int(fields.get("content-length", 0))
    while len(rest) < length:
        more = await wire.read()
        assert more, f"the connection ended in the body of an answer: {rest!r}"
        rest += more
    return HttpAnswer(int(status.split()[1]), fields, rest[:length]), rest[length:]


def request(method, path, fields=None, body=b"", host="localhost"):
    lines = {"Host": host} | (fields or {})
    if body:
        lines.setdefault("Content-Length", len(body))
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode() + body


async def connect(server, tls=True, source=None):
    """A connection to the server's web port."""
    wire = await Wire.connect(server.https_port if tls else server.http_port, source)
    if tls:
        await wire.start_tls(server.host, trust=server.authority.path, alpn=b"http/1.1")
    return wire


async def ask(server, path, method="GET", fields=None, body=b"", tls=True, source=None):
    """One request on a connection of its own."""
    wire = await connect(server, tls, source)
    try:
        wire.write(request(method, path, fields, body, host=server.host))
        answer, _ = await read_answer(wire, head_only=method == "HEAD")
        return answer
    finally:
        wire.close()


def handshake(**changes):
    """The fields of a client's handshake; those given as None are left out."""
    fields = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "xmpp",
    }
    fields |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in fields.items() if value is not None}


def frame(opcode, payload=b"", fin=True, masked=True):
    """A client's frame (RFC 6455 §5.2)."""
    size = len(payload)
    mask_bit = 0x80 if masked else 0
    if size < 126:
        lengths = bytes([mask_bit | size])
    elif size < 65536:
        lengths = bytes([mask_bit | 126]) + struct.pack(">H", size)
    else:
        lengths = bytes([mask_bit | 127]) + struct.pack(">Q", size)
    head = bytes([(0x80 if fin else 0) | opcode]) + lengths
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class WebWire(Wire):
    """A WebSocket that looks like a TCP connection to the stream above it: what is written goes out as one
    message, `<open/>` and `<close/>` stand for the stream's tags. Checks that each message that comes is one
    element, with all of its namespaces."""

    @classmethod
    async def connect(cls, server, tls=True, source=None, fields=None, **options):
        wire = await super().connect(server.https_port if tls else server.http_port, source)
        if tls:
            await wire.start_tls(server.host, **options)
        wire._frames, wire._closed = b"", None
        sent = fields or handshake()
        wire.write_bytes(request("GET", "/ws", sent, host=server.host))
        answer, rest = await read_answer(_Bytes(wire))
        assert answer.status == 101, answer
        assert answer.fields["sec-websocket-protocol"] == "xmpp" and not rest, answer
        return wire

    def write_bytes(self, data):
        super().write(data)

    def write(self, data):
        if data:
            self.write_bytes(frame(TEXT, _as_message(data)))

    async def read(self):
        """What the stream would be over TCP; b'' at its end."""
        while True:
            opcode, payload = await self.read_frame()
            if opcode is None or opcode == CLOSE:
                return b""
            if opcode == TEXT:
                return _as_stream(payload)

    async def read_frame(self):
        """(opcode, payload) of the next frame; (None, b'') at the end of the connection."""
        while (size := _frame_size(self._frames)) is None or len(self._frames) < size:
            more = await Wire.read(self)
            if not more:
                return None, b""
            self._frames += more
        whole, self._frames = self._frames[:size], self._frames[size:]
        assert whole[0] & 0xF0 == 0x80 and not whole[1] & 0x80, f"no frame of a server: {whole[:2].hex()}"
        payload = whole[{126: 4, 127: 10}.get(whole[1], 2) :]
        return whole[0] & 0xF, payload


class _Bytes:
    """The connection under a WebSocket."""

    def __init__(self, wire):
        self._wire = wire

    async def read(self):
        return await Wire.read(self._wire)


def _frame_size(data):
    if len(data) < 2:
        return None
    size = data[1] & 0x7F
    extra = {126: 2, 127: 8}.get(size, 0)
    if len(data) < 2 + extra:
        return None
    return 2 + extra + (int.from_bytes(data[2 : 2 + extra], "big") if extra else size)


HEADER = re.compile(rb"^(<\?xml[^>]*\?>)?<stream:stream ")
STANZA = re.compile(rb"^<(message|presence|iq)(?=[ />])")


def _as_message(data):
    """What stands for these bytes of a TCP stream."""
    if HEADER.match(data):
        attributes = re.sub(rb" xmlns(:stream)?='[^']*'", b"", HEADER.sub(b"", data))
        return b"<open xmlns='" + FRAMING.encode() + b"' " + attributes.removesuffix(b">") + b"/>"
    if data == b"</stream:stream>":
        return b"<close xmlns='" + FRAMING.encode() + b"'/>"
    named = STANZA.match(data)
    if named and b" xmlns=" not in data[: data.find(b">")]:
        return named[0] + b" xmlns='jabber:client'" + data[named.end() :]
    return data


def _as_stream(message):
    """What this message would be in a TCP stream."""
    root = _root(message)
    if root == f"{FRAMING} open":
        attributes = re.match(rb"<open xmlns='[^']*'(.*)/>$", message, re.DOTALL)[1]
        namespaces = f" xmlns='{CLIENT}' xmlns:stream='{STREAMS}'".encode()
        return b"<stream:stream" + namespaces + attributes + b">"
    return b"</stream:stream>" if root == f"{FRAMING} close" else message


def _root(message):
    """Namespace and name of the one element that a message is."""
    roots, depth = [], 0

    def start(name, _):
        nonlocal depth
        if depth == 0:
            roots.append(name)
        depth += 1

    def end(_):
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(message, True)
    assert " " in roots[0], f"an element without a namespace: {message!r}"
    return roots[0]
