"""The small services: discovery, capabilities, ping, version, time, last activity, private XML, vCards."""
import base64
import datetime
import hashlib
import re

from harness import Element, check_error, test
from harness.server import SECOND

DISCO = "http://jabber.org/protocol/disco"
LAST, PRIVATE, VCARD = "jabber:iq:last", "jabber:iq:private", "vcard-temp"
ADVERTISED = (
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    "urn:xmpp:ping",
    "jabber:iq:version",
    "urn:xmpp:time",
    "jabber:iq:last",
    "jabber:iq:private",
    "vcard-temp",
    "urn:xmpp:blocking",
    "msgoffline",
)


async def info(client, to, node=None):
    wish = f" node='{node}'" if node else ""
    return (await client.iq("get", f"<query xmlns='{DISCO}#info'{wish}/>", to)).child(
        "query", f"{DISCO}#info"
    )


def features(query):
    return [f["var"] for f in query.all("feature")]


# Discovery


@test("XEP-0030", "XEP-0199", "XEP-0092")
async def the_server_says_what_it_can(world):
    alice = await world.client()
    query = await info(alice, world.host)
    identities = [(i["category"], i["type"]) for i in query.all("identity")]
    assert ("server", "im") in identities, query
    assert not set(ADVERTISED) - set(features(query)), f"missing: {set(ADVERTISED) - set(features(query))}"
    assert len(features(query)) == len(set(features(query))), "a feature is advertised twice"
    assert "jabber:iq:privacy" not in features(
        query
    ) and "http://jabber.org/features/compress" not in features(query)


@test("XEP-0030 §3")
async def the_own_account(world):
    alice = await world.client()
    for to in (None, alice.bare):
        query = await info(alice, to)
        assert ("account", "registered") in [(i["category"], i["type"]) for i in query.all("identity")], query
        assert f"{DISCO}#info" in features(query), query


@test("XEP-0030 §3.3", cases={"host": "{host}", "account": "{bare}"})
async def an_unknown_node(world, to):
    alice = await world.client()
    to = to.format(host=world.host, bare=alice.bare)
    for kind in ("info", "items"):
        await alice.iq_error(
            "get", f"<query xmlns='{DISCO}#{kind}' node='urn:example:none'/>", "item-not-found", "cancel", to
        )


@test("XEP-0030 §4")
async def items(world):
    alice = await world.client()
    answer = await alice.iq("get", f"<query xmlns='{DISCO}#items'/>", world.host)
    for item in answer.child("query", f"{DISCO}#items").elements:
        assert item["jid"] and (await info(alice, item["jid"])).all("identity"), item
    await alice.iq("get", f"<query xmlns='{DISCO}#items'/>", alice.bare)


@test(
    "SECURITY 31",
    "TRAPS 9",
    cases={
        "info": f"<query xmlns='{DISCO}#info'/>",
        "items": f"<query xmlns='{DISCO}#items'/>",
        "last": f"<query xmlns='{LAST}'/>",
        "vcard": f"<vCard xmlns='{VCARD}'/>",
        "private": f"<query xmlns='{PRIVATE}'><x xmlns='urn:x'/></query>",
        "ping": "<ping xmlns='urn:xmpp:ping'/>",
        "version": "<query xmlns='jabber:iq:version'/>",
        "roster": "<query xmlns='jabber:iq:roster'/>",
        "blocklist": "<blocklist xmlns='urn:xmpp:blocking'/>",
    },
)
async def strangers_learn_nothing_about_accounts(world, payload):
    """An account that exists answers a stranger exactly as one that does not."""
    alice = await world.client("alice")
    there, online, nobody = (
        await world.account("there"),
        await world.client("online", online=0),
        world.stranger(),
    )
    answers = set()
    for jid in (there.bare, online.bare, nobody.bare):
        for kind in ("get", "set"):
            answer = await alice.request(kind, payload, jid)
            answers.add((kind, str(answer.child("error"))))
    assert len(answers) == 2, answers
    await online.expect_nothing(after=alice)


