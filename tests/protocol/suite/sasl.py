"""SASL (RFC 6120 §6): mechanisms, failures, and what must not work."""
import base64

from OpenSSL import SSL

from harness import SASL, Account, Element, Scram, test
from harness.server import ANONYMOUS, SECOND

MECHANISMS = ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"]
SUCCESS = Element("success", SASL)


def plain(account, password=None, authzid=""):
    return f"{authzid}\0{account.local}\0{password or account.password}".encode()


async def opened(world, **options):
    stream = await world.connect(**options)
    await stream.open()
    return stream


@test(
    "RFC 6120 §6.4",
    "TRAPS 17",
    cases={
        f"{mechanism} {name}": (mechanism, version)
        for mechanism in MECHANISMS
        for name, version in (("1.2", SSL.TLS1_2_VERSION), ("1.3", SSL.TLS1_3_VERSION))
    },
)
async def every_mechanism_logs_in(world, mechanism, version):
    account = await world.account()
    client = await world.login(account, "here", mechanism=mechanism, version=version)
    assert client.full == f"{account.bare}/here"


@test("RFC 6120 §6.3.3", "SECURITY 14")
async def the_offer_is_ours_and_strongest_first(world):
    stream = await opened(world)
    assert set(stream.mechanisms) == set(MECHANISMS), stream.mechanisms
    strength = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"]
    assert stream.mechanisms.index("PLAIN") == len(strength) - 1, stream.mechanisms


@test(
    "TRAPS 17",
    "XEP-0440",
    cases={"1.2": (SSL.TLS1_2_VERSION, "tls-unique"), "1.3": (SSL.TLS1_3_VERSION, "tls-exporter")},
)
async def channel_bindings_are_advertised(world, version, kind):
    stream = await opened(world, version=version)
    offer = stream.features.child("sasl-channel-binding", "urn:xmpp:sasl-cb:0")
    assert offer, stream.features
    assert kind in [c["type"] for c in offer.all("channel-binding")], offer


@test(
    "SECURITY 14",
    "TRAPS 17",
    cases={
        m: m
        for m in (
            "SCRAM-SHA-512",
            "DIGEST-MD5",
            "CRAM-MD5",
            "LOGIN",
            "GS2-KRB5",
            "ANONYMOUS",
            "EXTERNAL",
            "scram-sha-1 ",
            "x",
            "",
        )
    },
)
async def mechanisms_that_are_not_offered(world, mechanism):
    account = await world.account()
    stream = await opened(world)
    assert mechanism not in stream.mechanisms
    stream.send_auth(mechanism, plain(account))
    await stream.expect_failure("invalid-mechanism")


@test("RFC 6120 §6.5.7")
async def no_mechanism_at_all(world):
    stream = await opened(world)
    stream.send(f"<auth xmlns='{SASL}'>AA==</auth>")
    failure = await stream.expect(Element("failure", SASL))
    assert failure.elements[0].name in ("invalid-mechanism", "malformed-request"), failure


@test("TRAPS 17", "RFC 6120 §6.5.10", cases={m: m for m in MECHANISMS})
async def wrong_password_then_right_one(world, mechanism):
    account = await world.account()
    client = await world.connect(account=account)
    await client.open()
    if mechanism == "PLAIN":
        client.send_auth("PLAIN", plain(account, "wrong"))
        answer = await client.next()
    else:
        binding = client.wire.channel_binding() if mechanism.endswith("-PLUS") else None
        answer = await client.scram(Scram(mechanism, account.local, "wrong", binding))
    assert answer.name == "failure" and answer.child("not-authorized"), answer
    await client.authenticate(account.local, account.password, mechanism)
    await client.bind()


@test("TRAPS 17", "RFC 6120 §6.4.5", "DESIGN 4")
async def three_tries_per_stream(world):
    account = await world.account()
    stream = await opened(world)
    for _ in range(3):
        stream.send_auth("PLAIN", plain(account, "wrong"))
        await stream.expect_failure("not-authorized")
    await stream.expect_stream_error("policy-violation")


