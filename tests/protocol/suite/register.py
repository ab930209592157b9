"""In-band registration, change of password, end of an account (XEP-0077)."""
from harness import SASL, Account, Element, check_error, test
from harness.server import REGISTER

NS = "jabber:iq:register"
FEATURE = "http://jabber.org/features/iq-register"


def form(**fields):
    return f"<query xmlns='{NS}'>" + "".join(f"<{k}>{v}</{k}>" for k, v in fields.items()) + "</query>"


async def ask(stream, kind, payload, to=None):
    """An iq before login; its answer."""
    address = f" to='{to}'" if to else ""
    stream.send(f"<iq type='{kind}' id='reg'{address}>{payload}</iq>")
    return await stream.expect("<iq id='reg'/>")


async def at_the_door(world, host=REGISTER, security="direct"):
    stream = await world.connect(security, domain=host)
    await stream.open()
    return stream


async def registered(world, name="new", password="first-secret"):
    account = Account(world.fresh(name), REGISTER, password)
    answer = await ask(await at_the_door(world), "set", form(username=account.local, password=password))
    assert answer["type"] == "result", answer
    return account


async def refused_login(world, account):
    stream = await world.connect(account=account)
    await stream.open()
    stream.send_auth("PLAIN", f"\0{account.local}\0{account.password}".encode())
    return await stream.expect(Element("failure", SASL))


@test("XEP-0077 §3.1", "SEED clients", threads=True)
async def register_and_log_in(world):
    stream = await at_the_door(world)
    assert stream.features.child("register", FEATURE), stream.features
    fields = await ask(stream, "get", f"<query xmlns='{NS}'/>")
    query = fields.child("query", NS)
    assert query.child("username") and query.child("password") and not query.child("registered"), fields
    account = Account(world.fresh("new"), REGISTER, "pass <word")
    answer = await ask(stream, "set", form(username=account.local, password="pass &lt;word"))
    assert answer["type"] == "result", answer
    await stream.authenticate(account.local, account.password)  # the stream goes on
    for mechanism in ("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"):
        await (await world.login(account, mechanism=mechanism)).online()


@test("XEP-0077 §3.1", "DESIGN 4", cases={"get": "get", "set": "set"})
async def registration_is_off_by_default(world, kind):
    stream = await at_the_door(world, world.host)
    assert not stream.features.child("register"), stream.features
    payload = (
        form(username=world.fresh("intruder"), password="x") if kind == "set" else f"<query xmlns='{NS}'/>"
    )
    stream.send(f"<iq type='{kind}' id='reg'>{payload}</iq>")
    answer = await stream.next()
    if answer.name == "iq":
        assert answer["type"] == "error", answer
    else:
        assert answer.name == "error", answer


@test("TRAPS 35", "XEP-0077 §3.1")
async def registration_needs_tls(world):
    stream = await at_the_door(world, security="plain")
    assert not stream.features.child("register"), stream.features
    stream.send(f"<iq type='set' id='reg'>{form(username=world.fresh('clear'), password='x')}</iq>")
    answer = await stream.next()
    assert answer.name == "error" or answer["type"] == "error", answer


@test(
    "TRAPS 35",
    "SECURITY 36",
    cases={
        "same": str,
        "upper case": str.upper,
        "title case": str.title,
        "full width": lambda name: name.replace("t", "\uff54"),
    },
)
async def a_taken_name_is_a_conflict(world, spelling):
    account = await registered(world, "taken")
    answer = await ask(
        await at_the_door(world), "set", form(username=spelling(account.local), password="other")
    )
    check_error(answer, "conflict", "cancel")
    await world.login(account)


@test(
    "XEP-0077 §3.1",
    "SECURITY 38",
    cases={
        "no password": ({"username": "{name}"}, "not-acceptable"),
        "empty password": ({"username": "{name}", "password": ""}, "not-acceptable"),
        "no name": ({"password": "x"}, "not-acceptable"),
        "empty name": ({"username": "", "password": "x"}, "not-acceptable"),
        "at sign": ({"username": "{name}@x", "password": "x"}, "jid-malformed not-acceptable bad-request"),
        "space": ({"username": "{name} x", "password": "x"}, "jid-malformed not-acceptable bad-request"),
        "slash": ({"username": "{name}/x", "password": "x"}, "jid-malformed not-acceptable bad-request"),
        "too long": ({"username": "n" * 1024, "password": "x"}, "jid-malformed not-acceptable bad-request"),
        "nothing": ({}, "not-acceptable bad-request"),
    },
)
async def bad_registrations(world, fields, conditions):
    fields = {k: v.replace("{name}", world.fresh("bad")) for k, v in fields.items()}
    answer = await ask(await at_the_door(world), "set", form(**fields))
    got = [c.name for c in answer.child("error").elements] if answer["type"] == "error" else [str(answer)]
    assert set(got) & set(conditions.split()), got


@test("TRAPS 35", "XEP-0077 §3.2")
async def nobody_is_removed_before_login(world):
    account = await registered(world)
    stream = await at_the_door(world)
    stream.send(
        f"<iq type='set' id='reg'><query xmlns='{NS}'><remove/>"
        f"<username>{account.local}</username></query></iq>"
    )
    answer = await stream.next()
    assert answer.name == "error" or answer["type"] == "error", answer
    await world.login(account)


