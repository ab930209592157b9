"""Resource binding and the hand-over of a connection to its account's thread (RFC 6120 §7; RULES 2)."""
import asyncio
import base64

from harness import BIND, SASL, Element, Scram, check_error, test

SESSION = "urn:ietf:params:xml:ns:xmpp-session"
TOO_EARLY = {
    "message": "<message to='{host}'><body>x</body></message>",
    "presence": "<presence/>",
    "roster": "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>",
    "ping": "<iq type='get' id='1' to='{host}'><ping xmlns='urn:xmpp:ping'/></iq>",
}


async def authenticated(world, account):
    return await world.login(account, bind=False)


@test(
    "TRAPS 18",
    "RFC 6120 §4.9.3.12",
    cases=TOO_EARLY | {"bind": f"<iq type='set' id='1'><bind xmlns='{BIND}'/></iq>"},
)
async def stanzas_before_authentication(world, stanza):
    stream = await world.connect()
    await stream.open()
    stream.send(stanza.replace("{host}", world.host))
    await stream.expect_stream_error("not-authorized")


@test("TRAPS 18", "RFC 6120 §7.1", cases=TOO_EARLY)
async def stanzas_before_bind(world, stanza):
    stream = await authenticated(world, await world.account())
    stream.send(stanza.replace("{host}", world.host))
    await stream.expect_stream_error("not-authorized")


@test("RFC 6120 §7.2")
async def the_feature_is_there(world):
    stream = await authenticated(world, await world.account())
    assert stream.features.child("bind", BIND), stream.features


@test("RFC 6120 §7.6", "SEED clients")
async def the_server_makes_resources_nobody_guesses(world):
    account = await world.account()
    names = {(await world.login(account)).resource for _ in range(3)}
    assert len(names) == 3 and all(len(name) >= 12 for name in names), names


@test("RFC 6120 §7.6", cases={"empty": "<resource/>", "none": ""})
async def no_wish_is_no_wish(world, wish):
    client = await authenticated(world, await world.account())
    answer = await client.iq("set", f"<bind xmlns='{BIND}'>{wish}</bind>")
    assert answer.child("bind").child("jid").text.partition("/")[2], answer


@test(
    "RFC 6120 §7.7",
    cases={
        "plain": ("balcony", "balcony"),
        "case kept": ("Balcony", "Balcony"),
        "slashes and at": ("a/b@c", "a/b@c"),
        "cyrillic": ("балкон", "балкон"),
        "inner space": ("my phone", "my phone"),
        "other spaces": ("my\u00a0phone\u3000x", "my phone x"),
        "composed": ("e\u0301", "\u00e9"),
        "emoji": ("\U0001F3E0", "\U0001F3E0"),
        "markup": ("&lt;&amp;&quot;&apos;", "<&\"'"),
        "1023 bytes": ("r" * 1023, "r" * 1023),
    },
)
async def resources_are_prepared(world, wish, given):
    account = await world.account()
    client = await world.login(account, wish)
    assert client.full == f"{account.bare}/{given}", client.full


@test(
    "TRAPS 18",
    "RFC 6120 §7.7.2.1",
    cases={"1024 bytes": "r" * 1024, "1023 letters, more bytes": "ж" * 600, "control": "a\u0085b"},
)
async def bad_resources(world, wish):
    client = await authenticated(world, await world.account())
    await client.iq_error(
        "set", f"<bind xmlns='{BIND}'><resource>{wish}</resource></bind>", "bad-request", "modify"
    )
    await client.bind("better")  # the stream is still good


@test("TRAPS 18", "RFC 6120 §7.7.2.2", "DESIGN 4", threads=True)
async def a_conflict_replaces_the_old_session(world):
    alice, bob = await world.friends()
    resource = alice.resource
    again = await world.another(alice, resource)
    await alice.expect_stream_error("conflict")
    assert again.full == alice.full
    await bob.expect(f"<presence type='unavailable' from='{alice.full}'/>")
    await again.online()
    await bob.expect(f"<presence from='{alice.full}'/>", absent=["type"])
    bob.message(again.full, "for the new one")
    await again.wait_for("<message><body>for the new one</body></message>")


@test("TRAPS 18", "DESIGN 4")
async def a_conflict_is_refused_if_configured(world):
    async with world.own_server({"c2s": {"resource_conflict": "reject"}}) as server:
        account = await world.account(server=server)
        first = await world.login(account, "desk", server=server)
        second = await world.login(account, bind=False, server=server)
        await second.iq_error("set", f"<bind xmlns='{BIND}'><resource>desk</resource></bind>", "conflict")
        await second.bind("chair")
        await first.expect_nothing()


@test("TRAPS 18", threads=True)
async def many_sessions_want_the_same_resource(world):
    account = await world.account()
    await asyncio.gather(*(world.login(account, "one") for _ in range(8)))
    last = await world.login(account, "one")
    await last.online()


