"""Addresses in all scripts and at their limits (RFC 7622; SEED addresses)."""
from harness import Account, check_error, test
from harness.server import CYRILLIC

ASCII_DOMAIN = CYRILLIC.encode("idna").decode()
NAMES = {
    "cyrillic": "юлия",
    "greek": "ελένη",
    "arabic": "ليلى",
    "hebrew": "רות",
    "chinese": "朱丽叶",
    "hangul": "줄리엣",
    "devanagari": "जूलिया",
    "composed": "zo\u00eb",
    "punctuation": "a.b-c_d+e=f!g#h$i%j*k^l{m|n}o~p?q`r",
}


@test("SEED addresses", "TRAPS 32", "RFC 7622 §3", cases=NAMES, threads=True)
async def a_conversation_in_any_script(world, name):
    alice = await world.client(name, "балкон \U0001F3E0", host=CYRILLIC, online=0)
    bob = await world.client("bob", online=0)
    assert alice.full == f"{alice.account.local}@{CYRILLIC}/балкон \U0001F3E0", alice.full
    for to in (
        alice.bare,
        alice.full,
        f"{alice.account.local.upper()}@{ASCII_DOMAIN}/{alice.resource}",
        f"{alice.account.local}@{CYRILLIC.upper()}.",
    ):
        bob.message(to, "привіт")
        await alice.expect(f"<message from='{bob.full}'><body>привіт</body></message>")
    alice.message(bob.bare, "здравствуй")
    await bob.expect(f"<message from='{alice.full}'><body>здравствуй</body></message>")
    await bob.roster()
    bob.presence(alice.bare.upper(), "subscribe")
    await bob.expect(
        "<iq type='set'><query xmlns='jabber:iq:roster'>"
        f"<item jid='{alice.bare}' ask='subscribe'/></query></iq>"
    )
    await alice.expect(f"<presence type='subscribe' from='{bob.bare}'/>")
    alice.presence(bob.bare, "subscribed")
    await bob.wait_for(f"<presence from='{alice.full}'/>")


@test(
    "SEED addresses",
    "TRAPS 17",
    cases={
        f"{mechanism} {form}": (mechanism, form)
        for mechanism in ("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256")
        for form in ("as it is", "upper case", "decomposed")
    },
)
async def logging_in_by_any_spelling(world, mechanism, form):
    account = await world.account("андрій", host=CYRILLIC, password="пароль-\U0001F511")
    local = {
        "as it is": account.local,
        "upper case": account.local.upper(),
        "decomposed": account.local.replace("й", "и\u0306"),
    }[form]
    client = await world.connect(account=account)
    await client.open(ASCII_DOMAIN if form == "upper case" else CYRILLIC)
    await client.authenticate(local, account.password, mechanism)
    assert (await client.bind("балкон")) == f"{account.bare}/балкон"


@test("TRAPS 32", "RFC 7622 §3.3", "SEED addresses")
async def parts_of_1023_bytes(world):
    local = world.fresh("l").ljust(1023, "x")
    account = await world.server.account(local)
    resource = "ж" * 511 + "r"
    client = await world.login(account, resource)
    assert len(client.full.encode()) == 1023 + 1 + len(world.host) + 1 + 1023
    await client.online()
    client.message(client.full, "to myself")
    await client.expect(f"<message from='{client.full}' to='{client.full}'/>")
    client.message(f"x{client.bare}", "too long")
    answer = await client.expect("<message type='error'/>")
    check_error(answer, "jid-malformed", "modify")


@test("TRAPS 32", "RFC 7622 §3.4")
async def resources_with_everything_in_them(world):
    alice, account = await world.client("alice"), await world.account("bob")
    for resource in ("a@b/c", "/", "//", "@", "a b", "&lt;tag&gt;", "'quoted'", "\U0001F600"):
        bob = await world.login(account, resource)
        alice.send(f"<message to=\"{account.bare}/{resource}\" id='s'/>")
        await bob.expect(f"<message to=\"{account.bare}/{resource}\" id='s'/>")


@test("SEED addresses", "RFC 7622 §3.2", cases={"IPv4": "127.0.0.1", "IPv6": "[::1]"})
async def address_literals_as_hosts(world, host):
    async with world.own_server({"host": [{"name": host}]}) as server:
        account = await server.account("user", host)
        stream = await world.connect("plain", server=server, account=account)
        await stream.open()
        stream.domain = "localhost"  # no name for SNI
        await stream.start_tls()
        await stream.open(host)
        await stream.authenticate(account.local, account.password, header={"to": host})
        assert (await stream.bind("x")) == f"user@{host}/x"
        stream.message(f"user@{host}/x", "here")
        await stream.expect("<message><body>here</body></message>")


@test(
    "DESIGN 4",
    "TRAPS 32",
    cases={
        "no domain": "alice",
        "empty name": "@{host}",
        "with resource": "alice@{host}/r",
        "space": "a b@{host}",
        "long": "x" * 1024 + "@{host}",
        "foreign host": "alice@elsewhere.example",
        "empty": "",
    },
)
async def accounts_that_cannot_be(world, jid):
    server = world.server
    code, _ = await server.ctl("user", "add", jid.format(host=world.host), "--password-stdin", input="x\n")
    assert code in (1, 64), (code, server.ctl_error)


@test("SECURITY 36", "TRAPS 32")
async def spellings_of_one_name_are_one_account(world):
    account = await world.account("ångström")
    for spelling in (
        account.local.upper(),
        account.local.replace("å", "a\u030a"),
        account.local.replace("å", "\u212b"),
    ):
        code, out = await world.server.ctl(
            "user", "add", f"{spelling}@{world.host}", "--password-stdin", "--json", input="other\n"
        )
        assert code == 1 and "exists" in out, (code, out)
    await world.login(Account(account.local.upper(), world.host))
