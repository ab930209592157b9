"""Components that answer requests instead of this server (XEP-0355)."""
from harness import federated, test
from harness.component import attach, attached, tables
from harness.server import ANONYMOUS, CYRILLIC, HOST, REGISTER, SECOND

GATE, FAR = f"gate.{HOST}", "far.example"
HOSTS = (HOST, SECOND, CYRILLIC, ANONYMOUS, REGISTER)
NS, FORWARD = "urn:xmpp:delegation:2", "urn:xmpp:forward:0"
INFO, ITEMS = "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items"
SHOP, CARD = "urn:example:shop", "vcard-temp"
ORDER = f"<order xmlns='{SHOP}'/>"


def delegated(*namespaces, **more):
    """Configuration for a component that these are delegated to."""
    found = tables(GATE)
    found["component"][0] |= {"delegated": list(namespaces)} | more
    return found


async def comes_in(gate, *namespaces, answers=None):
    """What the component hears first: of each host, what is delegated to it; then it is asked what it can do,
    for hosts and for accounts, and has these answers for the nodes, or none."""
    for host in HOSTS:
        got = await gate.expect(f"<message from='{host}' to='{GATE}'><delegation xmlns='{NS}'/></message>")
        found = {
            one["namespace"]: [attribute["name"] for attribute in one.elements]
            for one in got.child("delegation", NS).elements
        }
        assert list(found) == [namespace.split()[0] for namespace in namespaces], got
        assert list(found.values()) == [namespace.split()[1:] for namespace in namespaces], got
    for _ in range(2 * len(namespaces)):
        got = await gate.expect(f"<iq type='get' from='{HOST}' to='{GATE}'><query xmlns='{INFO}'/></iq>")
        node = got.child("query", INFO)["node"]
        content = (answers or {}).get(node, "")
        gate.send(
            f"<iq type='result' id='{got['id']}' from='{GATE}' to='{HOST}'>"
            f"<query xmlns='{INFO}' node='{node}'>{content}</query></iq>"
        )


async def asked(gate, host=HOST):
    """(the carrier, the request inside) of the next request that the component is to answer."""
    got = await gate.expect(f"<iq type='set' from='{host}' to='{GATE}'><delegation xmlns='{NS}'/></iq>")
    return got, got.child("delegation", NS).child("forwarded", FORWARD).child("iq", "jabber:client")


def answer(carrier, inner, host=HOST, type="result"):
    return (
        f"<iq type='{type}' id='{carrier['id']}' from='{GATE}' to='{host}'><delegation xmlns='{NS}'>"
        f"<forwarded xmlns='{FORWARD}'>{inner}</forwarded></delegation></iq>"
    )


def result(request, payload="", **changes):
    fields = {"type": "result", "to": request["from"], "id": request["id"]} | changes
    attributes = "".join(f" {name}='{value}'" for name, value in fields.items())
    return f"<iq xmlns='jabber:client'{attributes}>{payload}</iq>"


@test("XEP-0355 §4", threads=True)
async def requests_go_to_the_component_and_answers_come_back(world):
    async with federated(world, FAR, **delegated(SHOP)) as (server, far):
        gate = await attach(world, server, GATE)
        await comes_in(gate, SHOP)
        alice = await world.client("alice", server=server, online=0)
        bob = await world.client("bob", server=server, online=0)
        for to in (None, HOST, alice.bare, bob.bare):  # oneself, the host, and somebody else
            id = alice.send_iq("set", ORDER, to=to)
            carrier, request = await asked(gate)
            assert (request["type"], request["from"], request["to"]) == ("set", alice.full, to), request
            assert request["id"] == id and request.child("order", SHOP), request
            gate.send(answer(carrier, result(request, f"<bill xmlns='{SHOP}'/>")))
            got = await alice.expect(f"<iq type='result' id='{id}'><bill xmlns='{SHOP}'/></iq>")
            assert got["from"] in (to, alice.bare if to is None else to), got
        # Another server's users; and nothing inside the answer.
        stream = await far.connected(server)
        stream.send(f"<iq type='get' id='f' from='romeo@{FAR}' to='{alice.bare}'>{ORDER}</iq>")
        carrier, request = await asked(gate)
        assert request["from"] == f"romeo@{FAR}", request
        gate.send(answer(carrier, result(request)))
        back = await far.accepted()
        await back.expect(f"<iq type='result' id='f' from='{alice.bare}' to='romeo@{FAR}'/>")


@test("XEP-0355 §4")
async def what_is_not_delegated(world):
    async with attached(world, GATE, **delegated(f"{SHOP} item")) as (server, gate):
        await comes_in(gate, f"{SHOP} item")
        alice = await world.client("alice", server=server, online=0)
        # Another namespace, without the attribute, to one client.
        await alice.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=HOST)
        await alice.iq_error("get", ORDER, "service-unavailable", to=HOST)
        id = alice.send_iq("get", f"<order xmlns='{SHOP}' item='1'/>", to=alice.full)
        request = await alice.expect(f"<iq type='get' id='{id}'><order xmlns='{SHOP}'/></iq>")
        alice.send(f"<iq type='result' to='{request['from']}' id='{id}'/>")
        await alice.expect(f"<iq type='result' id='{id}'/>")
        alice.send_iq("get", f"<order xmlns='{SHOP}' item='1'/>", to=HOST)
        assert (await asked(gate))[1].child("order", SHOP)["item"] == "1"