@test("TRAPS 18", "RFC 6120 §7.1")
async def a_second_bind_is_refused(world):
    alice = await world.client()
    answer = await alice.request("set", f"<bind xmlns='{BIND}'><resource>other</resource></bind>")
    assert answer["type"] == "error", answer
    await alice.expect_nothing()


@test("DESIGN 4", "RFC 6120 §7.6.2.1")
async def ten_resources(world):
    account = await world.account()
    sessions = [await world.login(account, f"r{n}") for n in range(10)]
    eleventh = await authenticated(world, account)
    await eleventh.iq_error(
        "set", f"<bind xmlns='{BIND}'><resource>r10</resource></bind>", "resource-constraint", "wait"
    )
    await eleventh.bind("r3")  # to take the place of an old session is no addition
    await sessions[3].expect_stream_error("conflict")
    await sessions[0].logout()
    await world.login(account, "r11")


@test("RFC 6120 §8.2.3")
async def bind_without_id(world):
    client = await authenticated(world, await world.account())
    client.send(f"<iq type='set'><bind xmlns='{BIND}'/></iq>")
    answer = await client.next()
    if answer.name == "iq":
        check_error(answer, "bad-request", "modify")
    else:
        assert answer.name == "error", answer


@test("RFC 6121 §1.4", "RFC 3921 §3")
async def the_session_of_old_does_nothing(world):
    client = await authenticated(world, await world.account())
    feature = client.features.child("session", SESSION)
    assert feature and feature.child("optional"), client.features
    await client.bind()
    await client.iq("set", f"<session xmlns='{SESSION}'/>")
    await client.expect_nothing()


@test("TRAPS 18", "TRAPS 8")
async def a_bound_resource_is_not_available(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.message(bob.bare, "for later")
    await bob.expect_nothing(after=alice)
    await bob.online()
    await bob.expect("<message><body>for later</body></message>")


# RULES 2: the connection moves to another thread between the last SASL message and <success/>


def glued(account, exchange, server_first):
    """The last SASL message, the new stream's header, bind, presence and a message to oneself, all in one."""
    response = base64.b64encode(exchange.final(server_first)).decode()
    return (
        f"<response xmlns='{SASL}'>{response}</response>"
        f"<stream:stream to='{account.domain}' version='1.0' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'>"
        f"<iq type='set' id='b'><bind xmlns='{BIND}'><resource>glued</resource></bind></iq><presence/>"
        f"<message to='{account.bare}/glued' id='m'/>"
    ).encode()


async def glued_login(world, account, security, cut=None):
    exchange = Scram("SCRAM-SHA-256", account.local, account.password)
    client = await world.connect(security, account=account)
    await client.open()
    client.send_auth(exchange.mechanism, exchange.first())
    data = glued(account, exchange, await client.challenge())
    client.send(data[:cut])
    if cut:
        await client.wire.drain()
        client.send(data[cut:])
    await client.expect(Element("success", SASL))
    client.restart()
    await client.expect_header()
    assert (await client.next()).child("bind", BIND)
    await client.expect(
        f"<iq type='result' id='b'><bind xmlns='{BIND}'><jid>{account.bare}/glued</jid></bind></iq>"
    )
    await client.expect_all(f"<presence from='{account.bare}/glued'/>", "<message id='m'/>")
    client.wire.reset()


@test("RULES 2", threads=True, cases={"direct": "direct", "starttls": "starttls"})
async def everything_glued_to_the_last_sasl_message(world, security):
    for number in range(6):  # several accounts: some live on the thread they came in by, some do not
        await glued_login(world, await world.account(f"glued{number}"), security)


@test("RULES 2", threads=True)
async def a_glued_login_cut_at_every_seventh_byte(world):
    accounts = [(cut, await world.account(f"cut{cut}")) for cut in range(1, 700, 7)]
    await asyncio.gather(*(glued_login(world, account, "direct", cut) for cut, account in accounts))


@test("RULES 2", threads=True)
async def peers_that_vanish_during_the_move(world):
    for number in range(20):
        account = await world.account(f"gone{number}")
        exchange = Scram("SCRAM-SHA-256", account.local, account.password)
        client = await world.connect(account=account)
        await client.open()
        client.send_auth(exchange.mechanism, exchange.first())
        client.send(glued(account, exchange, await client.challenge()))
        await client.wire.drain()
        client.wire.reset()
    await (await world.client()).online()


@test("RULES 2", threads=True)
async def a_hundred_logins_at_once(world):
    accounts = [await world.account(f"crowd{n}") for n in range(25)]
    clients = await asyncio.gather(*(world.login(account) for account in accounts for _ in range(4)))
    await asyncio.gather(*(client.online() for client in clients))
    for client in clients:
        client.message(client.bare, "still here")
    await asyncio.gather(
        *(client.wait_for("<message><body>still here</body></message>") for client in clients)
    )
