"""Two servers of ours, each with its own accounts: what works within one works between them."""
from harness import check_error, federation, test
from harness.suite import befriend

ALPHA, BETA = "alpha.example", "beta.example"
DIALBACK_ONLY = {"policy": "dialback"}
BY = {
    "EXTERNAL": (None, True),
    "dialback": (DIALBACK_ONLY, False),
    "dialback, several threads": (DIALBACK_ONLY | {"workers": 3}, False),
}


@test("RFC 6120 §10.4", "XEP-0178 §3", "XEP-0220 §2", cases=BY, threads=True)
async def messages_and_requests(world, s2s, certificates):
    async with federation(world, ALPHA, BETA, s2s=s2s, certificates=certificates) as (alpha, beta):
        alice, bob = await world.client("alice", server=alpha), await world.client(
            "bob", server=beta, online=0
        )
        for number in range(50):
            alice.message(bob.bare if number % 2 else bob.full, f"text {number}", id=f"n{number}")
        for number in range(50):
            await bob.expect(
                f"<message from='{alice.full}' id='n{number}'><body>text {number}</body></message>"
            )
        bob.message(alice.full, "and back")
        await alice.expect(f"<message from='{bob.full}' to='{alice.full}'><body>and back</body></message>")
        await alice.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=BETA)
        id = alice.send_iq("get", "<query xmlns='jabber:iq:version'/>", to=bob.full)
        request = await bob.expect(
            f"<iq type='get' id='{id}' from='{alice.full}'><query xmlns='jabber:iq:version'/></iq>"
        )
        bob.send(
            f"<iq type='result' id='{request['id']}' to='{alice.full}'>"
            "<query xmlns='jabber:iq:version'/></iq>"
        )
        await alice.expect(f"<iq type='result' id='{id}' from='{bob.full}'/>")
        await alice.iq_error("get", "<query xmlns='jabber:iq:roster'/>", "forbidden", to=f"nobody@{BETA}")


@test("RFC 6121 §3", "RFC 6121 §4", cases=BY, threads=True)
async def subscriptions_and_presence(world, s2s, certificates):
    async with federation(world, ALPHA, BETA, s2s=s2s, certificates=certificates) as (alpha, beta):
        alice, bob = await world.client("alice", server=alpha), await world.client("bob", server=beta)
        for client in (alice, bob):
            await client.roster()
            await client.online()
        await befriend(alice, bob)
        alice.send("<presence><show>away</show></presence>")
        await alice.expect(f"<presence from='{alice.full}'/>")
        await bob.expect(f"<presence from='{alice.full}'><show>away</show></presence>")
        # A resource that comes later asks, and is told; one that goes says so.
        second = await world.another(bob, online=0, server=beta)
        await second.wait_for(f"<presence from='{alice.full}'><show>away</show></presence>")
        await alice.expect(f"<presence from='{second.full}'/>")
        await alice.logout()
        await bob.wait_for(f"<presence from='{alice.full}' type='unavailable'/>")
        again = await world.another(alice, online=0, server=alpha)
        await again.wait_for(f"<presence from='{bob.full}'/>")
        await again.wait_for(f"<presence from='{second.full}'/>")


@test("RFC 6121 §3.2", "RFC 6121 §3.3")
async def subscriptions_end_on_both_sides(world):
    async with federation(world, ALPHA, BETA) as (alpha, beta):
        alice, bob = await world.client("alice", server=alpha), await world.client("bob", server=beta)
        for client in (alice, bob):
            await client.roster()
            await client.online()
        await befriend(alice, bob)
        alice.presence(bob.bare, "unsubscribed")
        await bob.wait_for(f"<presence from='{alice.full}' type='unavailable'/>")
        await bob.wait_for(f"<presence from='{alice.bare}' type='unsubscribed'/>")
        alice.presence(bob.bare, "unsubscribe")
        await alice.wait_for(f"<presence from='{bob.full}' type='unavailable'/>")
        assert (await bob.roster())[alice.bare]["subscription"] == "none"


@test("RFC 6121 §8.5.2.2", "RFC 6120 §8.3")
async def what_waits_for_the_other_side_and_what_comes_back(world):
    async with federation(world, ALPHA, BETA) as (alpha, beta):
        alice = await world.client("alice", server=alpha)
        account = await world.account("bob", server=beta)
        alice.message(account.bare, "for later")
        # Behind the message on the same way: it has been kept when this is answered.
        await alice.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=BETA)
        bob = await world.login(account, server=beta)
        await bob.online()
        got = await bob.wait_for(f"<message from='{alice.full}'><body>for later</body></message>")
        assert got.child("delay", "urn:xmpp:delay"), got
        id = alice.message(f"{account.bare}/gone", "to nobody", type="normal")
        check_error(await alice.expect(f"<message id='{id}'/>"), "service-unavailable", "cancel")


@test("RFC 6120 §4.4")
async def idle_streams_close_and_open_again(world):
    async with federation(world, ALPHA, BETA, s2s={"idle_timeout": "1s"}) as (alpha, beta):
        alice, bob = await world.client("alice", server=alpha), await world.client(
            "bob", server=beta, online=0
        )
        for number in range(3):
            alice.message(bob.full, f"text {number}")
            await bob.expect(f"<message from='{alice.full}'><body>text {number}</body></message>")
            await alpha.logged("s2s.out_closed", number + 1)


@test("RULES 9")
async def a_stop_tells_the_other_side(world):
    async with federation(world, ALPHA, BETA) as (alpha, beta):
        alice, bob = await world.client("alice", server=alpha), await world.client("bob", server=beta)
        for client in (alice, bob):
            await client.roster()
            await client.online()
        await befriend(alice, bob)
        await alpha.stop()
        await bob.wait_for(f"<presence from='{alice.full}' type='unavailable'/>")
