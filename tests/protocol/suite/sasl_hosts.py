"""Logins that a host must be configured for, and the limits on guessing (SECURITY 31, 32)."""
from harness import SASL, Account, Client, Element, EndOfStream, pki, test
from harness.server import ANONYMOUS, SECOND

SUCCESS = Element("success", SASL)


# ANONYMOUS


async def anonymous(world, trace=b""):
    client = await world.connect(account=Account("", ANONYMOUS))
    await client.open()
    client.send_auth("ANONYMOUS", trace)
    await client.expect(SUCCESS)
    await client.open()
    await client.bind()
    return client


@test("SEED sessions", "RFC 4505", threads=True)
async def anonymous_logins_get_names_of_their_own(world):
    first, second = await anonymous(world), await anonymous(world, b"someone")
    names = {client.full.partition("@")[0] for client in (first, second)}
    assert len(names) == 2 and all(len(name) >= 16 for name in names), names
    assert all(client.full.partition("@")[2].startswith(ANONYMOUS + "/") for client in (first, second))
    first.message(second.full, "hello")
    await second.expect(f"<message from='{first.full}'><body>hello</body></message>")


@test("SECURITY 14")
async def an_anonymous_host_says_so_and_others_do_not(world):
    stream = await world.connect(domain=ANONYMOUS)
    await stream.open()
    assert "ANONYMOUS" in stream.mechanisms, stream.features
    stream = await world.connect()
    await stream.open()
    assert "ANONYMOUS" not in stream.mechanisms, stream.features


@test("SECURITY 12", "SECURITY 14")
async def anonymous_does_not_open_other_hosts(world):
    stream = await world.connect(domain=ANONYMOUS)
    await stream.open()
    stream.send_auth("ANONYMOUS", b"")
    await stream.expect(SUCCESS)
    stream.restart()
    stream.send_header(world.host)
    await stream.expect_header()
    error = await stream.next()
    assert error.name == "error", error


# EXTERNAL


async def with_certificate(world, account, certificate, security="direct"):
    stream = await world.connect(security, account=account, certificate=certificate)
    await stream.open()
    return stream


@test(
    "SECURITY 13",
    "SECURITY 18",
    "XEP-0178 §2",
    cases={
        f"{security} {name}": (security, name)
        for security in ("direct", "starttls")
        for name in ("empty", "own address", "no initial response")
    },
)
async def external(world, security, form):
    account = await world.account()
    certificate = world.server.authority.client(account.bare, account.local)
    stream = await with_certificate(world, account, certificate, security)
    assert "EXTERNAL" in stream.mechanisms, stream.features
    if form == "no initial response":
        stream.send_auth("EXTERNAL")
        assert await stream.challenge() == b""
        stream.send_response(b"")
    else:
        stream.send_auth("EXTERNAL", b"" if form == "empty" else account.bare.encode())
    await stream.expect(SUCCESS)
    await stream.open()
    assert (await stream.bind("cert")) == f"{account.bare}/cert"


@test(
    "SECURITY 13",
    "SECURITY 18",
    cases={"another account": "bob", "another host": "host", "no account": "missing"},
)
async def external_with_a_certificate_of(world, whose):
    alice, bob = await world.account("alice"), await world.account("bob")
    certified, wanted = {
        "bob": (alice.bare, bob.bare),
        "host": (f"{alice.local}@{SECOND}", ""),
        "missing": (f"{world.fresh('missing')}@{world.host}", ""),
    }[whose]
    certificate = world.server.authority.client(certified, f"{alice.local}-{whose}")
    stream = await with_certificate(world, alice, certificate)
    stream.send_auth("EXTERNAL", wanted.encode())
    failure = await stream.expect(Element("failure", SASL))
    assert failure.elements[0].name in ("invalid-authzid", "not-authorized", "invalid-mechanism"), failure


@test("SECURITY 18")
async def external_with_a_name_only_in_the_subject(world):
    """CVE-2025-59154: the common name is text that anybody may have asked for."""
    alice = await world.account("alice")
    certificate = world.server.authority.client(f"x,CN={alice.bare}", f"{alice.local}-cn")
    stream = await with_certificate(world, alice, certificate)
    stream.send_auth("EXTERNAL", alice.bare.encode())
    await stream.expect(Element("failure", SASL))


