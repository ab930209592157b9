"""In-order processing: stanzas of one pair never overtake each other (RFC 6120 §10.1; RULES 1)."""
import asyncio

from harness import test


@test("RFC 6120 §10.1", "RULES 1", "TRAPS 1", threads=True)
async def order_is_kept_per_pair(world):
    """Everybody writes to everybody, in stanzas of all kinds, across all threads."""
    clients = [await world.client(f"c{n}", online=0) for n in range(6)]
    count = 120

    def stanza(to, n):
        return (
            f"<message to='{to.full}' id='{n}' type='chat'><body>{n}</body></message>",
            f"<message to='{to.bare}' id='{n}'><body>{'x' * (n * 37 % 3000)}</body></message>",
            f"<presence to='{to.full}' id='{n}'/>",
            f"<iq type='result' to='{to.full}' id='{n}'/>",
            f"<iq type='get' to='{to.full}' id='{n}'><x xmlns='urn:x'/></iq>",
        )[n % 5]

    async def write(sender):
        for n in range(count):
            for receiver in clients:
                if receiver is not sender:
                    sender.send(stanza(receiver, n))
            await sender.wire.drain()

    async def read(receiver):
        seen = {sender.full: 0 for sender in clients if sender is not receiver}
        while any(n < count for n in seen.values()):
            got = await receiver.next()
            assert got["id"] == str(seen[got["from"]]), f"number {seen[got['from']]} expected, {got} came"
            seen[got["from"]] += 1

    await asyncio.gather(*(write(c) for c in clients), *(read(c) for c in clients))


@test("RFC 6120 §10.1", "RULES 1", threads=True)
async def order_between_answers_and_deliveries_to_oneself(world):
    alice = await world.client(online=0)
    for n in range(100):
        alice.send(
            f"<message to='{alice.full}' id='m{n}'/>"
            f"<iq type='get' id='q{n}'><ping xmlns='urn:xmpp:ping'/></iq>"
        )
    answers = [(await alice.next())["id"] for _ in range(200)]
    assert [a for a in answers if a[0] == "m"] == [f"m{n}" for n in range(100)]
    assert [a for a in answers if a[0] == "q"] == [f"q{n}" for n in range(100)]


@test("RULES 1", threads=True)
async def a_slow_reader_gets_everything_in_order(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    count = 1500  # about 1.5 MB, less than what closes the connection
    for n in range(count):
        alice.message(bob.full, "y" * 1000, id=str(n))
    await alice.wire.drain()
    await alice.request("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
    for n in range(count):
        await bob.expect(f"<message id='{n}'/>")