@test("TRAPS 17", "RFC 6120 §6.4.4")
async def abort(world):
    account = await world.account()
    stream = await opened(world)
    stream.send_auth("SCRAM-SHA-256", Scram("SCRAM-SHA-256", account.local, account.password).first())
    await stream.challenge()
    stream.send(f"<abort xmlns='{SASL}'/>")
    await stream.expect_failure("aborted")
    await stream.authenticate(account.local, account.password)


@test(
    "TRAPS 17",
    "RFC 6120 §6.5.4",
    cases={
        "letters": "!!!!",
        "length": "AAAAA",
        "padding inside": "AA==AA==",
        "padding only": "====",
        "space": "AA AA",
    },
)
async def broken_base64(world, text):
    account = await world.account()
    stream = await opened(world)
    stream.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{text}</auth>")
    await stream.expect_failure("incorrect-encoding")
    stream.send_auth("SCRAM-SHA-256", Scram("SCRAM-SHA-256", account.local, account.password).first())
    await stream.challenge()
    stream.send(f"<response xmlns='{SASL}'>{text}</response>")
    await stream.expect_failure("incorrect-encoding")


@test("TRAPS 17", "RFC 6120 §6.4.2")
async def empty_element_is_no_initial_response(world):
    account = await world.account()
    stream = await opened(world)
    stream.send_auth("PLAIN")
    assert await stream.challenge() == b""
    stream.send_response(plain(account))
    await stream.expect(SUCCESS)


@test("TRAPS 17", "RFC 6120 §6.4.2")
async def scram_without_initial_response(world):
    account = await world.account()
    exchange = Scram("SCRAM-SHA-256", account.local, account.password)
    stream = await opened(world)
    stream.send_auth("SCRAM-SHA-256")
    assert await stream.challenge() == b""
    stream.send_response(exchange.first())
    stream.send_response(exchange.final(await stream.challenge()))
    success = await stream.expect(SUCCESS)
    exchange.verify(base64.b64decode(success.text))


@test("TRAPS 17", "RFC 6120 §6.4.2", cases={"PLAIN": "PLAIN", "SCRAM-SHA-256": "SCRAM-SHA-256"})
async def equals_sign_is_an_empty_initial_response(world, mechanism):
    stream = await opened(world)
    stream.send_auth(mechanism, b"")
    failure = await stream.expect(
        Element("failure", SASL)
    )  # a challenge would mean that it was taken for none
    assert failure.elements[0].name in ("malformed-request", "not-authorized"), failure


@test(
    "TRAPS 17",
    "RFC 6120 §6.5.9",
    cases={
        "PLAIN no NUL": ("PLAIN", b"alice"),
        "PLAIN one NUL": ("PLAIN", b"\0alice"),
        "PLAIN no name": ("PLAIN", b"\0\0x"),
        "PLAIN four parts": ("PLAIN", b"\0a\0b\0c"),
        "PLAIN not UTF-8": ("PLAIN", b"\0\xff\xfe\0x"),
        "SCRAM nothing": ("SCRAM-SHA-256", b"x"),
        "SCRAM no nonce": ("SCRAM-SHA-256", b"n,,n=alice"),
        "SCRAM no name": ("SCRAM-SHA-256", b"n,,n=,r=abcdefgh"),
        "SCRAM bad escape": ("SCRAM-SHA-256", b"n,,n=a=2,r=abcdefgh"),
        "SCRAM extension": ("SCRAM-SHA-256", b"n,,m=x,n=alice,r=abcdefgh"),
        "SCRAM bad flag": ("SCRAM-SHA-256", b"z,,n=alice,r=abcdefgh"),
        "SCRAM not UTF-8": ("SCRAM-SHA-256", b"n,,n=\xff,r=abcdefgh"),
        "SCRAM binding without PLUS": ("SCRAM-SHA-256", b"p=tls-exporter,,n=alice,r=abcdefgh"),
        "PLUS without binding": ("SCRAM-SHA-256-PLUS", b"n,,n=alice,r=abcdefgh"),
        "PLUS with unknown binding": ("SCRAM-SHA-256-PLUS", b"p=tls-nonsense,,n=alice,r=abcdefgh"),
    },
)
async def malformed_first_message(world, mechanism, data):
    stream = await opened(world)
    stream.send_auth(mechanism, data)
    failure = await stream.expect(Element("failure", SASL))
    assert failure.elements[0].name in ("malformed-request", "not-authorized"), failure
    account = await world.account()
    await stream.authenticate(account.local, account.password)  # the stream is still good