@test("XEP-0157", "DESIGN 4")
async def contact_addresses(world):
    alice = await world.client()
    query = await info(alice, world.host)
    forms = {
        f.child("value").text: form
        for form in query.all("x", "jabber:x:data")
        for f in form.all("field")
        if f["var"] == "FORM_TYPE"
    }
    form = forms.get("http://jabber.org/network/serverinfo")
    assert form and form["type"] == "result", query
    fields = {f["var"]: [v.text for v in f.all("value")] for f in form.all("field")}
    assert fields["abuse-addresses"] == [f"mailto:abuse@{world.host}", f"xmpp:abuse@{world.host}"], fields
    assert fields["security-addresses"] == [f"mailto:security@{world.host}"], fields
    other = await info(await world.client(host=SECOND), SECOND)
    assert "abuse" not in str(other), other


def capability_hash(query):
    """XEP-0115 §5.1."""
    text = "".join(
        sorted(
            f"{i['category']}/{i['type']}/{i['xml:lang'] or ''}/{i['name'] or ''}<"
            for i in query.all("identity")
        )
    )
    text += "".join(f"{var}<" for var in sorted(features(query)))
    forms = []
    for form in query.all("x", "jabber:x:data"):
        fields = {f["var"]: sorted(v.text for v in f.all("value")) for f in form.all("field")}
        (kind,) = fields.pop("FORM_TYPE")
        forms.append(
            f"{kind}<" + "".join(f"{var}<" + "".join(f"{v}<" for v in fields[var]) for var in sorted(fields))
        )
    return base64.b64encode(hashlib.sha1((text + "".join(sorted(forms))).encode()).digest()).decode()


@test("TRAPS 27", "XEP-0115 §6.3", threads=True)
async def capabilities_of_the_server(world):
    seen = set()
    for number in range(6):  # accounts on several threads
        alice = await world.client(f"caps{number}")
        caps = alice.features.child("c", "http://jabber.org/protocol/caps")
        assert caps and caps["hash"] == "sha-1" and caps["node"], alice.features
        seen.add((caps["node"], caps["ver"]))
    assert len(seen) == 1, seen
    query = await info(alice, world.host)
    assert capability_hash(query) == caps["ver"], f"{caps} is not the hash of {query}"
    named = await info(alice, world.host, f"{caps['node']}#{caps['ver']}")
    assert features(named) == features(query) and named["node"] == f"{caps['node']}#{caps['ver']}", named


@test("TRAPS 27", "XEP-0115 §5.1")
async def capabilities_differ_by_host(world):
    one, two = await world.client(), await world.client(host=SECOND)
    caps = [c.features.child("c", "http://jabber.org/protocol/caps")["ver"] for c in (one, two)]
    hashes = [capability_hash(await info(c, c.domain)) for c in (one, two)]
    assert caps == hashes and caps[0] != caps[1], "one host has contact addresses, the other has none"


# Ping, version, time


@test("XEP-0199", cases={"host": "{host}", "nobody": "", "account": "{bare}", "other host": SECOND})
async def ping(world, to):
    alice = await world.client()
    answer = await alice.iq(
        "get", "<ping xmlns='urn:xmpp:ping'/>", to.format(host=world.host, bare=alice.bare)
    )
    assert not answer.elements, answer


