"""Shared roster groups: what members can change, and how they learn of new members."""

from harness import test

ROSTER = "jabber:iq:roster"
HOST = "groups.example"
KINDS = ("subscribe", "subscribed", "unsubscribe", "unsubscribed")
EVERYBODY = {"host": [{"name": HOST, "group": [{"name": "Everybody", "everyone": True}]}]}


def push(jid, subscription, groups=()):
    inner = "".join(f"<group>{group}</group>" for group in groups)
    return (
        f"<iq type='set'><query xmlns='{ROSTER}'>"
        f"<item jid='{jid}' subscription='{subscription}'>{inner}</item></query></iq>"
    )


async def members(world, server, *names):
    server.host = HOST
    accounts = [await server.account(name) for name in names]
    return [await world.login(account, server=server) for account in accounts]


async def version(client, known=""):
    answer = await client.iq("get", f"<query xmlns='{ROSTER}' ver='{known}'/>")
    query = answer.child("query", ROSTER)
    return query["ver"] if query else known


@test("DESIGN 4", "TRAPS 14")
async def a_new_account_is_pushed_and_changes_the_version(world):
    async with world.own_server(EVERYBODY) as server:
        skipper, mate = await members(world, server, "skipper", "mate")
        known = await version(skipper)
        assert await version(skipper, known) == known
        stowaway = await world.login(await server.account("stowaway"), server=server)
        assert set(await mate.roster()) == {skipper.bare, stowaway.bare}
        await mate.online()
        assert await version(skipper, known) != known, "the roster has changed"
        await skipper.online()
        await skipper.wait_for(f"<presence from='{mate.full}'/>")
        await server.account("latecomer")
        await skipper.roster()
        pushed = await skipper.wait_for(push(f"latecomer@{HOST}", "both", ["Everybody"]))
        current = pushed.child("query", ROSTER)["ver"]
        assert await version(skipper, current) == current


@test("DESIGN 4", "XEP-0191 §3")
async def blocking_a_colleague_hides_the_presence(world):
    async with world.own_server(EVERYBODY) as server:
        skipper, mate = await members(world, server, "skipper", "mate")
        for client in (skipper, mate):
            await client.roster()
            await client.online()
        await mate.wait_for(f"<presence from='{skipper.full}'/>")
        item = f"<item jid='{mate.bare}'/>"
        await skipper.iq("set", f"<block xmlns='urn:xmpp:blocking'>{item}</block>")
        await mate.wait_for(f"<presence type='unavailable' from='{skipper.full}'/>")
        await skipper.iq("set", f"<unblock xmlns='urn:xmpp:blocking'>{item}</unblock>")
        await mate.wait_for(f"<presence from='{skipper.full}'/>")


@test("DESIGN 4", "RFC 6121 §2.4", "RFC 6121 §2.5")
async def an_own_item_gives_a_shared_contact_a_name(world):
    async with world.own_server(EVERYBODY) as server:
        skipper, mate = await members(world, server, "skipper", "mate")
        await skipper.roster()
        await skipper.set_item(mate.bare, "First Mate", ["Deck"])
        pushed = await skipper.wait_for(push(mate.bare, "both", ["Deck", "Everybody"]))
        assert pushed.child("query", ROSTER).child("item")["name"] == "First Mate", pushed
        await skipper.iq(
            "set", f"<query xmlns='{ROSTER}'><item jid='{mate.bare}' subscription='remove'/></query>"
        )
        pushed = await skipper.wait_for(push(mate.bare, "both", ["Everybody"]))
        assert pushed.child("query", ROSTER).child("item")["name"] is None, pushed
        await mate.expect_nothing(after=skipper)


@test("DESIGN 4", "RFC 6121 §3", cases={kind: kind for kind in KINDS})
async def subscriptions_within_a_group_cannot_be_changed(world, kind):
    async with world.own_server(EVERYBODY) as server:
        skipper, mate = await members(world, server, "skipper", "mate")
        for client in (skipper, mate):
            await client.roster()
            await client.online()
        await skipper.wait_for(f"<presence from='{mate.full}'/>")
        await mate.wait_for(f"<presence from='{skipper.full}'/>")
        skipper.presence(mate.bare, kind)
        await mate.expect_nothing(after=skipper)
        assert (await skipper.roster())[mate.bare]["subscription"] == "both"
        await skipper.online(5)
        await mate.wait_for(f"<presence from='{skipper.full}'><priority>5</priority></presence>")
