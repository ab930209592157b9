"""XML as the tests see it: small elements, patterns that match them, and an incremental parser of streams."""
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

CLIENT = "jabber:client"
SERVER = "jabber:server"
COMPONENT = "jabber:component:accept"
DIALBACK = "jabber:server:dialback"
STREAMS = "http://etherx.jabber.org/streams"
STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
XML = "http://www.w3.org/XML/1998/namespace"


class Element:
    """One XML element. `attrs` has `xml:lang` under that name, other prefixed attributes as
    `{namespace}name`."""

    def __init__(self, name, ns, attrs=None, children=()):
        self.name, self.ns, self.attrs, self.children = name, ns, dict(attrs or {}), list(children)

    @classmethod
    def parse(cls, text, ns=CLIENT):
        """Reads one element as it would stand in a stream of this content namespace, that of clients or of
        servers, where `db` is the prefix of dialback."""
        parser = StreamParser()
        header = f"<stream:stream xmlns='{ns}' xmlns:stream='{STREAMS}' xmlns:db='{DIALBACK}'>"
        parser.feed(header.encode())
        events = parser.feed(text.encode())
        assert len(events) == 1, f"not one element: {text}"
        return events[0]

    def __getitem__(self, attribute):
        return self.attrs.get(attribute)

    @property
    def text(self):
        return "".join(c for c in self.children if isinstance(c, str))

    @property
    def elements(self):
        return [c for c in self.children if isinstance(c, Element)]

    def child(self, name, ns=None):
        """The first child of this name (and namespace), or None."""
        return next((c for c in self.elements if c.name == name and ns in (None, c.ns)), None)

    def all(self, name, ns=None):
        return [c for c in self.elements if c.name == name and ns in (None, c.ns)]

    def mismatch(self, pattern):
        """Why this element does not match the pattern, or None. Everything in the pattern must be there; more
        may be. An attribute `*` stands for any value; text in the pattern must be equal."""
        if (self.name, self.ns) != (pattern.name, pattern.ns):
            return f"is {{{self.ns}}}{self.name}, not {{{pattern.ns}}}{pattern.name}"
        for name, wanted in pattern.attrs.items():
            got = self.attrs.get(name)
            if got is None or wanted not in ("*", got):
                return f"{self.name}: {name} is {got!r}, not {wanted!r}"
        if pattern.text.strip() and pattern.text != self.text:
            return f"{self.name}: text is {self.text!r}, not {pattern.text!r}"
        for wanted in pattern.elements:
            if all(own.mismatch(wanted) for own in self.elements):
                return f"{self.name} has no {wanted}"
        return None

    def matches(self, pattern):
        return self.mismatch(pattern) is None

    def __str__(self):
        return self._print(CLIENT)

    __repr__ = __str__

    def _print(self, inherited):
        out = [f"<{self.name}"]
        if self.ns != inherited:
            out.append(f" xmlns={quoteattr(self.ns)}")
        out += [f" {name}={quoteattr(value)}" for name, value in self.attrs.items()]
        inner = "".join(escape(c) if isinstance(c, str) else c._print(self.ns) for c in self.children)
        out.append(f">{inner}</{self.name}>" if inner else "/>")
        return "".join(out)


class StreamClose:
    """The event of `</stream:stream>`."""

    def __str__(self):
        return "</stream:stream>"


class _Restarted(Exception):
    """Leaves the parser at the end tag of a stream's last element; has the tag's offset."""


class StreamParser:
    """Cuts one XML stream into events: the header (an Element without children), top-level Elements,
    StreamClose. A SASL success ends the stream too (RFC 6120 §6.4.6); what follows it is kept in `rest` for
    the next parser."""

    def __init__(self):
        self._parser = expat.ParserCreate(encoding="UTF-8", namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._open, self._events = [], []
        self._fed = 0
        self.rest = b""

    def feed(self, data):
        try:
            self._parser.Parse(data, False)
        except _Restarted as end_tag:
            offset = end_tag.args[0] - self._fed  # of `</success>`, or past `<success/>`
            rest = data[max(0, offset) :]
            self.rest = rest.partition(b">")[2] if offset < 0 or rest.startswith(b"</") else rest
        self._fed += len(data)
        events, self._events = self._events, []
        return events

    @staticmethod
    def _split(name):
        ns, _, local = name.rpartition(" ")
        return ns, local

    def _start(self, name, attributes):
        ns, local = self._split(name)
        attrs = {}
        for key, value in attributes.items():
            attr_ns, attr = self._split(key)
            attrs[f"xml:{attr}" if attr_ns == XML else f"{{{attr_ns}}}{attr}" if attr_ns else attr] = value
        element = Element(local, ns, attrs)
        if not self._open:
            self._events.append(element)
        elif len(self._open) > 1:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _name):
        element = self._open.pop()
        if not self._open:
            self._events.append(StreamClose())
        elif len(self._open) == 1:
            self._events.append(element)
            if (element.name, element.ns) == ("success", SASL):
                raise _Restarted(self._parser.CurrentByteIndex)

    def _text(self, text):
        if len(self._open) > 1:
            children = self._open[-1].children
            if children and isinstance(children[-1], str):
                children[-1] += text
            else:
                children.append(text)