@test("XEP-0199 §4.3", threads=True)
async def ping_of_another_client(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    id = alice.send_iq("get", "<ping xmlns='urn:xmpp:ping'/>", bob.full)
    await bob.expect(f"<iq type='get' id='{id}' from='{alice.full}'><ping xmlns='urn:xmpp:ping'/></iq>")
    bob.send(f"<iq type='result' id='{id}' to='{alice.full}'/>")
    await alice.expect(f"<iq type='result' id='{id}' from='{bob.full}'/>")


@test("XEP-0092")
async def version(world):
    alice = await world.client()
    query = (await alice.iq("get", "<query xmlns='jabber:iq:version'/>", world.host)).child(
        "query", "jabber:iq:version"
    )
    assert query.child("name").text == "Vestnik" and query.child("version").text, query


@test("XEP-0202", "XEP-0082")
async def time(world):
    alice = await world.client()
    answer = (await alice.iq("get", "<time xmlns='urn:xmpp:time'/>", world.host)).child(
        "time", "urn:xmpp:time"
    )
    assert re.fullmatch(r"(Z|[+-]\d\d:\d\d)", answer.child("tzo").text), answer
    utc = answer.child("utc").text
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", utc), answer
    now = datetime.datetime.now(datetime.timezone.utc)
    assert abs((datetime.datetime.fromisoformat(utc) - now).total_seconds()) < 30, answer


@test(
    "XEP-0092",
    "XEP-0202",
    "XEP-0199",
    "TRAPS 4",
    cases={
        name: payload
        for name, payload in (
            ("ping", "<ping xmlns='urn:xmpp:ping'/>"),
            ("version", "<query xmlns='jabber:iq:version'/>"),
            ("time", "<time xmlns='urn:xmpp:time'/>"),
            ("disco", f"<query xmlns='{DISCO}#info'/>"),
            ("last", f"<query xmlns='{LAST}'/>"),
        )
    },
)
async def questions_are_not_commands(world, payload):
    alice = await world.client()
    answer = await alice.request("set", payload, world.host)
    assert answer["type"] == "error", answer
    await alice.expect_nothing()


# Last activity


async def last(client, to):
    return (await client.iq("get", f"<query xmlns='{LAST}'/>", to)).child("query", LAST)


@test("XEP-0012 §4")
async def uptime(world):
    alice = await world.client()
    status = await world.server.status()
    assert abs(int((await last(alice, world.host))["seconds"]) - status["uptime_s"]) <= 5


@test("XEP-0012 §2", "XEP-0012 §5", threads=True)
async def last_activity_of_a_contact(world):
    alice, bob = await world.friends()
    assert (await last(alice, bob.bare))["seconds"] == "0"
    bob.send("<presence type='unavailable'><status>Heading home</status></presence>")
    await alice.wait_for(f"<presence type='unavailable' from='{bob.full}'/>")
    await bob.logout()
    query = await last(alice, bob.bare)
    assert int(query["seconds"]) < 60 and query.text == "Heading home", query


@test("XEP-0012 §7", "SECURITY 31")
async def last_activity_is_for_subscribers(world):
    stranger, bob = await world.client("stranger"), await world.client("bob", online=0)
    for to in (bob.bare, bob.full):
        answer = await stranger.request("get", f"<query xmlns='{LAST}'/>", to)
        assert answer["type"] == "error", answer
    await bob.expect_nothing(after=stranger)


# Private XML


async def stored(client, payload):
    answer = await client.iq("get", f"<query xmlns='{PRIVATE}'>{payload}</query>")
    return answer.child("query", PRIVATE).elements[0]


@test("XEP-0049")
async def private_xml(world):
    alice = await world.client()
    empty = await stored(alice, "<exodus xmlns='exodus:prefs'/>")
    assert str(empty) == str(Element("exodus", "exodus:prefs")), empty
    prefs = "<exodus xmlns='exodus:prefs'><nick a='&lt;'>Hamlet &amp; Co</nick><x xmlns='urn:y'/></exodus>"
    await alice.iq("set", f"<query xmlns='{PRIVATE}'>{prefs}</query>")
    await alice.iq("set", f"<query xmlns='{PRIVATE}'><other xmlns='exodus:prefs'>2</other></query>")
    await alice.iq("set", f"<query xmlns='{PRIVATE}'><exodus xmlns='urn:z'>3</exodus></query>")
    again = await world.login(alice.account)
    assert str(await stored(again, "<exodus xmlns='exodus:prefs'/>")) == str(Element.parse(prefs))
    assert (await stored(again, "<other xmlns='exodus:prefs'/>")).text == "2"
    assert (await stored(again, "<exodus xmlns='urn:z'/>")).text == "3"
    bob = await world.client("bob")
    assert not (await stored(bob, "<exodus xmlns='exodus:prefs'/>")).children


@test(
    "XEP-0049 §3",
    cases={"nothing": f"<query xmlns='{PRIVATE}'/>", "text": f"<query xmlns='{PRIVATE}'>text</query>"},
)
async def bad_private_xml(world, payload):
    alice = await world.client()
    for kind in ("get", "set"):
        answer = await alice.request(kind, payload)
        assert answer["type"] == "error" and answer.child("error")["type"] == "modify", answer


@test("XEP-0049 §4", "SECURITY 13")
async def private_xml_of_another(world):
    alice, mallory = await world.client("alice"), await world.client("mallory")
    await alice.iq("set", f"<query xmlns='{PRIVATE}'><x xmlns='urn:x'>secret</x></query>")
    for kind, text in (("get", ""), ("set", "overwritten")):
        answer = await mallory.request(
            kind, f"<query xmlns='{PRIVATE}'><x xmlns='urn:x'>{text}</x></query>", alice.bare
        )
        assert answer["type"] == "error" and "secret" not in str(answer), answer
    assert (await stored(alice, "<x xmlns='urn:x'/>")).text == "secret"


@test(
    "DESIGN 4",
    cases={
        "private": ("private_bytes", f"<query xmlns='{PRIVATE}'><x xmlns='urn:x'>%s</x></query>"),
        "vcard": ("vcard_bytes", f"<vCard xmlns='{VCARD}'><DESC>%s</DESC></vCard>"),
    },
)
async def storage_has_an_end(world, limit, payload):
    async with world.own_server({"limits": {limit: "4KiB"}}) as server:
        alice = await world.client(server=server)
        await alice.iq("set", payload % ("x" * 3000))
        answer = await alice.request("set", payload % ("x" * 5000))
        assert answer["type"] == "error", answer


# vCards


@test("XEP-0054", threads=True)
async def vcards(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    answer = await alice.request("get", f"<vCard xmlns='{VCARD}'/>")
    if answer["type"] == "error":
        check_error(answer, "item-not-found", "cancel")
    else:
        assert not answer.child("vCard", VCARD).elements, answer
    card = f"<vCard xmlns='{VCARD}'><FN>Alice &amp; co</FN><N><FAMILY>A</FAMILY></N><DESC>ж</DESC></vCard>"
    await alice.iq("set", card)
    for client, to in ((alice, None), (alice, alice.bare), (bob, alice.bare)):
        answer = await client.iq("get", f"<vCard xmlns='{VCARD}'/>", to)
        assert str(answer.child("vCard", VCARD)) == str(Element.parse(card)), answer
    await alice.logout()
    answer = await bob.iq("get", f"<vCard xmlns='{VCARD}'/>", alice.bare)
    assert answer["from"] == alice.bare, answer


@test("XEP-0054 §3.2", "SECURITY 13")
async def the_vcard_of_another_cannot_be_set(world):
    alice, mallory = await world.client("alice"), await world.client("mallory")
    answer = await mallory.request("set", f"<vCard xmlns='{VCARD}'><FN>Fool</FN></vCard>", alice.bare)
    assert answer["type"] == "error", answer
    assert "Fool" not in str(await alice.request("get", f"<vCard xmlns='{VCARD}'/>"))


@test(
    "DESIGN 4",
    "XEP-0030",
    cases={"ping": ("ping", "urn:xmpp:ping"), "blocking": ("blocking", "urn:xmpp:blocking")},
)
async def a_feature_can_be_switched_off(world, name, namespace):
    async with world.own_server({"features": {name: {"enabled": False}}}) as server:
        alice = await world.client(server=server)
        assert namespace not in features(await info(alice, server.host))
        payload = {"ping": f"<ping xmlns='{namespace}'/>", "blocking": f"<blocklist xmlns='{namespace}'/>"}[
            name
        ]
        await alice.iq_error("get", payload, "service-unavailable", "cancel")