class TamperedScram(Scram):
    """Changes the final message on its way."""

    def __init__(self, account, change):
        super().__init__("SCRAM-SHA-256", account.local, account.password)
        self._change = change

    def final(self, server_first):
        return self._change(super().final(server_first))


@test(
    "SECURITY 14",
    "RFC 5802 §5",
    cases={
        "nonce": lambda m: m.replace(b"r=", b"r=x"),
        "binding": lambda m: m.replace(b"c=biws", b"c=eSws"),
        "proof": lambda m: m[:-4] + b"AAA=",
        "no proof": lambda m: m[: m.index(b",p=")],
        "empty": lambda m: b"",
        "cut": lambda m: m[:10],
        "extension": lambda m: b"m=1," + m,
    },
)
async def tampered_final_message(world, change):
    account = await world.account()
    stream = await opened(world)
    answer = await stream.scram(TamperedScram(account, change))
    assert answer.name == "failure", answer
    await stream.authenticate(account.local, account.password)


@test("SECURITY 14", "RFC 5802 §6")
async def downgrade_is_noticed(world):
    """The client says that it could bind and that the server did not offer it; but it did."""
    account = await world.account()
    stream = await opened(world)
    exchange = Scram("SCRAM-SHA-256", account.local, account.password, flag="y")
    stream.send_auth("SCRAM-SHA-256", exchange.first())
    answer = await stream.next()
    if answer.name == "challenge":
        stream.send_response(exchange.final(base64.b64decode(answer.text)))
        answer = await stream.next()
    assert answer.name == "failure", answer


@test("SECURITY 14", "RFC 5802 §6")
async def binding_of_another_connection(world):
    account = await world.account()
    other, stream = await opened(world), await opened(world)
    exchange = Scram("SCRAM-SHA-256-PLUS", account.local, account.password, other.wire.channel_binding())
    answer = await stream.scram(exchange)
    assert answer.name == "failure", answer


# Out of order


@test(
    "TRAPS 17",
    "RFC 6120 §6.4",
    cases={
        "response": "<response xmlns='%s'>AA==</response>",
        "abort": "<abort xmlns='%s'/>",
        "success": "<success xmlns='%s'/>",
        "challenge": "<challenge xmlns='%s'>AA==</challenge>",
        "unknown": "<wish xmlns='%s'/>",
    },
)
async def without_a_running_exchange(world, text):
    stream = await opened(world)
    stream.send(text % SASL)
    answer = await stream.next()
    assert answer.name in ("failure", "error"), answer


@test("TRAPS 17", "RFC 6120 §6.4")
async def a_second_auth_during_an_exchange_does_not_log_in(world):
    account, victim = await world.account(), await world.account("victim")
    stream = await opened(world)
    stream.send_auth("SCRAM-SHA-256", Scram("SCRAM-SHA-256", victim.local, victim.password).first())
    await stream.challenge()
    stream.send_auth("PLAIN", plain(account))
    answer = await stream.next()
    assert answer.name in ("failure", "error"), answer


@test("SECURITY 14")
async def a_response_of_another_mechanism_does_not_log_in(world):
    account = await world.account()
    stream = await opened(world)
    stream.send_auth("SCRAM-SHA-256", Scram("SCRAM-SHA-256", account.local, account.password).first())
    await stream.challenge()
    stream.send_response(plain(account))
    await stream.expect(Element("failure", SASL))