@test("TRAPS 35", "XEP-0077 §3.3", cases={"default host": False, "open host": True}, threads=True)
async def change_password(world, open_host):
    account = await (registered(world) if open_host else world.account())
    alice = await world.login(account)
    await alice.iq("set", form(username=account.local, password="new &amp; better"), account.domain)
    assert (await refused_login(world, account)).child("not-authorized")
    changed = Account(account.local, account.domain, "new & better")
    for mechanism in ("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"):
        await world.login(changed, mechanism=mechanism)
    await alice.expect_nothing()


@test("TRAPS 35", "SECURITY 13", cases={"to host": "{host}", "to account": "{victim}", "nowhere": ""})
async def nobody_changes_the_password_of_another(world, to):
    alice, victim = await world.client("alice"), await world.account("victim")
    to = to.format(host=world.host, victim=victim.bare)
    answer = await alice.request("set", form(username=victim.local, password="stolen"), to)
    assert answer["type"] == "error", answer
    await world.login(victim)


@test("XEP-0077 §3.3", cases={"empty": "", "none": None})
async def a_new_password_is_not_empty(world, password):
    alice = await world.client()
    fields = {"username": alice.account.local} | ({} if password is None else {"password": password})
    answer = await alice.request("set", form(**fields), world.host)
    assert answer["type"] == "error", answer
    await world.login(alice.account)


@test("XEP-0077 §3.1")
async def who_is_registered_is_told_so(world):
    alice = await world.client()
    query = (await alice.iq("get", f"<query xmlns='{NS}'/>", world.host)).child("query", NS)
    assert query.child("registered") and query.child("username").text == alice.account.local, query


@test("TRAPS 35", "XEP-0077 §3.2", cases={"default host": False, "open host": True}, threads=True)
async def remove(world, open_host):
    account = await (registered(world) if open_host else world.account())
    alice, other = await world.login(account), await world.login(account)
    id = alice.send_iq("set", f"<query xmlns='{NS}'><remove/></query>")
    await alice.expect(f"<iq type='result' id='{id}'/>")
    for client in (alice, other):
        await client.expect_stream_error("not-authorized")
    assert (await refused_login(world, account)).child("not-authorized")


@test("TRAPS 35", "XEP-0077 §3.2", threads=True)
async def remove_ends_subscriptions(world):
    alice, bob = await world.friends()
    id = alice.send_iq("set", f"<query xmlns='{NS}'><remove/></query>")
    await alice.wait_for(f"<iq type='result' id='{id}'/>")
    await bob.wait_for(f"<presence type='unavailable' from='{alice.full}'/>")
    await bob.wait_for(f"<presence type='unsubscribe' from='{alice.bare}'/>")
    await bob.wait_for(f"<presence type='unsubscribed' from='{alice.bare}'/>")
    item = (await bob.roster()).get(alice.bare)
    assert item is None or item["subscription"] == "none", item


@test("XEP-0077 §3.2", cases={"more": "<remove/><username>x</username>", "twice": "<remove/><remove/>"})
async def remove_stands_alone(world, inner):
    alice = await world.client()
    await alice.iq_error("set", f"<query xmlns='{NS}'>{inner}</query>", "bad-request", "modify")
    await world.login(alice.account)


@test("SECURITY 25", "TRAPS 35", threads=True)
async def a_reused_name_inherits_nothing(world):
    account = await registered(world, "reused")
    first, friend = await world.login(account), await world.client("friend", online=0)
    await first.online()
    await first.set_item("old@x.example", "old friend", ["old group"])
    await first.iq("set", "<query xmlns='jabber:iq:private'><x xmlns='urn:x'>old</x></query>")
    await first.iq("set", "<vCard xmlns='vcard-temp'><FN>old</FN></vCard>")
    await first.iq("set", "<block xmlns='urn:xmpp:blocking'><item jid='old@x.example'/></block>")
    friend.presence(account.bare, "subscribe")
    await first.wait_for(f"<presence type='subscribe' from='{friend.bare}'/>")
    first.presence(friend.bare, "subscribed")
    await friend.wait_for(f"<presence from='{first.full}'/>")
    first.send("<presence type='unavailable'/>")
    await friend.wait_for(f"<presence type='unavailable' from='{first.full}'/>")
    friend.message(account.bare, "kept for the old one")
    await friend.request("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
    id = first.send_iq("set", f"<query xmlns='{NS}'><remove/></query>")
    await first.wait_for(f"<iq type='result' id='{id}'/>")
    await first.wait_for("<stream:error/>")
    while friend.waiting:
        await friend.next()

    answer = await ask(await at_the_door(world), "set", form(username=account.local, password="second"))
    if answer["type"] == "error":
        check_error(answer, "conflict")  # names may also be kept from being used again
        return
    second = await world.login(Account(account.local, REGISTER, "second"))
    assert await second.roster() == {}
    assert "old" not in str(
        await second.iq("get", "<query xmlns='jabber:iq:private'><x xmlns='urn:x'/></query>")
    )
    assert "old" not in str(await second.request("get", "<vCard xmlns='vcard-temp'/>"))
    assert "old" not in str(await second.iq("get", "<blocklist xmlns='urn:xmpp:blocking'/>"))
    await second.online()
    await second.expect_nothing()
    while friend.waiting:
        assert (await friend.next())["from"] != second.full
