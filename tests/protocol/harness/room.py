"""Rooms (XEP-0045) as tests see them: who enters, what entering shows, and the forms of their owners."""
import dataclasses

from .client import check_error
from .element import Element

MUC = "http://jabber.org/protocol/muc"
USER, ADMIN, OWNER = f"{MUC}#user", f"{MUC}#admin", f"{MUC}#owner"
DATA = "jabber:x:data"
CONFIG = f"{MUC}#roomconfig"
OCCUPANT_ID = "urn:xmpp:occupant-id:0"


def codes(stanza):
    """The status codes of a stanza from a room."""
    x = stanza.child("x", USER)
    return {int(status["code"]) for status in x.all("status")} if x else set()


def item(stanza):
    """The item of a presence from a room."""
    return stanza.child("x", USER).child("item")


def occupant_id(stanza):
    (found,) = stanza.all("occupant-id", OCCUPANT_ID)
    return found["id"]


@dataclasses.dataclass
class Entry:
    """What a client was shown when it entered, in this order (§7.1)."""

    others: list
    own: Element
    history: list
    subject: Element


class Room:
    """A room that nobody else uses."""

    def __init__(self, world, name="room", host=None):
        self.service = f"conference.{host or world.host}"
        self.jid = f"{world.fresh(name)}@{self.service}"

    def at(self, nick):
        return f"{self.jid}/{nick}"

    def knock(self, client, nick, x="", payload=""):
        client.send(f"<presence to='{self.at(nick)}' id='j'><x xmlns='{MUC}'>{x}</x>{payload}</presence>")

    async def enter(self, client, nick, x="", payload=""):
        """Enters and reads all that this brings, in the order that §7.1 demands."""
        self.knock(client, nick, x, payload)
        others = []
        while True:
            got = await client.expect("<presence/>")
            assert got["type"] is None, f"was not let in: {got}"
            if 110 in codes(got):
                break
            others.append(got)
        assert got["from"] == self.at(nick), got
        history = []
        while not (message := await client.expect("<message type='groupchat'/>")).child("subject"):
            history.append(message)
        return Entry(others, got, history, message)

    async def refused(self, client, nick, condition, type=None, x=""):
        self.knock(client, nick, x)
        answer = await client.expect(f"<presence type='error' from='{self.at(nick)}' id='j'/>")
        check_error(answer, condition, type)

    async def make(self, client, nick, **fields):
        """Founds the room with this configuration (none: the defaults). The founder has read everything."""
        entry = await self.enter(client, nick)
        assert codes(entry.own) >= {110, 201}, entry.own
        await self.configure(client, **fields)
        return entry

    async def configure(self, client, **fields):
        """Submits the form with these fields; their names without what all have in common."""
        return await client.iq("set", self.form(**fields), self.jid)

    @staticmethod
    def form(**fields):
        def field(name, value):
            var = name if "#" in name else f"muc#roomconfig_{name}"
            values = value if isinstance(value, (list, tuple)) else [value]
            return f"<field var='{var}'>{''.join(f'<value>{v}</value>' for v in values)}</field>"

        type = field("FORM_TYPE#", CONFIG).replace("FORM_TYPE#", "FORM_TYPE") if fields else ""
        inner = type + "".join(field(name, value) for name, value in fields.items())
        return f"<query xmlns='{OWNER}'><x xmlns='{DATA}' type='submit'>{inner}</x></query>"

    async def config(self, client):
        """The form as it is filled in, {field: values}."""
        answer = await client.iq("get", f"<query xmlns='{OWNER}'/>", self.jid)
        return fields_of(answer.child("query", OWNER).child("x", DATA))

    def say(self, client, body, **options):
        return client.message(self.jid, body, type="groupchat", **options)

    async def heard(self, *clients, nick, body):
        for client in clients:
            await client.expect(
                f"<message type='groupchat' from='{self.at(nick)}' to='{client.full}'>"
                f"<body>{body}</body></message>"
            )

    async def affiliate(self, client, user, affiliation, reason=None):
        return await client.iq(
            "set", self.change(f"jid='{user}' affiliation='{affiliation}'", reason), self.jid
        )

    async def give_role(self, client, nick, role, reason=None):
        return await client.iq("set", self.change(f"nick='{nick}' role='{role}'", reason), self.jid)

    @staticmethod
    def change(attributes, reason=None):
        why = f"<reason>{reason}</reason>" if reason else ""
        return f"<query xmlns='{ADMIN}'><item {attributes}>{why}</item></query>"

    @staticmethod
    def list(attribute):
        return f"<query xmlns='{ADMIN}'><item {attribute}/></query>"

    async def listed(self, client, attribute):
        """A list of users, {address: item}."""
        answer = await client.iq("get", self.list(attribute), self.jid)
        return {one["jid"]: one for one in answer.child("query", ADMIN).elements}

    async def present(self, world, *names, **fields):
        """Clients that are all in the room, each under its name, the first its owner; nothing is waiting."""
        clients = []
        for name in names:
            client = await world.client(name)
            if clients:
                await self.enter(client, name)
                for other in clients:
                    await other.expect(f"<presence from='{self.at(name)}' to='{other.full}'/>")
            else:
                await self.make(client, name, **fields)
            clients.append(client)
        return clients


def fields_of(x):
    return {field["var"]: [value.text for value in field.all("value")] for field in x.all("field")}
