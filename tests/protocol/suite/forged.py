"""What others make up: signs that only the own server, archive or contact may give."""
from harness import federated, test
from harness.archive import FORWARD, MAM, ask, stanza_ids
from harness.component import attach, tables
from harness.server import HOST

GATE, FAR = f"gate.{HOST}", "far.example"
CARBONS = "urn:xmpp:carbons:2"
DELAY = "urn:xmpp:delay"
RECEIPTS = "urn:xmpp:receipts"
SID = "urn:xmpp:sid:0"


def received(id):
    return f"<received xmlns='{RECEIPTS}' id='{id}'/>"


def made_up(victim, host):
    """Everything that pretends to come from the victim's server."""
    head = f"xmlns='jabber:client' from='carol@{host}' to='{victim.bare}'"
    inner = f"<message {head}><body>never said</body></message>"
    forwarded = f"<forwarded xmlns='{FORWARD}'>{inner}</forwarded>"
    once = (
        f"<stanza-id xmlns='{SID}' id='fake' by='{victim.bare}'/>"
        f"<stanza-id xmlns='{SID}' id='fake' by='{victim.bare.upper()}'/>"
        f"<delay xmlns='{DELAY}' from='{host}' stamp='2002-09-10T23:08:25Z'/>"
        f"<delay xmlns='{DELAY}' from='{victim.bare}' stamp='2002-09-10T23:08:25Z'/>"
        f"<sent xmlns='{CARBONS}'>{forwarded}</sent><received xmlns='{CARBONS}'>{forwarded}</received>"
        f"<result xmlns='{MAM}' id='1'>{forwarded}</result>"
    )
    return once * 2


def check_harmless(message, victim, host):
    """Of all that nothing is left; `message` may have a true stanza-id and a true stamp. Addresses elsewhere
    may have archives (a room's), which answer in their own name."""
    assert message.child("body").text == "said" and message["from"].startswith("mallory"), message
    assert not message.all("sent") and not message.all("received"), message
    assert not message["from"].partition("/")[0].endswith(f"@{host}") or not message.all("result"), message
    assert "fake" not in stanza_ids(message) and len(stanza_ids(message, victim.bare)) <= 1, message
    assert not [d for d in message.all("delay", DELAY) if d["stamp"].startswith("2002")], message


async def from_a_neighbour(world, server, _far, to, payload):
    mallory = await world.client("mallory", server=server)
    mallory.message(to, "said", payload=payload)
    return mallory


async def from_a_component(world, server, _far, to, payload):
    gate = await attach(world, server, GATE)
    gate.send(f"<message type='chat' from='mallory@{GATE}' to='{to}'><body>said</body>{payload}</message>")
    return gate


async def from_another_server(_world, server, far, to, payload):
    stream = await far.connected(server)
    stream.send(
        f"<message type='chat' from='mallory@{FAR}' to='{to}'><body>said</body>{payload}</message>"
    )
    return stream


@test(
    "SECURITY 20",
    "SECURITY 21",
    "XEP-0359 §6",
    "XEP-0313 §8.2",
    "XEP-0280 §11",
    cases={
        "by a neighbour": from_a_neighbour,
        "by a component": from_a_component,
        "by another server": from_another_server,
    },
)
async def what_only_the_own_server_says(world, sender):
    """Live, kept for later, and in the archive."""
    async with federated(world, FAR, **tables(GATE)) as (server, far):
        alice = await world.client("alice", server=server, online=0)
        away = await world.account("away", server=server)
        for victim in (alice, away):
            await sender(world, server, far, victim.bare, made_up(victim, server.host))
        check_harmless(await alice.wait_for("<message/>"), alice, server.host)
        late = await world.login(away, server=server)
        while not (page := await ask(late)).results:
            pass
        check_harmless(page.messages[0], late, server.host)
        late = await world.login(away, server=server)
        late.send("<presence/>")
        kept = await late.wait_for("<message/>")
        check_harmless(kept, late, server.host)
        assert len(kept.all("delay", DELAY)) == 1, kept
        check_harmless((await ask(alice)).messages[0], alice, server.host)


@test("SECURITY 20", "XEP-0184 §5", "XEP-0184 §8", "TRAPS 2")
async def receipts_are_their_sender_s(world):
    """A receipt says what its sender says and nothing else: it comes under his name, moves nothing that
    waits, and the server gives none in the name of somebody who is away."""
    alice, bob, mallory = [await world.client(name, online=0) for name in ("alice", "bob", "mallory")]
    away = await world.account("away")
    wish = f"<request xmlns='{RECEIPTS}'/>"
    for to in (bob.bare, away.bare):
        alice.message(to, "important", id="m", payload=wish)
    await bob.wait_for("<message id='m'/>")
    await alice.expect_nothing(of=away.bare)
    for to in (alice.bare, alice.full, away.bare):
        mallory.message(to, payload=received("m"), id="r")
    for _ in range(2):
        got = await alice.wait_for("<message id='r'/>")
        assert got["from"] == mallory.full and got.child("received", RECEIPTS)["id"] == "m", got
    mallory.send(f"<message from='{bob.full}' to='{alice.full}' type='chat'>{received('m')}</message>")
    await mallory.expect_stream_error("invalid-from")
    await alice.expect_nothing(after=bob)
    assert [m["id"] for m in (await ask(alice)).messages] == ["m", "m"]
    client = await world.login(away)
    client.send("<presence/>")
    kept = await client.wait_for("<message id='m'/>")
    assert kept.child("request", RECEIPTS), kept