@test("XEP-0355 §4.3")
async def its_own_requests_are_the_server_s(world):
    async with attached(world, GATE, **delegated("jabber:iq:roster", roster="both")) as (server, gate):
        for _ in HOSTS:
            await gate.expect(f"<message><privilege xmlns='urn:xmpp:privilege:2'/></message>")
        await comes_in(gate, "jabber:iq:roster")
        alice = await world.client("alice", server=server, online=0)
        item = "<query xmlns='jabber:iq:roster'><item jid='romeo@far.example'/></query>"
        id = alice.send_iq("set", item)
        carrier, request = await asked(gate)
        gate.send(answer(carrier, result(request)))
        await alice.expect(f"<iq type='result' id='{id}'/>")
        grouped = item.replace("/></query>", "><group>Rivals</group></item></query>")
        gate.send(f"<iq type='set' id='r' from='{GATE}' to='{alice.bare}'>{grouped}</iq>")
        await gate.expect(f"<iq type='result' id='r' from='{alice.bare}'/>")
        await gate.expect(f"<iq type='set' from='{alice.bare}'>{grouped}</iq>")


WRONG = {
    "another's address": dict(to=f"bob@{HOST}/x"),
    "another id": dict(id="other"),
    "an error": dict(type="error"),
    "from somebody else": {"from": f"bob@{HOST}"},
    "no request": None,
    "an error around it": dict(outer="error"),
}


@test("XEP-0355 §4.2", cases={name: (fields,) for name, fields in WRONG.items()})
async def wrong_answers(world, fields):
    async with attached(world, GATE, **delegated(SHOP)) as (server, gate):
        await comes_in(gate, SHOP)
        alice = await world.client("alice", server=server, online=0)
        asking = alice.send_iq("get", ORDER, to=HOST)
        carrier, request = await asked(gate)
        fields = dict(fields) if fields is not None else None
        outer = (fields or {}).pop("outer", "result")
        inner = "" if fields is None else result(request, **fields)
        gate.send(answer(carrier, inner, type=outer))
        got = await alice.expect(f"<iq type='error' id='{asking}'/>")
        assert got.child("error").child("service-unavailable"), got


@test("XEP-0355 §4.2")
async def a_component_that_is_away_or_says_nothing(world):
    changes = delegated(SHOP)
    changes["components"]["answer_timeout"] = "1s"
    async with world.own_server(changes) as server:
        alice = await world.client("alice", server=server, online=0)
        await alice.iq_error("get", ORDER, "service-unavailable", to=HOST)
        gate = await attach(world, server, GATE)
        await comes_in(gate, SHOP)
        id = alice.send_iq("get", ORDER, to=HOST)
        carrier, request = await asked(gate)
        got = await alice.expect(f"<iq type='error' id='{id}'/>")
        assert got.child("error").child("service-unavailable"), got
        gate.send(answer(carrier, result(request)))  # too late
        alice.send(f"<iq type='result' id='{carrier['id']}' to='{HOST}'/>")  # whoever says so
        await alice.expect_nothing()
        id = alice.send_iq("get", ORDER, to=HOST)
        await asked(gate)
        gate.wire.close()
        got = await alice.expect(f"<iq type='error' id='{id}'/>")
        assert got.child("error").child("service-unavailable"), got
        world.close()


async def features_of(client, to):
    """(features, identities, the whole answer)."""
    got = await client.iq("get", f"<query xmlns='{INFO}'/>", to=to)
    query = got.child("query", INFO)
    identities = {(one["category"], one["type"]) for one in query.all("identity")}
    return {one["var"] for one in query.all("feature")}, identities, got


async def caps_of(world, server):
    stream = await world.connect(server=server)
    features = await stream.open()
    return features.child("c", "http://jabber.org/protocol/caps")["ver"]


@test("XEP-0355 §7", "XEP-0115 §6", threads=True)
async def what_the_component_can_do_is_among_what_the_server_can(world):
    answers = {
        f"{NS}::{CARD}": f"<feature var='{CARD}'/><feature var='{CARD}#extra'/>",
        f"{NS}:bare:{CARD}": f"<identity category='pubsub' type='pep'/><feature var='{CARD}#bare'/>",
    }
    async with world.own_server(delegated(CARD)) as server:
        alice = await world.client("alice", server=server, online=0)
        own, before = (await features_of(alice, HOST))[0], await caps_of(world, server)
        gate = await attach(world, server, GATE)
        await comes_in(gate, CARD, answers=answers)
        await server.logged("component.disco_known", 2)
        vars, identities, got = await features_of(alice, HOST)
        assert vars == own | {CARD, f"{CARD}#extra"} and NS in vars, got
        vars, identities, got = await features_of(alice, alice.bare)
        assert f"{CARD}#bare" in vars and CARD not in vars, got
        assert {("account", "registered"), ("pubsub", "pep")} <= identities, got
        assert await caps_of(world, server) != before
        gate.wire.close()
        await server.logged("component.closed")
        vars, identities, got = await features_of(alice, HOST)
        assert vars == own and CARD not in vars, got  # nobody can do it at the moment
        world.close()


@test("XEP-0355 §7.2")
async def nodes_and_items_of_accounts(world):
    names = (f"{NS}:bare:disco#info:*", f"{NS}:bare:disco#items:*")
    async with attached(world, GATE, **delegated(*names)) as (server, gate):
        await comes_in(gate, *names)
        alice = await world.client("alice", server=server, online=0)
        for query in (f"<query xmlns='{INFO}' node='urn:xmpp:microblog:0'/>", f"<query xmlns='{ITEMS}'/>"):
            id = alice.send_iq("get", query, to=alice.bare)
            carrier, request = await asked(gate)
            assert request["to"] == alice.bare, request
            gate.send(answer(carrier, result(request, query)))
            await alice.expect(f"<iq type='result' id='{id}' from='{alice.bare}'>{query}</iq>")
        # Without a node, and of the host: this server's own.
        await features_of(alice, alice.bare)
        await alice.iq("get", f"<query xmlns='{ITEMS}'/>", to=HOST)
