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
    """Configuration for the component, with these privileges."""
    found = tables(GATE)
    found["component"][0] |= privileges
    return found


def carried(sender, to, host=HOST, id="c1", ns="jabber:client", body="x"):
    head = f"<message xmlns='{ns}' from='{sender}' to='{to}' type='chat' id='i1'>"
    inner = f"{head}<body>{body}</body></message>"
    return (
        f"<message from='{GATE}' to='{host}' id='{id}'><privilege xmlns='{NS}'>"
        f"<forwarded xmlns='{FORWARD}'>{inner}</forwarded></privilege></message>"
    )


CLIENT = "xmlns='jabber:client'"
PING = "<ping xmlns='urn:xmpp:ping'/>"


def in_the_name_of(user, request, type="get", id="p1"):
    payload = f"<privileged_iq xmlns='{NS}'>{request}</privileged_iq>"
    return f"<iq type='{type}' id='{id}' from='{GATE}' to='{user}'>{payload}</iq>"


def request(type, to, payload, id="r1"):
    return f"<iq type='{type}' id='{id}' from='{GATE}' to='{to}'>{payload}</iq>"


async def told(gate, *perms):
    """What the component hears first: of each host, what it may."""
    for host in HOSTS:
        got = await gate.expect(f"<message from='{host}' to='{GATE}'><privilege xmlns='{NS}'/></message>")
        found = [(perm["access"], perm["type"], perm["push"]) for perm in got.child("privilege", NS).elements]
        assert found == list(perms), got


ALL = dict(roster="both", messages=True)
TOLD = (("roster", "both", "true"), ("message", "outgoing", None))
MAY = {
    "messages": (dict(messages=True), TOLD[1:]),
    "both": (ALL, TOLD),
    "reading": (dict(roster="get"), (("roster", "get", "true"),)),
    "writing": (dict(roster="set"), (("roster", "set", "false"),)),
    "no pushes": (dict(roster="both", roster_pushes=False), (("roster", "both", "false"),)),
    "presence": (dict(presence=True), (("presence", "managed_entity", None),)),
    "requests": (dict(requests=["urn:example:x get"]), (("iq", None, None),)),
}


@test("XEP-0356 §4", "XEP-0356 §5", "XEP-0356 §6", "XEP-0356 §7", cases=MAY)
async def a_component_is_told(world, privileges, perms):
    async with attached(world, GATE, **granted(**privileges)) as (_, gate):
        await told(gate, *perms)


@test("XEP-0356 §4")
async def contact_lists_are_read_and_changed(world):
    async with attached(world, GATE, **granted(roster="both")) as (server, gate):
        await told(gate, TOLD[0])
        alice = await world.client("alice", server=server, online=0)
        await alice.roster()
        await alice.set_item("bob@other.example", name="Bob")
        pushed = f"<query xmlns='{ROSTER}'><item jid='bob@other.example' name='Bob'/></query>"
        await gate.expect(f"<iq type='set' from='{alice.bare}' to='{GATE}'>{pushed}</iq>")
        await alice.wait_for(f"<iq type='set'><query xmlns='{ROSTER}'/></iq>")
        gate.send(request("get", alice.bare, f"<query xmlns='{ROSTER}'/>"))
        query = f"<query xmlns='{ROSTER}'><item jid='bob@other.example' name='Bob'/></query>"
        await gate.expect(f"<iq type='result' id='r1' from='{alice.bare}' to='{GATE}'>{query}</iq>")
        item = f"<query xmlns='{ROSTER}'><item jid='carol@{GATE}' name='Carol'/></query>"
        gate.send(request("set", alice.bare, item, "r2"))
        await alice.wait_for(f"<iq type='set'>{item}</iq>")
        await gate.expect(f"<iq type='result' id='r2' from='{alice.bare}'/>")
        await gate.expect(f"<iq type='set' from='{alice.bare}' to='{GATE}'>{item}</iq>")
        assert set(await alice.roster()) == {"bob@other.example", f"carol@{GATE}"}
        # Nobody of the component's users, and nobody without an account.
        of_a_user = request("get", alice.bare, f"<query xmlns='{ROSTER}'/>", "r3")
        gate.send(of_a_user.replace(f"from='{GATE}'", f"from='eve@{GATE}'"))
        await gate.refused("r3", "forbidden", "auth")
        gate.send(request("get", f"nobody@{HOST}", f"<query xmlns='{ROSTER}'/>", "r4"))
        await gate.refused("r4", "forbidden", "auth")


