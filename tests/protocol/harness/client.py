"""A logged-in client: the stream, who it is, and the exchanges that nearly every test needs."""
import dataclasses
import itertools

from .element import BIND, CLIENT, STANZA_ERRORS, Element
from .stream import Stream

_ids = itertools.count(1)


def fresh_id(prefix="q"):
    return f"{prefix}{next(_ids)}"


@dataclasses.dataclass(frozen=True)
class Account:
    local: str
    domain: str
    password: str = "sesame-open"

    @property
    def bare(self):
        return f"{self.local}@{self.domain}"


class Client(Stream):
    """A bound session of an account. Opens with `bind`; available only after `online`."""

    def __init__(self, wire, account):
        super().__init__(wire, account.domain)
        self.account = account
        self.full = None

    @property
    def bare(self):
        return self.account.bare

    @property
    def resource(self):
        return self.full.partition("/")[2]

    async def bind(self, resource=None):
        wish = f"<resource>{resource}</resource>" if resource else ""
        answer = await self.iq("set", f"<bind xmlns='{BIND}'>{wish}</bind>")
        self.full = answer.child("bind", BIND).child("jid").text
        return self.full

    # iq

    def send_iq(self, kind, payload, to=None, id=None):
        id = id or fresh_id()
        self.send(f"<iq type='{kind}' id='{id}'{_to(to)}>{payload}</iq>")
        return id

    async def request(self, kind, payload, to=None):
        """Sends an iq and returns its answer, result or error; what comes meanwhile stays to be expected."""
        id = self.send_iq(kind, payload, to)
        answer = await self.wait_for(f"<iq id='{id}'/>")
        assert answer["type"] in ("result", "error"), f"not an answer: {answer}"
        return answer

    async def iq(self, kind, payload, to=None):
        """As `request`, for what must succeed."""
        answer = await self.request(kind, payload, to)
        assert answer["type"] == "result", f"{payload} was refused: {answer}"
        return answer

    async def iq_error(self, kind, payload, condition, type=None, to=None):
        """As `request`, for what must be refused with this condition."""
        answer = await self.request(kind, payload, to)
        check_error(answer, condition, type)
        return answer

    async def expect_error(self, stanza, id, condition, type=None):
        """The next element must be an error answer to the message, presence or iq of this id."""
        answer = await self.expect(f"<{stanza} type='error' id='{id}'/>")
        check_error(answer, condition, type)
        return answer

    # Presence and roster

    async def online(self, priority=0, payload=""):
        """Sends available presence and waits until it is in effect, that is until it comes back to this
        resource."""
        self.send(f"<presence><priority>{priority}</priority>{payload}</presence>")
        while (await self.wait_for(f"<presence from='{self.full}'/>"))["type"] == "unavailable":
            pass  # of an earlier time

    async def roster(self, version=None):
        """Fetches the roster, which makes this resource interested in pushes; {jid: item}."""
        ver = f" ver='{version}'" if version is not None else ""
        answer = await self.iq("get", f"<query xmlns='jabber:iq:roster'{ver}/>")
        query = answer.child("query", "jabber:iq:roster")
        return {item["jid"]: item for item in query.elements} if query else {}

    async def set_item(self, jid, name=None, groups=()):
        inner = "".join(f"<group>{group}</group>" for group in groups)
        named = f" name='{name}'" if name is not None else ""
        return await self.iq(
            "set", f"<query xmlns='jabber:iq:roster'><item jid='{jid}'{named}>{inner}</item></query>"
        )

    def presence(self, to, type=None):
        kind = f" type='{type}'" if type else ""
        self.send(f"<presence{_to(to)}{kind}/>")

    # Messages

    def message(self, to, body="", type="chat", id=None, payload=""):
        """Sends a message; returns its id."""
        id = id or fresh_id("m")
        text = f"<body>{body}</body>" if body else ""
        self.send(f"<message{_to(to)} type='{type}' id='{id}'>{text}{payload}</message>")
        return id

    # Proving that nothing came

    async def fence(self, peer):
        """Waits until everything this client sent to the peer's entity so far has arrived, if it ever does:
        stanzas of one pair keep their order (RFC 6120 §10.1). What came before stays to be expected. Leaves
        no trace in archives and is not copied to others."""
        id = self.message(
            peer.full,
            "fence",
            payload="<no-store xmlns='urn:xmpp:hints'/><private xmlns='urn:xmpp:carbons:2'/>",
        )
        passed = []
        while True:
            got = await peer.next()
            if got["id"] == id and got.name == "message":
                break
            passed.append(got)
        peer.put_back(passed)

    async def expect_nothing(self, after=None, of=None):
        """Nothing has come to this client, nor will, from what the client `after` (default: this one) did so
        far. `of`: the address that this client's stanzas went to, whose answers might come from another
        thread; any will do that answers requests, if only by refusing them."""
        if after is not None and after is not self:
            await after.fence(self)
        id = self.send_iq("get", "<nothing xmlns='urn:example:unknown'/>", of or self.domain)
        answer = await self.next()
        assert answer["id"] == id, f"expected nothing, got {answer}"

    # Ending

    async def logout(self):
        """The closing handshake of RFC 6120 §4.4; everything that comes meanwhile is dropped."""
        self.send("</stream:stream>")
        while True:
            if not isinstance(await self.event(), Element):
                break
        await self.expect_end()
        self.wire.close()


def check_error(stanza, condition, type=None):
    """Asserts that a stanza is an error of this condition, of this type where one is given (RFC 6120
    §8.3)."""
    error = stanza.child("error", CLIENT)
    assert stanza["type"] == "error" and error, f"expected error {condition}, got {stanza}"
    assert error.child(condition, STANZA_ERRORS), f"expected error {condition}, got {stanza}"
    assert type in (None, error["type"]), f"expected error type {type}, got {stanza}"


def _to(jid):
    return f" to='{jid}'" if jid else ""