@test("SECURITY 13", "RFC 6120 §6.4.6")
async def a_second_login_on_the_stream(world):
    alice, mallory = await world.account("alice"), await world.account("mallory")
    stream = await opened(world)
    await stream.authenticate(alice.local, alice.password)
    assert not stream.mechanisms
    stream.send_auth("PLAIN", plain(mallory))
    answer = await stream.next()
    assert answer.name in ("failure", "error"), answer


# Whose login it is


@test("SECURITY 13", "TRAPS 17", cases={m: m for m in ("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256")})
async def authzid_of_someone_else(world, mechanism):
    alice, bob = await world.account("alice"), await world.account("bob")
    for authzid in (bob.bare, f"admin@{world.host}", world.host, f"{alice.local}@{SECOND}"):
        stream = await opened(world)
        if mechanism == "PLAIN":
            stream.send_auth("PLAIN", plain(alice, authzid=authzid))
            answer = await stream.next()
        else:
            exchange = Scram(mechanism, alice.local, alice.password, authzid=authzid)
            stream.send_auth(mechanism, exchange.first())
            answer = await stream.next()
            if answer.name == "challenge":
                stream.send_response(exchange.final(base64.b64decode(answer.text)))
                answer = await stream.next()
        assert answer.name == "failure" and answer.elements[0].name in (
            "invalid-authzid",
            "not-authorized",
        ), answer


@test("TRAPS 17", cases={m: m for m in ("PLAIN", "SCRAM-SHA-256")})
async def authzid_of_oneself_in_any_spelling(world, mechanism):
    account = await world.account()
    authzid = account.bare.upper()
    stream = await world.connect(account=account)
    await stream.open()
    if mechanism == "PLAIN":
        stream.send_auth("PLAIN", plain(account, authzid=authzid))
        await stream.expect(SUCCESS)
    else:
        answer = await stream.scram(Scram(mechanism, account.local, account.password, authzid=authzid))
        assert answer.name == "success", answer
    await stream.open()
    assert (await stream.bind()).startswith(account.bare + "/")


@test("TRAPS 17", "TRAPS 32", cases={m: m for m in ("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256")})
async def user_names_are_prepared(world, mechanism):
    account = await world.account("ann")
    shouted = Account(account.local.upper(), account.domain, account.password)
    client = await world.connect(account=account)
    await client.open()
    await client.authenticate(shouted.local, shouted.password, mechanism)
    assert (await client.bind()).startswith(account.bare + "/")


@test("SECURITY 31", cases={"SCRAM-SHA-1": "SCRAM-SHA-1", "SCRAM-SHA-256": "SCRAM-SHA-256"})
async def unknown_users_look_like_known_ones(world, mechanism):
    known, unknown, third = await world.account("known"), world.stranger("unknown"), world.stranger("third")
    seen = {}
    for account in (known, unknown, third, known, unknown):
        exchange = Scram(mechanism, account.local, "wrong")
        answer = await (await opened(world)).scram(exchange)
        assert answer.child("not-authorized"), answer
        salt = seen.setdefault(account, exchange.salt)
        assert salt == exchange.salt, "the salt of an account changes"
        assert exchange.iterations == 4096 and len(salt) == len(seen[known]), exchange.iterations
    assert len(set(seen.values())) == 3, "accounts share a salt"


@test("SECURITY 31")
async def unknown_users_look_like_known_ones_to_plain(world):
    answers = []
    for account in (await world.account("known"), world.stranger("unknown")):
        stream = await opened(world)
        stream.send_auth("PLAIN", plain(account, "wrong"))
        answers.append(str(await stream.next()))
    assert answers[0] == answers[1] and "not-authorized" in answers[0], answers


@test(
    "SECURITY 12", cases={"another host": SECOND, "open host": ANONYMOUS, "unknown host": "nowhere.example"}
)
async def the_host_cannot_change_at_the_restart(world, host):
    account = await world.account()
    stream = await opened(world)
    stream.send_auth("PLAIN", plain(account))
    await stream.expect(SUCCESS)
    stream.restart()
    stream.send_header(host)
    await stream.expect_header()
    error = await stream.next()
    assert error.name == "error", f"the stream went on as another host: {error}"
