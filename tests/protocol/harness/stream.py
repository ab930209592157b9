"""A client's XML stream, element by element. Nothing is answered or skipped that the test does not ask
for."""
import asyncio
import base64
import collections
from xml.parsers import expat

from .element import CLIENT, SASL, STREAM_ERRORS, STREAMS, TLS, Element, StreamClose, StreamParser
from .scram import Scram


class EndOfStream(AssertionError):
    """The server closed the connection while more was expected."""


class Patience:
    """How much a test waits, allows and repeats. `factor` stretches it for instrumented servers."""

    factor = 1
    long = False

    @classmethod
    def seconds(cls):
        """How long to wait for what must come."""
        return 10 * cls.factor


class Stream:
    content_ns = CLIENT

    def __init__(self, wire, domain):
        self.wire, self.domain = wire, domain
        self.header = None
        self.features = None
        self.transcript = collections.deque(maxlen=16)
        self._events = collections.deque()
        self._parser = StreamParser()

    # Sending

    def send(self, xml):
        """Sends bytes, text or an element as they are."""
        data = xml if isinstance(xml, bytes) else str(xml).encode()
        self.transcript.append(("C", data.decode(errors="backslashreplace")))
        self.wire.write(data)

    def send_header(self, to=None, **attributes):
        """Sends an initial stream header (RFC 6120 §4.7). An attribute given as None is left out; `xml_lang`
        is xml:lang."""
        attrs = {
            "to": to or self.domain,
            "version": "1.0",
            "xml:lang": "en",
            "xmlns": self.content_ns,
            "xmlns:stream": STREAMS,
        }
        attrs |= {name.replace("_", ":"): value for name, value in attributes.items()}
        text = " ".join(f"{name}='{value}'" for name, value in attrs.items() if value is not None)
        self.send(f"<?xml version='1.0'?><stream:stream {text}>")

    # Receiving

    async def event(self):
        """The next thing in the stream: header, Element, StreamClose. Raises EndOfStream at the connection's
        end."""
        try:
            async with asyncio.timeout(Patience.seconds()):
                while not self._events:
                    await self.read_more()
        except TimeoutError:
            raise AssertionError("nothing came from the server") from None
        return self._events.popleft()

    async def event_at_any_time(self):
        """The same, however long it takes."""
        while not self._events:
            await self.read_more()
        return self._events.popleft()

    async def read_more(self):
        """Reads what the server sends next, which need not make an event."""
        data = await self.wire.read()
        if not data:
            raise EndOfStream("connection closed by the server")
        self.transcript.append(("S", data.decode(errors="backslashreplace")))
        self._events.extend(self._parse(data))

    def _parse(self, data):
        try:
            return self._parser.feed(data)
        except expat.ExpatError as error:
            raise AssertionError(f"the server sent what is no XML stream: {error}: {data!r}") from None

    def put_back(self, elements):
        self._events.extendleft(reversed(elements))

    @property
    def waiting(self):
        """Whether something already read stays to be expected."""
        return bool(self._events)

    async def next(self):
        """The next top-level element."""
        event = await self.event()
        if isinstance(event, StreamClose):
            raise EndOfStream("stream closed by the server")
        return event

    def _pattern(self, pattern):
        return pattern if isinstance(pattern, Element) else Element.parse(pattern, self.content_ns)

    async def expect(self, pattern, absent=()):
        """The next element, which must match the pattern (see Element.mismatch) and have none of the `absent`
        attributes."""
        pattern = self._pattern(pattern)
        got = await self.next()
        why = got.mismatch(pattern)
        assert not why, f"expected {pattern}, got {got}: {why}"
        for attribute in absent:
            assert got[attribute] is None, f"{attribute} must be absent: {got}"
        return got

    async def expect_all(self, *patterns):
        """The next elements in any order, one for each pattern; returned in the order of the patterns."""
        wanted = {i: self._pattern(p) for i, p in enumerate(patterns)}
        found = {}
        while wanted:
            got = await self.next()
            index = next((i for i, pattern in wanted.items() if got.matches(pattern)), None)
            assert index is not None, f"expected one of {list(wanted.values())}, got {got}"
            found[index] = got
            del wanted[index]
        return [found[i] for i in sorted(found)]

    async def wait_for(self, pattern):
        """The first element that matches; those before it stay to be expected."""
        pattern = self._pattern(pattern)
        passed = []
        try:
            while True:
                got = await self.next()
                if got.matches(pattern):
                    return got
                passed.append(got)
        except AssertionError as error:
            raise type(error)(f"{error} while waiting for {pattern}; came: {passed}") from None
        finally:
            self.put_back(passed)

    async def expect_header(self, absent=()):
        """The response header (RFC 6120 §4.7); the features are not read."""
        header = await self.next()
        assert (header.name, header.ns) == ("stream", STREAMS), f"not a stream header: {header}"
        for attribute in absent:
            assert header[attribute] is None, f"{attribute} must be absent: {header}"
        self.header = header
        return header

    async def expect_stream_error(self, condition):
        """A stream error, then `</stream:stream>` and the end of the connection (RFC 6120 §4.9.1). Its
        response header is read first where none was seen."""
        if self.header is None:
            await self.expect_header()
        error = await self.next()
        assert (error.name, error.ns) == ("error", STREAMS), f"expected stream error {condition}, got {error}"
        assert error.child(condition, STREAM_ERRORS), f"expected stream error {condition}, got {error}"
        await self.expect_close()
        return error

    async def expect_close(self):
        """`</stream:stream>` and the end of the connection."""
        event = await self.event()
        assert isinstance(event, StreamClose), f"expected </stream:stream>, got {event}"
        await self.expect_end()

    async def expect_end(self):
        """The end of the connection, with nothing before it."""
        try:
            event = await self.event()
        except EndOfStream:
            return
        raise AssertionError(f"expected the end of the connection, got {event}")

    # Negotiating

    async def open(self, to=None, **attributes):
        """Opens (or restarts) the stream and reads header and features."""
        self.restart()
        self.send_header(to, **attributes)
        await self.expect_header()
        self.features = await self.expect(Element("features", STREAMS))
        return self.features

    def restart(self):
        """Expects a new stream from the server."""
        rest, self._parser, self.header = self._parser.rest, StreamParser(), None
        self._events.extend(self._parse(rest))

    async def start_tls(self, **options):
        """STARTTLS (RFC 6120 §5); the new stream is not opened yet."""
        self.send(f"<starttls xmlns='{TLS}'/>")
        await self.expect(Element("proceed", TLS))
        await self.wire.start_tls(self.domain, **options)
        self.restart()

    @property
    def mechanisms(self):
        offer = self.features.child("mechanisms", SASL)
        return [m.text for m in offer.all("mechanism", SASL)] if offer else []

    def send_auth(self, mechanism, initial=None):
        """`initial`: bytes; None sends no initial response, b'' an empty one (`=`)."""
        text = "" if initial is None else base64.b64encode(initial).decode() or "="
        self.send(f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{text}</auth>")

    def send_response(self, data):
        self.send(f"<response xmlns='{SASL}'>{base64.b64encode(data).decode()}</response>")

    async def challenge(self):
        element = await self.expect(Element("challenge", SASL))
        return base64.b64decode(element.text)

    async def expect_failure(self, condition):
        """A SASL failure (RFC 6120 §6.5)."""
        await self.expect(Element("failure", SASL, children=[Element(condition, SASL)]))

    async def scram(self, exchange):
        """Goes through a SCRAM exchange; returns the last answer of the server, a success being verified."""
        self.send_auth(exchange.mechanism, exchange.first())
        self.send_response(exchange.final(await self.challenge()))
        answer = await self.next()
        if answer.name == "success":
            exchange.verify(base64.b64decode(answer.text))
        return answer

    async def authenticate(self, user, password, mechanism="SCRAM-SHA-256", header=None):
        """Logs in and restarts the stream, whose header may get further attributes."""
        if mechanism == "PLAIN":
            self.send_auth("PLAIN", f"\0{user}\0{password}".encode())
            answer = await self.next()
        else:
            binding = self.wire.channel_binding() if mechanism.endswith("-PLUS") else None
            answer = await self.scram(Scram(mechanism, user, password, binding))
        assert answer.matches(Element("success", SASL)), f"login of {user} failed: {answer}"
        await self.open(**header or {})
