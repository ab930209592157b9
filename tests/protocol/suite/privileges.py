"""Components that may act for the users of this server (XEP-0356)."""
from harness import federated, test
from harness.component import attach, attached, tables
from harness.server import ANONYMOUS, CYRILLIC, HOST, REGISTER, SECOND

GATE, FAR = f"gate.{HOST}", "far.example"
HOSTS = (HOST, SECOND, CYRILLIC, ANONYMOUS, REGISTER)
NS = "urn:xmpp:privilege:2"
FORWARD = "urn:xmpp:forward:0"
ROSTER = "jabber:iq:roster"


def granted(**privileges):
    return {"features": {"privileges": privileges}}


def carried(sender, to, host=HOST, id="c1", ns="jabber:client", body="x"):
    head = f"<message xmlns='{ns}' from='{sender}' to='{to}' type='chat' id='i1'>"
    inner = f"{head}<body>{body}</body></message>"
    return (
        f"<message from='{GATE}' to='{host}' id='{id}'><privilege xmlns='{NS}'>"
        f"<forwarded xmlns='{FORWARD}'>{inner}</forwarded></privilege></message>"
    )


def request(type, to, payload, id="r1"):
    return f"<iq type='{type}' id='{id}' from='{GATE}' to='{to}'>{payload}</iq>"


async def told(gate, *perms):
    """What the component hears first: of each host, what it may."""
    for host in HOSTS:
        got = await gate.expect(f"<message from='{host}' to='{GATE}'><privilege xmlns='{NS}'/></message>")
        found = [(perm["access"], perm["type"], perm["push"]) for perm in got.child("privilege", NS).elements]
        assert found == list(perms), got


ALL = dict(roster=[GATE], messages=[GATE])
TOLD = (("roster", "both", "false"), ("message", "outgoing", None))


@test("XEP-0356 §4", "XEP-0356 §5", cases={"one": (dict(messages=[GATE]), TOLD[1:]), "both": (ALL, TOLD)})
async def a_component_is_told(world, privileges, perms):
    async with attached(world, GATE, **granted(**privileges)) as (_, gate):
        await told(gate, *perms)


@test("XEP-0356 §4")
async def contact_lists_are_read_and_changed(world):
    async with attached(world, GATE, **granted(roster=[GATE])) as (server, gate):
        await told(gate, TOLD[0])
        alice = await world.client("alice", server=server, online=0)
        await alice.roster()
        await alice.set_item("bob@other.example", name="Bob")
        await alice.wait_for(f"<iq type='set'><query xmlns='{ROSTER}'/></iq>")
        gate.send(request("get", alice.bare, f"<query xmlns='{ROSTER}'/>"))
        query = f"<query xmlns='{ROSTER}'><item jid='bob@other.example' name='Bob'/></query>"
        await gate.expect(f"<iq type='result' id='r1' from='{alice.bare}' to='{GATE}'>{query}</iq>")
        item = f"<query xmlns='{ROSTER}'><item jid='carol@{GATE}' name='Carol'/></query>"
        gate.send(request("set", alice.bare, item, "r2"))
        await alice.wait_for(f"<iq type='set'>{item}</iq>")
        await gate.expect(f"<iq type='result' id='r2' from='{alice.bare}'/>")
        assert set(await alice.roster()) == {"bob@other.example", f"carol@{GATE}"}
        # Nobody of the component's users, and nobody without an account.
        of_a_user = request("get", alice.bare, f"<query xmlns='{ROSTER}'/>", "r3")
        gate.send(of_a_user.replace(f"from='{GATE}'", f"from='eve@{GATE}'"))
        await gate.refused("r3", "forbidden", "auth")
        gate.send(request("get", f"nobody@{HOST}", f"<query xmlns='{ROSTER}'/>", "r4"))
        await gate.refused("r4", "forbidden", "auth")


@test("XEP-0356 §4", "XEP-0356 §5")
async def nothing_is_granted_that_is_not_configured(world):
    async with attached(world, GATE) as (server, gate):
        alice = await world.client("alice", server=server, online=0)
        for type in ("get", "set"):
            gate.send(request(type, alice.bare, f"<query xmlns='{ROSTER}'><item jid='a@b.example'/></query>"))
            await gate.refused("r1", "forbidden", "auth")
        gate.send(carried(alice.bare, f"bob@{GATE}"))
        await gate.refused("c1", "forbidden", "auth")
        await alice.expect_nothing()


@test("XEP-0356 §5", threads=True)
async def messages_go_out_in_a_user_s_name(world):
    async with federated(world, FAR, **granted(**ALL), **tables(GATE)) as (server, far):
        gate = await attach(world, server, GATE)
        await told(gate, *TOLD)
        alice, bob = [await world.client(name, server=server, online=0) for name in ("alice", "bob")]
        gate.send(carried(alice.bare, bob.full, body="local"))
        await bob.expect(f"<message from='{alice.bare}' to='{bob.full}' id='i1'><body>local</body></message>")
        gate.send(carried(HOST, bob.full, body="of the host"))
        await bob.expect(f"<message from='{HOST}'><body>of the host</body></message>")
        gate.send(carried(alice.bare, f"romeo@{FAR}", body="far"))
        stream = await far.accepted()
        await stream.expect(f"<message from='{alice.bare}' to='romeo@{FAR}'><body>far</body></message>")


BAD = {
    "of a client": dict(sender=f"alice@{HOST}/phone", to=f"bob@{HOST}"),
    "of another domain": dict(sender=f"romeo@{FAR}", to=f"bob@{HOST}"),
    "of a component's user": dict(sender=f"carol@{GATE}", to=f"bob@{HOST}"),
    "to nobody": dict(sender=f"alice@{HOST}", to=""),
    "no address": dict(sender="@@", to=f"bob@{HOST}"),
    "in another namespace": dict(sender=f"alice@{HOST}", to=f"bob@{HOST}", ns="jabber:server"),
}


@test("XEP-0356 §5", cases={name: (fields,) for name, fields in BAD.items()})
async def messages_that_are_refused(world, fields):
    async with attached(world, GATE, **granted(messages=[GATE])) as (_, gate):
        await told(gate, TOLD[1])
        gate.send(carried(**fields))
        await gate.refused("c1", "forbidden", "auth")