@test("XEP-0356 §4.2", "XEP-0356 §4.4", threads=True)
async def it_hears_of_changes_while_the_user_is_away(world):
    async with attached(world, GATE, **granted(roster="both")) as (server, gate):
        await told(gate, TOLD[0])
        account = await world.account("alice", server=server)
        item = f"<query xmlns='{ROSTER}'><item jid='carol@{GATE}'/></query>"
        gate.send(request("set", account.bare, item))
        got = {(await gate.next())["type"] for _ in range(2)}
        assert got == {"result", "set"}, got


def item(jid, subscription):
    return f"<query xmlns='{ROSTER}'><item jid='{jid}' subscription='{subscription}'/></query>"


@test("XEP-0356 §4", "RFC 6121 §2.3.3")
async def it_says_how_its_own_users_stand_with_others(world):
    async with attached(world, GATE, **granted(roster="both", roster_pushes=False)) as (server, gate):
        await told(gate, ("roster", "both", "false"))
        alice = await world.client("alice", server=server)
        await alice.roster()
        await alice.online()
        carol = f"carol@{GATE}"
        gate.send(request("set", alice.bare, item(carol, "both")))
        await alice.wait_for(f"<iq type='set'>{item(carol, 'both')}</iq>")
        await gate.expect(f"<iq type='result' id='r1'/>")
        await gate.expect(f"<presence from='{alice.full}' to='{carol}'/>")
        alice.send("<presence><show>away</show></presence>")
        await gate.expect(f"<presence from='{alice.full}' to='{carol}'><show>away</show></presence>")
        gate.send(request("set", alice.bare, item(carol, "to"), "r2"))
        await gate.expect(f"<iq type='result' id='r2'/>")
        await gate.expect(f"<presence type='unavailable' from='{alice.full}' to='{carol}'/>")
        assert (await alice.roster())[carol]["subscription"] == "to"
        # Those of others, and what clients say, it is not.
        gate.send(request("set", alice.bare, item("bob@other.example", "both"), "r3"))
        await gate.expect(f"<iq type='result' id='r3'/>")
        await alice.iq("set", item(carol, "both"))
        found = await alice.roster()
        assert found["bob@other.example"]["subscription"] == "none", found
        assert found[carol]["subscription"] == "to", found


@test(
    "XEP-0356 §4",
    cases={
        "only reading": ("get", "set"),
        "only writing": ("set", "get"),
    },
)
async def some_of_it_is_granted(world, may, may_not):
    async with attached(world, GATE, **granted(roster=may, roster_pushes=False)) as (server, gate):
        await told(gate, ("roster", may, "false"))
        alice = await world.client("alice", server=server, online=0)
        item = f"<query xmlns='{ROSTER}'><item jid='a@b.example'/></query>"
        empty = f"<query xmlns='{ROSTER}'/>"
        gate.send(request(may_not, alice.bare, item if may_not == "set" else empty, "r1"))
        await gate.refused("r1", "forbidden", "auth")
        gate.send(request(may, alice.bare, item if may == "set" else empty, "r2"))
        await gate.expect("<iq type='result' id='r2'/>")
        # What was changed is not pushed to it.
        await alice.roster()
        await alice.set_item("c@d.example")
        gate.send(request(may, alice.bare, item if may == "set" else empty, "r3"))
        await gate.expect("<iq type='result' id='r3'/>")


