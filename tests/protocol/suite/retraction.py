"""Taking messages back (XEP-0424): what archives keep of them."""
import datetime

from harness import test
from harness.archive import ask
from harness.managed import managed

RETRACT = "urn:xmpp:message-retract:1"


def retraction(id):
    return f"<retract xmlns='{RETRACT}' id='{id}'/>"


async def takes(client, *ids):
    """These messages come to the client."""
    for id in ids:
        await client.expect(f"<message id='{id}'/>")


async def taken_back(client, id, by):
    """Waits until the client's archive has a tombstone for the message; all of its messages."""
    while True:
        messages = (await ask(client)).messages
        (message,) = [m for m in messages if m["id"] == id]
        if tombstone := message.child("retracted", RETRACT):
            assert tombstone["id"] == by and [e.name for e in message.elements][:1] == ["retracted"], message
            stamp = datetime.datetime.fromisoformat(tombstone["stamp"])
            age = datetime.datetime.now(datetime.timezone.utc) - stamp
            assert abs(age.total_seconds()) < 120, stamp
            return messages


@test("XEP-0424 §5", "XEP-0313 §3.2", threads=True)
async def a_tombstone_takes_its_place_in_both_archives(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    for id in ("before", "wrong", "after"):
        alice.message(bob.full, "secret" if id == "wrong" else "x", id=id, payload="<thread>t</thread>")
    await takes(bob, "before", "wrong", "after")
    ids = [(await ask(client)).ids for client in (alice, bob)]
    alice.message(bob.full, payload=retraction("wrong"), id="r")
    await takes(bob, "r")
    for client, before in zip((alice, bob), ids):
        messages = await taken_back(client, "wrong", "r")
        assert [m["id"] for m in messages] == ["before", "wrong", "after", "r"], messages
        assert (await ask(client)).ids[:3] == before
        one = messages[1]
        assert (one["from"], one["to"], one["type"]) == (alice.full, bob.full, "chat"), one
        assert not one.child("body") and not one.child("thread"), one
        assert messages[0].child("body") and messages[2].child("body"), messages
        assert messages[3].child("retract", RETRACT)["id"] == "wrong", messages


@test("XEP-0424 §6", "SECURITY 20")
async def only_by_its_author(world):
    alice, bob, mallory = [await world.client(name) for name in ("alice", "bob", "mallory")]
    alice.message(bob.full, "kept", id="m")
    await takes(bob, "m")
    bob.message(alice.full, payload=retraction("m"), id="b")
    await takes(alice, "b")
    for client in (alice, bob):
        mallory.message(client.full, payload=retraction("m"), id="x")
        await takes(client, "x")
    bob.message(alice.full, "other", id="m")  # another one of the same id, by somebody else
    bob.message(alice.full, payload=retraction("m"), id="c")
    await takes(alice, "m", "c")
    for client in (alice, bob):
        while True:
            messages = [m for m in (await ask(client)).messages if m["id"] == "m"]
            if messages[1].child("retracted", RETRACT):
                break
        assert messages[0].child("body").text == "kept", messages


@test("XEP-0424 §6")
async def a_retraction_is_not_taken_back(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.message(bob.full, "x", id="m")
    alice.message(bob.full, payload=retraction("m"), id="r")
    alice.message(bob.full, payload=retraction("r"), id="r2")
    alice.message(bob.full, payload=retraction("nothing"), id="r3")
    alice.message(bob.full, payload=retraction(""), id="r4")
    await takes(bob, "m", "r", "r2", "r3", "r4")
    messages = await taken_back(bob, "m", "r")
    assert [m["id"] for m in messages] == ["m", "r", "r2", "r3", "r4"], messages
    assert all(m.child("retract", RETRACT) for m in messages[1:]), messages


@test("XEP-0424 §5", "RULES 3")
async def an_absent_addressee_gets_what_is_left_of_it(world):
    alice, account = await managed(world), await world.account("bob")
    alice.message(account.bare, "secret", id="m")
    alice.message(account.bare, payload=retraction("m"), id="r")
    await alice.acked()
    bob = await world.login(account)
    await taken_back(bob, "m", "r")
    bob = await world.login(account)
    bob.send("<presence/>")
    got = await bob.wait_for("<message id='m'/>")
    assert got.child("retracted", RETRACT) and not got.child("body"), got
    await bob.wait_for("<message id='r'/>")


@test("XEP-0424 §5", "RULES 3", threads=True)
async def an_acknowledged_one_is_done(world):
    """The sender's own archive has the tombstone when the server has acknowledged the retraction."""
    alice = await managed(world)
    account = await world.account("bob")
    for number in range(20):
        alice.message(account.bare, "secret", id=f"m{number}")
        alice.message(account.bare, payload=retraction(f"m{number}"), id=f"r{number}")
        await alice.acked()
        messages = (await ask(alice, rsm="<max>2</max><before/>")).messages
        assert messages[0].child("retracted", RETRACT)["id"] == f"r{number}", messages


@test("XEP-0424 §5")
async def a_note_to_oneself(world):
    alice = await world.client("alice", online=0)
    alice.message(alice.bare, "x", id="m")
    alice.message(alice.bare, payload=retraction("m"), id="r")
    await takes(alice, "m", "r")
    assert len(await taken_back(alice, "m", "r")) == 2