@test("SECURITY 18")
async def external_with_a_certificate_of_an_unknown_authority(world):
    alice = await world.account("alice")
    stranger = pki.Authority(world.server.dir / "tls" / world.fresh("other"), "stranger")
    certificate = stranger.client(alice.bare, alice.local)
    try:
        stream = await with_certificate(world, alice, certificate)
    except Exception as refused:  # the handshake may already fail: an alert, or a plain close
        assert "SSL" in type(refused).__module__ or isinstance(
            refused, (ConnectionError, AssertionError)
        ), refused
        return
    assert "EXTERNAL" not in stream.mechanisms, stream.features
    stream.send_auth("EXTERNAL", b"")
    await stream.expect_failure("invalid-mechanism")


@test("SECURITY 15")
async def external_without_a_certificate(world):
    stream = await world.connect()
    await stream.open()
    assert "EXTERNAL" not in stream.mechanisms, stream.features
    stream.send_auth("EXTERNAL", b"")
    await stream.expect_failure("invalid-mechanism")


# Guessing


async def wrong_login(world, server, account, source=None):
    """One wrong password on a stream of its own; the condition of the failure."""
    stream = await world.connect(server=server, source=source)
    await stream.open()
    stream.send_auth("PLAIN", f"\0{account.local}\0wrong".encode())
    answer = await stream.next()
    stream.wire.close()
    return answer.elements[0].name


async def guess_until_refused(world, server, victims, sources):
    """Guesses on and on, the next victim from the next source each time, until no guess is taken any more;
    how many were. (An old failure may be forgiven meanwhile, when everything is slow.)"""
    for number in range(50):
        victim, source = victims[number % len(victims)], sources[number % len(sources)]
        try:
            if await wrong_login(world, server, victim, source) != "not-authorized":
                return number
        except (ConnectionError, EndOfStream):
            return number
    raise AssertionError("fifty guesses were taken")


@test("SECURITY 32", threads=True)
async def guesses_are_limited_per_account(world):
    async with world.own_server({"limits": {"auth_failures_per_account": 4}}) as server:
        alice, bob = await world.account("alice", server=server), await world.account("bob", server=server)
        sources = [f"127.0.9.{n}" for n in range(1, 60)]
        assert await guess_until_refused(world, server, [alice], sources) >= 4
        stream = await world.connect(server=server, source="127.0.9.99")
        await stream.open()
        stream.send_auth("PLAIN", f"\0{alice.local}\0{alice.password}".encode())
        await stream.expect_failure("temporary-auth-failure")
        await world.login(bob, server=server)  # trust lifts no limit per account; others do not feel it


@test("SECURITY 31", "SECURITY 32")
async def unknown_accounts_are_locked_like_known_ones(world):
    async with world.own_server({"limits": {"auth_failures_per_account": 3}}) as server:
        answers = {}
        for account in (await world.account("known", server=server), world.stranger("unknown")):
            answers[account] = []
            for _ in range(5):
                stream = await world.connect(server=server)
                await stream.open()
                stream.send_auth("PLAIN", f"\0{account.local}\0wrong".encode())
                answers[account].append(str(await stream.next()))
        known, unknown = answers.values()
        assert known == unknown, answers


@test("SECURITY 32")
async def guesses_are_limited_per_address(world):
    async with world.own_server({"limits": {"auth_failures_per_address": 4, "trusted": []}}) as server:
        victims = [await world.account(f"v{n}", server=server) for n in range(5)]
        assert await guess_until_refused(world, server, victims, ["127.0.9.1"]) >= 4
        await expect_no_login(world, server, victims[0], "127.0.9.1")
        await world.login(victims[0], server=server, source="127.0.9.2")


async def expect_no_login(world, server, account, source):
    """Even the right password does not help: a SASL failure, a stream error or no connection at all."""
    try:
        client = await world.connect(server=server, source=source, account=account)
        assert isinstance(client, Client)
        await client.open()
        client.send_auth("PLAIN", f"\0{account.local}\0{account.password}".encode())
        answer = await client.next()
    except (ConnectionError, AssertionError):
        return
    assert answer.name in ("failure", "error"), answer


@test("SECURITY 32", "DESIGN 4")
async def a_disabled_account_does_not_log_in(world):
    account = await world.account()
    session = await world.login(account)
    code, _ = await world.server.ctl("user", "disable", account.bare)
    assert code == 0, world.server.ctl_error
    await session.expect_stream_error("not-authorized")
    stream = await world.connect(account=account)
    await stream.open()
    stream.send_auth("PLAIN", f"\0{account.local}\0{account.password}".encode())
    failure = await stream.expect(Element("failure", SASL))
    assert failure.elements[0].name in ("account-disabled", "not-authorized"), failure