@test("XEP-0356 §4", "XEP-0356 §5")
async def nothing_is_granted_that_is_not_configured(world):
    async with attached(world, GATE) as (server, gate):
        alice = await world.client("alice", server=server, online=0)
        gate.send(in_the_name_of(alice.bare, f"<iq {CLIENT} type='get' id='i'>{PING}</iq>"))
        await gate.refused("p1", "forbidden", "auth")
        for type in ("get", "set"):
            gate.send(request(type, alice.bare, f"<query xmlns='{ROSTER}'><item jid='a@b.example'/></query>"))
            await gate.refused("r1", "forbidden", "auth")
        gate.send(carried(alice.bare, f"bob@{GATE}"))
        await gate.refused("c1", "forbidden", "auth")
        await alice.expect_nothing()


@test("XEP-0356 §5", threads=True)
async def messages_go_out_in_a_user_s_name(world):
    async with federated(world, FAR, **granted(**ALL)) as (server, far):
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
    async with attached(world, GATE, **granted(messages=True)) as (_, gate):
        await told(gate, TOLD[1])
        gate.send(carried(**fields))
        await gate.refused("c1", "forbidden", "auth")


MAY_ASK = dict(requests=["urn:xmpp:ping both", "vcard-temp set", "urn:example:far get"])


async def answered(gate, type, sender, to, id="i", outer="p1"):
    """The answer inside the next one that the component gets."""
    got = await gate.expect(f"<iq type='result' id='{outer}'><privilege xmlns='{NS}'/></iq>")
    inner = got.child("privilege", NS).child("forwarded", FORWARD).child("iq", "jabber:client")
    assert (inner["type"], inner["from"], inner["to"], inner["id"]) == (type, sender, to, id), got
    return inner


@test("XEP-0356 §6", threads=True)
async def requests_are_made_in_a_user_s_name(world):
    async with federated(world, FAR, **granted(**MAY_ASK)) as (server, far):
        gate = await attach(world, server, GATE)
        (await gate.next())
        for _ in HOSTS[1:]:
            await gate.next()
        alice, bob = [await world.client(name, server=server, online=0) for name in ("alice", "bob")]
        # To the host, to another user, to another server, and to nobody there.
        gate.send(in_the_name_of(alice.bare, f"<iq {CLIENT} type='get' id='i' to='{HOST}'>{PING}</iq>"))
        await answered(gate, "result", HOST, alice.bare)
        gate.send(in_the_name_of(alice.bare, f"<iq {CLIENT} type='get' id='i' to='{bob.full}'>{PING}</iq>"))
        asked = await bob.expect(f"<iq type='get' from='{alice.bare}' to='{bob.full}'>{PING}</iq>")
        assert asked["id"] != "i", asked
        forged = f"<iq type='result' to='{alice.bare}' id='{asked['id']}'><forged xmlns='urn:x'/></iq>"
        (await world.client("eve", server=server)).send(forged)
        bob.send(f"<iq type='result' to='{alice.bare}' id='{asked['id']}'><pong xmlns='urn:x'/></iq>")
        assert (await answered(gate, "result", bob.full, alice.bare)).child("pong", "urn:x")
        payload = "<query xmlns='urn:example:far'/>"
        gate.send(
            in_the_name_of(
                alice.bare, f"<iq {CLIENT} type='get' id='i' from='{alice.bare}' to='{FAR}'>{payload}</iq>"
            )
        )
        stream = await far.accepted()
        asked = await stream.expect(f"<iq type='get' from='{alice.bare}' to='{FAR}'>{payload}</iq>")
        back = await far.connected(server)
        back.send(f"<iq type='result' from='{FAR}' to='{alice.bare}' id='{asked['id']}'/>")
        await answered(gate, "result", FAR, alice.bare)
        gate.send(
            in_the_name_of(alice.bare, f"<iq {CLIENT} type='get' id='i' to='{bob.bare}/gone'>{PING}</iq>")
        )
        await answered(gate, "error", f"{bob.bare}/gone", alice.bare)
        # Of the user's own account.
        card = "<vCard xmlns='vcard-temp'><FN>Alice</FN></vCard>"
        gate.send(in_the_name_of(alice.bare, f"<iq {CLIENT} type='set' id='i'>{card}</iq>", "set"))
        await answered(gate, "result", alice.bare, alice.bare)
        got = await bob.iq("get", "<vCard xmlns='vcard-temp'/>", to=alice.bare)
        assert got.children[0].child("FN").text == "Alice", got
        assert not alice.waiting


