"""What the server does with a stanza before and besides delivering it (RFC 6120 §8, §10; RFC 6121 §8)."""
from harness import STANZA_ERRORS, Account, check_error, test
from harness.server import CYRILLIC, SECOND

FORGERIES = (
    "other@{host}",
    "{host}",
    "{bare}/elsewhere",
    "other@{host}/{resource}",
    "{local}@second.example/{resource}",
    "not@@valid",
    "{bare}/",
)


def attr(name, value):
    return f" {name}='{value}'" if value else ""


# from and to


@test(
    "TRAPS 2",
    "RFC 6120 §8.1.2.1",
    cases={
        f"{kind} {forgery}": (kind, forgery)
        for kind in ("message", "presence", "iq")
        for forgery in FORGERIES
    },
)
async def spoofed_from(world, kind, forgery):
    alice, bob = await world.client("alice"), await world.client("bob")
    sender = forgery.format(
        host=world.host, bare=alice.bare, resource=alice.resource, local=alice.account.local
    )
    inner = "<ping xmlns='urn:xmpp:ping'/>" if kind == "iq" else ""
    type = " type='get'" if kind == "iq" else ""
    alice.send(f"<{kind} from='{sender}' to='{bob.full}' id='s'{type}>{inner}</{kind}>")
    await alice.expect_stream_error("invalid-from")
    await bob.expect_nothing(after=await world.client("carol"))


