"""Publish-subscribe of accounts (XEP-0060, XEP-0163) as tests see it: requests, forms, and clients that say
of which nodes they want to hear."""
import base64
import hashlib
import itertools

PUBSUB = "http://jabber.org/protocol/pubsub"
OWNER, EVENT, ERRORS = f"{PUBSUB}#owner", f"{PUBSUB}#event", f"{PUBSUB}#errors"
CONFIG, OPTIONS = f"{PUBSUB}#node_config", f"{PUBSUB}#publish-options"
CAPS = "http://jabber.org/protocol/caps"
INFO, ITEMS = "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items"
DATA = "jabber:x:data"
_numbers = itertools.count(1)


def form(form_type, fields, type="submit"):
    """A data form; a field's value may be a list."""

    def field(name, value):
        values = value if isinstance(value, (list, tuple)) else [value]
        inner = "".join(f"<value>{one}</value>" for one in values)
        return f"<field var='pubsub#{name}'>{inner}</field>"

    inner = "".join(field(*one) for one in fields.items())
    return (
        f"<x xmlns='{DATA}' type='{type}'><field var='FORM_TYPE' type='hidden'><value>{form_type}</value>"
        f"</field>{inner}</x>"
    )


def entry(text):
    """A payload."""
    return f"<entry xmlns='urn:example:entry'>{text}</entry>"


def pubsub(inner, ns=PUBSUB):
    return f"<pubsub xmlns='{ns}'>{inner}</pubsub>"


def publication(node, payload, id=None, **options):
    named = f" id='{id}'" if id is not None else ""
    wish = f"<publish-options>{form(OPTIONS, options)}</publish-options>" if options else ""
    return pubsub(f"<publish node='{node}'><item{named}>{payload}</item></publish>{wish}")


async def publish(client, node, text, id=None, to=None, **options):
    """Publishes an entry; the id of its item."""
    answer = await client.iq("set", publication(node, entry(text), id, **options), to)
    item = answer.child("pubsub", PUBSUB).child("publish").child("item")
    assert id in (None, item["id"]), answer
    return item["id"]


async def create(client, node, **fields):
    configure = f"<configure>{form(CONFIG, fields)}</configure>" if fields else ""
    await client.iq("set", pubsub(f"<create node='{node}'/>{configure}"))


async def configure(client, node, **fields):
    await client.iq("set", pubsub(f"<configure node='{node}'>{form(CONFIG, fields)}</configure>", OWNER))


async def config_of(client, node):
    """{field without `pubsub#`: its values}."""
    answer = await client.iq("get", pubsub(f"<configure node='{node}'/>", OWNER))
    x = answer.child("pubsub", OWNER).child("configure").child("x", DATA)
    assert x["type"] == "form", answer
    return {
        field["var"].partition("#")[2]: [value.text for value in field.all("value")]
        for field in x.all("field")
    }


def wish(node, ids=(), number=None, page=""):
    """A request for items."""
    limit = f" max_items='{number}'" if number is not None else ""
    return pubsub(
        f"<items node='{node}'{limit}>" + "".join(f"<item id='{id}'/>" for id in ids) + f"</items>{page}"
    )


def items_in(answer):
    """[(id, text of the entry)] of an answer."""
    found = answer.child("pubsub", PUBSUB).child("items").all("item")
    return [(item["id"], item.child("entry").text if item.elements else None) for item in found]


async def items(client, node, to=None, **options):
    return items_in(await client.iq("get", wish(node, **options), to))


async def refused(client, payload, condition, reason=None, kind="set", to=None, type=None):
    """The request must fail for this reason, a condition of pubsub#errors."""
    answer = await client.iq_error(kind, payload, condition, type, to)
    error = answer.child("error")
    if reason is None:
        assert not [e for e in error.elements if e.ns == ERRORS], f"no reason expected: {answer}"
    else:
        assert error.child(reason, ERRORS), f"{reason} expected: {answer}"
    return answer


class Caps:
    """What a client can do and wants to hear of: a presence's payload, and what disco#info says. No other
    client has the same, so that the server has to ask."""

    NODE = "urn:example:client"

    def __init__(self, *nodes):
        self.features = sorted(
            [f"{node}+notify" for node in nodes] + [f"urn:example:unique:{next(_numbers)}", INFO]
        )
        text = "client/pc//Tester<" + "".join(f"{feature}<" for feature in self.features)
        self.ver = base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()

    def presence(self, hash="sha-1", ver=None):
        return f"<c xmlns='{CAPS}' hash='{hash}' node='{self.NODE}' ver='{ver or self.ver}'/>"

    def info(self, node=None):
        features = "".join(f"<feature var='{feature}'/>" for feature in self.features)
        named = f" node='{node}'" if node else ""
        return (
            f"<query xmlns='{INFO}'{named}><identity category='client' type='pc' name='Tester'/>{features}"
            "</query>"
        )

    def question(self, asker, ver=None):
        """The server's question, in the name of the account `asker`."""
        return (
            f"<iq type='get' from='{asker}'><query xmlns='{INFO}' node='{self.NODE}#{ver or self.ver}'/></iq>"
        )


async def answer(client, caps, asker=None):
    """Answers the server's question about the caps."""
    question = await client.wait_for(caps.question(asker or client.bare))
    client.send(
        f"<iq type='result' id='{question['id']}' to='{question['from']}'>"
        f"{caps.info(question.child('query')['node'])}</iq>"
    )


async def watch(client, *nodes, priority=0):
    """Makes the client available, wanting to hear of these nodes; when it returns, the server knows."""
    caps = Caps(*nodes)
    await client.online(priority, caps.presence())
    await answer(client, caps)
    await client.request("get", "<ping xmlns='urn:xmpp:ping'/>", client.domain)
    return caps


def event(sender, inner, type="headline"):
    """A notification as a pattern."""
    return f"<message from='{sender}' type='{type}'><event xmlns='{EVENT}'>{inner}</event></message>"


def news(sender, node, text, id="*", type="headline"):
    """The notification of an item."""
    return event(sender, f"<items node='{node}'><item id='{id}'>{entry(text)}</item></items>", type)


async def watching_friends(world, *nodes):
    """Two contacts, the second of whom wants to hear of the nodes; nothing is waiting at either."""
    alice, bob = await world.friends()
    await watch(bob, *nodes)
    await quiet(alice, bob)
    return alice, bob


async def quiet(*clients):
    """Drops what has come: presence."""
    for client in clients:
        await client.request("get", "<ping xmlns='urn:xmpp:ping'/>", client.domain)
        while client.waiting:
            got = await client.next()
            assert got.name == "presence", got


async def hears_nothing(alice, *listeners):
    """What Alice did so far has told these clients nothing but presence, with which a shard may still be
    answering their own: what she does now comes first."""
    for listener in listeners:
        await alice.fence(listener)
        await quiet(listener)