NOT_ASKED = {
    "another type outside": dict(type="set"),
    "another namespace": dict(request=f"<iq {CLIENT} type='get' id='i'><query xmlns='{ROSTER}'/></iq>"),
    "a type that is not granted": dict(
        request=f"<iq {CLIENT} type='get' id='i'><vCard xmlns='vcard-temp'/></iq>"
    ),
    "of a server": dict(request=f"<iq xmlns='jabber:server' type='get' id='i'>{PING}</iq>"),
    "of somebody else": dict(request=f"<iq {CLIENT} type='get' id='i' from='bob@{HOST}'>{PING}</iq>"),
    "of one client": dict(request=f"<iq {CLIENT} type='get' id='i' from='alice@{HOST}/x'>{PING}</iq>"),
    "nothing": dict(request=""),
    "in the host's name": dict(user=HOST),
    "in nobody's name": dict(user=f"nobody@{HOST}"),
}


@test("XEP-0356 §6", cases={name: (fields,) for name, fields in NOT_ASKED.items()})
async def requests_that_are_refused(world, fields):
    async with attached(world, GATE, **granted(**MAY_ASK)) as (server, gate):
        for _ in HOSTS:
            await gate.next()
        alice = await world.client("alice", server=server, online=0)
        fields = {"request": f"<iq {CLIENT} type='get' id='i'>{PING}</iq>", "user": alice.bare} | fields
        gate.send(in_the_name_of(**fields))
        await gate.refused("p1", "forbidden", "auth")


@test("XEP-0356 §6")
async def somebody_who_does_not_answer(world):
    async with attached(
        world, GATE, settings={"answer_timeout": "1s"}, **{"component": granted(**MAY_ASK)["component"]}
    ) as (server, gate):
        for _ in HOSTS:
            await gate.next()
        alice, bob = [await world.client(name, server=server, online=0) for name in ("alice", "bob")]
        gate.send(in_the_name_of(alice.bare, f"<iq {CLIENT} type='get' id='i' to='{bob.full}'>{PING}</iq>"))
        asked = await bob.expect(f"<iq type='get'>{PING}</iq>")
        await gate.refused("p1", "remote-server-timeout", "wait")
        bob.send(f"<iq type='result' to='{alice.bare}' id='{asked['id']}'/>")  # too late, and so nothing
        gate.send(in_the_name_of(alice.bare, f"<iq {CLIENT} type='get' id='i' to='{HOST}'>{PING}</iq>"))
        await answered(gate, "result", HOST, alice.bare)


@test("XEP-0356 §7", "XEP-0356 §8", threads=True)
async def it_hears_who_comes_and_goes(world):
    async with world.own_server(granted(presence=True)) as server:
        early = await world.client("early", server=server)
        await early.online()
        gate = await attach(world, server, GATE)
        await told(gate, ("presence", "managed_entity", None))
        await gate.expect(f"<presence from='{early.full}' to='{GATE}'/>")
        alice = await world.client("alice", server=server)
        alice.send("<presence><show>chat</show></presence>")
        await gate.expect(f"<presence from='{alice.full}' to='{GATE}'><show>chat</show></presence>")
        alice.send("<presence><show>away</show></presence>")  # is no longer the first
        await alice.wait_for(f"<presence from='{alice.full}'><show>away</show></presence>")
        await alice.logout()
        await gate.expect(f"<presence type='unavailable' from='{alice.full}' to='{GATE}'/>")
        early.wire.reset()
        await gate.expect(f"<presence type='unavailable' from='{early.full}' to='{GATE}'/>")
        # Nobody notices that it is not there.
        gate.send("</stream:stream>")
        await gate.expect_close()
        again = await world.another(alice, server=server)
        await again.online()
        await again.expect_nothing()
        world.close()