@test("TRAPS 2", "RFC 6120 §8.1.2.1")
async def true_from_is_taken_in_any_spelling(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    for sender in (alice.full, alice.bare, alice.bare.upper(), f"{alice.bare.upper()}/{alice.resource}"):
        alice.send(f"<message from='{sender}' to='{bob.full}' id='s'/>")
        await bob.expect(f"<message from='{alice.full}' id='s'/>")


@test("TRAPS 2", "RFC 6120 §8.1.2.1", cases={"without": "", "bare": " from='{bare}'"})
async def the_server_stamps_from(world, attribute):
    alice, bob = await world.client("alice"), await world.client("bob")
    attribute = attribute.format(bare=alice.bare)
    alice.send(
        f"<message{attribute} to='{bob.full}'/><presence{attribute} to='{bob.full}'/>"
        f"<iq{attribute} to='{bob.full}' type='get' id='1'><x xmlns='urn:x'/></iq>"
    )
    for kind in ("message", "presence", "iq"):
        await bob.expect(f"<{kind} from='{alice.full}'/>")


@test(
    "TRAPS 32",
    "RFC 6120 §8.1.1",
    cases={
        "upper case": lambda bob: f"{bob.account.local.upper()}@{bob.domain.upper()}/{bob.resource}",
        "trailing dot": lambda bob: f"{bob.account.local}@{bob.domain}./{bob.resource}",
        "full width": lambda bob: f"{bob.account.local.replace('b', 'ｂ')}@{bob.domain}/{bob.resource}",
    },
)
async def addresses_are_compared_prepared(world, spelling):
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.message(spelling(bob), "found")
    await bob.expect("<message><body>found</body></message>")


@test(
    "TRAPS 5",
    "TRAPS 32",
    "RFC 6120 §8.3.3.8",
    cases={
        f"{kind} {jid}": (kind, jid)
        for kind in ("message", "presence", "iq")
        for jid in (
            "@{host}",
            "bob@",
            "bob@{host}/",
            "a b@{host}",
            "bob@-bad-.example",
            "{long}@{host}",
            "bob@{host}/{long}",
            "&quot;bob&quot;@{host}",
            "@",
            "/",
            "bob@@{host}",
        )
    },
)
async def malformed_to(world, kind, jid):
    alice = await world.client()
    to = jid.format(host=world.host, long="x" * 1024)
    type = " type='get'" if kind == "iq" else ""
    inner = "<x xmlns='urn:x'/>" if kind == "iq" else ""
    alice.send(f"<{kind} to='{to}' id='s'{type}>{inner}</{kind}>")
    answer = await alice.expect(f"<{kind} type='error' id='s'/>")
    check_error(answer, "jid-malformed", "modify")


@test("TRAPS 3", "RFC 6120 §10.3.1")
async def message_without_to_goes_to_oneself(world):
    alice = await world.client(online=0)
    other = await world.another(alice, online=0)
    await alice.expect(f"<presence from='{other.full}'/>")
    await other.wait_for(f"<presence from='{alice.full}'/>")
    alice.send("<message id='s' type='chat'><body>note</body></message>")
    await alice.expect(f"<message id='s' from='{alice.full}'><body>note</body></message>")
    await other.wait_for(f"<message id='s' from='{alice.full}'><body>note</body></message>")


@test("TRAPS 3", "RFC 6120 §10.3.3", cases={"without": "", "bare": " to='{bare}'"})
async def iq_without_to_is_answered_by_the_account(world, attribute):
    alice = await world.client(online=0)
    attribute = attribute.format(bare=alice.bare)
    alice.send(f"<iq id='1' type='get'{attribute}><query xmlns='jabber:iq:roster'/></iq>")
    got = await alice.expect("<iq id='1' type='result'/>")
    assert got["from"] in (None, alice.bare), got
    alice.send(f"<iq id='2' type='get'{attribute}><x xmlns='urn:example:unknown'/></iq>")
    answer = await alice.expect_error("iq", "2", "service-unavailable", "cancel")
    assert answer["from"] in (None, alice.bare), answer
    await alice.expect_nothing()


@test(
    "TRAPS 5",
    "RFC 6120 §10.4",
    cases={"host": "{host}", "host with resource": "{host}/x", "other host": SECOND, "account": "{bare}"},
)
async def iq_to_a_server_or_account(world, to):
    alice = await world.client()
    to = to.format(host=world.host, bare=alice.bare)
    await alice.iq_error("get", "<x xmlns='urn:example:unknown'/>", "service-unavailable", "cancel", to)
    await alice.expect_nothing()


@test("RFC 6120 §10.4.3", "RFC 6121 §8.4")
async def message_to_a_server_reaches_nobody(world):
    alice, bob = await world.client("alice", online=0), await world.client("bob", online=0)
    alice.message(world.host, "anybody there?")
    alice.presence(world.host)
    await bob.expect_nothing(after=alice)


# iq rules


@test(
    "TRAPS 4",
    "RFC 6120 §8.2.3",
    cases={
        "no id": "<iq type='get'{to}><ping xmlns='urn:xmpp:ping'/></iq>",
        "no type": "<iq id='s'{to}><ping xmlns='urn:xmpp:ping'/></iq>",
        "unknown type": "<iq id='s' type='put'{to}><ping xmlns='urn:xmpp:ping'/></iq>",
        "no child": "<iq id='s' type='get'{to}/>",
        "text only": "<iq id='s' type='set'{to}>text</iq>",
        "two children": "<iq id='s' type='get'{to}><ping xmlns='urn:xmpp:ping'/><x xmlns='urn:x'/></iq>",
    },
)
async def bad_iq(world, text):
    alice, bob = await world.client("alice"), await world.client("bob")
    for to in ("", world.host, bob.bare, bob.full):
        alice.send(text.replace("{to}", attr("to", to)))
        answer = await alice.expect("<iq type='error'/>")
        check_error(answer, "bad-request", "modify")
    await bob.expect_nothing(after=alice)


@test(
    "TRAPS 4",
    "RFC 6120 §8.2.3",
    cases={
        f"{kind} to {to}": (kind, to)
        for kind in ("result", "error")
        for to in ("{host}", "{bare}", "", "{stranger}", "nowhere.example", "{bare}/absent")
    },
)
async def answers_are_never_answered(world, kind, to):
    alice = await world.client(online=0)
    to = to.format(host=world.host, bare=alice.bare, stranger=world.stranger().bare)
    alice.send(f"<iq type='{kind}' id='s'{attr('to', to)}/>")
    await alice.expect_nothing(of=to)


@test("TRAPS 4", "RFC 6120 §8.2.3", threads=True)
async def iq_from_client_to_client_and_back(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    for n in range(20):
        alice.send(f"<iq type='get' id='{n}' to='{bob.full}'><x xmlns='urn:example:{n}'/></iq>")
        await bob.expect(f"<iq type='get' id='{n}' from='{alice.full}'><x xmlns='urn:example:{n}'/></iq>")
        if n % 2:
            bob.send(f"<iq type='result' id='{n}' to='{alice.full}'><y xmlns='urn:example:y'/></iq>")
            await alice.expect(
                f"<iq type='result' id='{n}' from='{bob.full}'><y xmlns='urn:example:y'/></iq>"
            )
        else:
            bob.send(
                f"<iq type='error' id='{n}' to='{alice.full}'><error type='cancel'>"
                f"<item-not-found xmlns='{STANZA_ERRORS}'/></error></iq>"
            )
            await alice.expect_error("iq", str(n), "item-not-found", "cancel")


# Errors


@test(
    "TRAPS 5",
    "RFC 6120 §8.3.1",
    cases={
        "message": "<message to='{to}' type='groupchat' id='a&lt;&apos;b'><body>x</body></message>",
        "iq": "<iq to='{to}' type='get' id='a&lt;&apos;b'><x xmlns='urn:x'/></iq>",
    },
)
async def error_replies(world, text):
    alice, bob = await world.client("alice"), await world.account("bob")
    alice.send(text.format(to=bob.bare))
    answer = await alice.next()
    assert (answer["from"], answer["to"], answer["id"]) == (bob.bare, alice.full, "a<'b"), answer
    check_error(answer, "service-unavailable", "cancel")
    error = answer.child("error")
    assert [c.name for c in error.elements if c.ns == STANZA_ERRORS][0] == "service-unavailable"


@test(
    "TRAPS 5",
    "RFC 6120 §8.3.1",
    cases={
        f"{text} to {to}": (text, to)
        for text in (
            "message error",
            "presence",
            "presence unavailable",
            "presence error",
            "presence subscribed",
            "presence unsubscribed",
            "presence unsubscribe",
            "presence probe",
        )
        for to in ("{offline}", "{stranger}", "{host}", "nowhere.example", "{offline}/absent")
        if to != "nowhere.example" or text not in ("presence", "presence probe")
    },
)
async def what_is_never_answered_with_an_error(world, text, to):
    alice, bob = await world.client("alice"), await world.account("bob")
    to = to.format(offline=bob.bare, stranger=world.stranger().bare, host=world.host)
    kind, _, type = text.partition(" ")
    alice.send(f"<{kind} to='{to}' id='s'{attr('type', type)}/>")
    id = alice.send_iq("get", "<nothing xmlns='urn:example:unknown'/>", to)
    while (got := await alice.next())["id"] != id:
        assert got["type"] != "error", got


@test(
    "TRAPS 5",
    "RFC 6120 §8.3.3.16",
    cases={
        "message": "<message to='{to}' id='s'><body>x</body></message>",
        "chat": "<message to='{to}' id='s' type='chat'><body>x</body></message>",
        "iq get": "<iq to='{to}' id='s' type='get'><x xmlns='urn:x'/></iq>",
        "iq set": "<iq to='{to}' id='s' type='set'><x xmlns='urn:x'/></iq>",
    },
    threads=True,
)
async def foreign_domain(world, text):
    alice = await world.client()
    for to in (
        "bob@nowhere.example",
        "nowhere.example",
        "bob@nowhere.example/res",
        "bob@пример.example",
    ):
        alice.send(text.format(to=to))
        kind = text[1:].partition(" ")[0]
        answer = await alice.expect(f"<{kind} from='{to}' to='{alice.full}' id='s'/>")
        check_error(answer, "remote-server-not-found", "cancel")


# What must come through as it was sent


@test("RFC 6120 §8.1.3", "RFC 6120 §8.1.5")
async def ids_and_languages_are_kept(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    for id in ("1", "ж-ы", "&lt;&amp;&apos;&quot;", "x" * 500, " "):
        alice.send(
            f"<message to='{bob.full}' id='{id}' xml:lang='pt-BR'><body xml:lang='ru'>да</body></message>"
        )
        got = await bob.expect(f"<message id='{id}' xml:lang='pt-BR'><body>да</body></message>")
        assert got.child("body")["xml:lang"] == "ru", got


@test("RFC 6120 §8.4", "SEED stanzas")
async def unknown_attributes_and_children_are_kept(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.send(
        f"<message to='{bob.full}' strange='1' xmlns:e='urn:example:e' e:stranger='2'><thread>t</thread>"
        f"<subject>s</subject><body>b</body><e:x/></message>"
    )
    got = await bob.expect(
        "<message strange='1'><thread>t</thread><subject>s</subject><body>b</body>"
        "<x xmlns='urn:example:e'/></message>"
    )
    assert got["{urn:example:e}stranger"] == "2", got


@test("RFC 6120 §4.8.5", "RFC 6120 §8.4")
async def a_stanza_with_a_prefix_keeps_the_namespaces_of_its_content(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.send(
        f"<c:message xmlns='urn:example:x' xmlns:c='jabber:client' to='{bob.full}'>"
        f"<body>no body</body><c:body>b</c:body></c:message>"
    )
    got = await bob.expect("<message><body>b</body><body xmlns='urn:example:x'>no body</body></message>")
    assert [e.name for e in got.elements if e.name != "stanza-id"] == ["body", "body"], got


@test("RFC 6121 §5.2.2", cases={"chat": "chat", "unknown": "shout", "none": None})
async def message_types(world, type):
    alice, bob = await world.client("alice"), await world.client("bob", online=0)
    alice.send(f"<message to='{bob.bare}'{attr('type', type)} id='s'/>")
    got = await bob.expect("<message id='s'/>")  # an unknown type counts as normal
    assert got["type"] in (type, "normal"), got


# Several resources


@test("TRAPS 6", "RFC 6121 §8.5.2.1.1", cases={type: type for type in ("normal", "chat", "headline")})
async def bare_address_and_several_resources(world, type):
    alice, account = await world.client("alice"), await world.account("bob")
    bound = await world.login(account)
    negative, zero, five = [await world.login(account) for _ in range(3)]
    for session, priority in ((negative, -1), (zero, 0), (five, 5)):
        await session.online(priority)
    for session in (negative, zero):
        await session.wait_for(f"<presence from='{five.full}'/>")
    alice.message(account.bare, "to whom?", type)
    for session in (zero, five):
        await session.wait_for(f"<message to='{account.bare}'><body>to whom?</body></message>")
    for session in (negative, bound):
        await alice.fence(session)
        while session.waiting:
            assert (await session.next()).name == "presence"


@test("TRAPS 6", "TRAPS 10")
async def priority_changes_count_at_once(world):
    alice, bob = await world.client("alice"), await world.client("bob", online=-5)
    alice.message(bob.bare, "one")
    await bob.expect_nothing(after=alice)
    await bob.online(3)
    await bob.expect("<message><body>one</body></message>")
    alice.message(bob.bare, "two")
    await bob.expect("<message><body>two</body></message>")
    await bob.online(-1)
    alice.message(bob.bare, "three")
    await bob.expect_nothing(after=alice)


@test(
    "RFC 6121 §4.7.2.3",
    cases={value: value for value in ("128", "-129", "high", "1.5", "99999999999999999999", "")},
)
async def bad_priorities(world, value):
    alice, bob = await world.client("alice"), await world.client("bob", online=1)
    bob.send(f"<presence id='bad'><priority>{value}</priority></presence>")
    got = await bob.next()
    assert got.name == "presence", got
    if got["type"] == "error":
        check_error(got, "bad-request", "modify")
    await bob.expect_nothing(after=alice)


# Hosts


@test("SEED addresses", "TRAPS 32", threads=True)
async def hosts_of_one_server_talk(world):
    clients = [
        await world.client("a", online=0),
        await world.client("b", host=SECOND, online=0),
        await world.client("юлия", host=CYRILLIC, online=0),
    ]
    for sender in clients:
        for receiver in clients:
            if receiver is not sender:
                sender.message(receiver.bare, f"from {sender.bare}")
                await receiver.expect(
                    f"<message from='{sender.full}' to='{receiver.bare}'>"
                    f"<body>from {sender.bare}</body></message>"
                )


@test("SECURITY 31")
async def the_same_name_on_another_host_is_another_account(world):
    alice = await world.client("twin", online=0)
    await world.server.account(alice.account.local, SECOND, "another-password")
    twin = await world.login(Account(alice.account.local, SECOND, "another-password"))
    await twin.online()
    twin.message(f"{alice.account.local}@{world.host}", "hello")
    await alice.expect(f"<message from='{twin.full}'/>")
    await twin.expect_nothing()
