"""Stream headers, restarts, features and the closing handshake (RFC 6120 §4)."""
from harness import CLIENT, STREAMS, STREAM_ERRORS, TLS, Element, test


async def expect_one_of(stream, *conditions):
    """A stream error with one of the conditions, after a response header, and the end of the connection."""
    if stream.header is None:
        await stream.expect_header()
    error = await stream.next()
    got = [c.name for c in error.elements if c.ns == STREAM_ERRORS]
    assert error.name == "error" and set(got) & set(conditions), f"expected one of {conditions}, got {error}"
    await stream.expect_close()


@test("TRAPS 15", "RFC 6120 §4.7", cases={"direct": "direct", "plain": "plain"})
async def response_header(world, security):
    stream = await world.connect(security)
    stream.send_header()
    header = await stream.expect_header(absent=["to"])
    assert header["from"] == world.host and header["version"] == "1.0" and header["xml:lang"], header
    assert len(header["id"]) >= 16, f"a guessable stream id: {header}"
    await stream.expect(Element("features", STREAMS))


@test("TRAPS 15", "RFC 6120 §4.7.2")
async def response_header_has_to_if_the_client_said_from(world):
    stream = await world.connect()
    stream.send_header(**{"from": f"juliet@{world.host}"})
    header = await stream.expect_header()
    assert header["to"] == f"juliet@{world.host}", header


@test("TRAPS 15", "RFC 6120 §4.3.3")
async def a_restart_gives_a_new_id_and_no_end_tag(world):
    stream = await world.connect("plain")
    await stream.open()
    first = stream.header["id"]
    await stream.start_tls()
    await stream.open()  # a </stream:stream> of the old stream would be the next event
    assert stream.header["id"] != first


@test("TRAPS 15", "RFC 6120 §4.9.3.6", cases={"plain": "plain", "direct": "direct"})
async def unknown_host(world, security):
    stream = await world.connect(security)
    stream.send_header("nowhere.example")
    header = await stream.expect_header()
    assert header["id"] and header["from"] != "nowhere.example", header
    await stream.expect_stream_error("host-unknown")


@test("RFC 6120 §4.7.2")
async def missing_to(world):
    stream = await world.connect()
    stream.send(f"<stream:stream version='1.0' xmlns='{CLIENT}' xmlns:stream='{STREAMS}'>")
    await expect_one_of(stream, "host-unknown", "improper-addressing")


@test("RFC 6120 §4.7.2")
async def malformed_to(world):
    stream = await world.connect()
    stream.send_header("@/")
    await expect_one_of(stream, "host-unknown", "improper-addressing")


@test(
    "RFC 6120 §4.9.3.10",
    cases={
        "stream": {"xmlns_stream": "http://example.org/streams"},
        "content": {"xmlns": "jabber:nonsense"},
        "server content": {"xmlns": "jabber:server"},
        "no content": {"xmlns": None},
    },
)
async def wrong_namespaces(world, attributes):
    stream = await world.connect()
    stream.send_header(**attributes)
    await stream.expect_stream_error("invalid-namespace")


@test("RFC 6120 §4.9.3.1")
async def root_that_is_no_stream(world):
    stream = await world.connect()
    stream.send(f"<stream:river to='{world.host}' version='1.0' xmlns='{CLIENT}' xmlns:stream='{STREAMS}'>")
    await expect_one_of(stream, "bad-format", "invalid-xml", "invalid-namespace")


@test("RFC 6120 §4.8.5")
async def another_prefix_for_the_stream_namespace(world):
    stream = await world.connect()
    stream.send(f"<flow:stream to='{world.host}' version='1.0' xmlns='{CLIENT}' xmlns:flow='{STREAMS}'>")
    await stream.expect_header()
    answer = await stream.next()  # both are allowed: to take it, or to insist on the usual prefix
    assert answer.name == "features" or answer.child("bad-namespace-prefix", STREAM_ERRORS), answer


@test("SEED versionless streams", "RFC 6120 §4.7.5")
async def stream_of_the_older_protocol(world):
    stream = await world.connect()
    stream.send_header(version=None)
    await stream.expect_header()
    await stream.expect_stream_error("unsupported-version")


@test("RFC 6120 §4.7.5", cases={version: version for version in ("1.0", "1.1", "2.5", "1.23")})
async def newer_versions_are_answered_with_ours(world, version):
    stream = await world.connect()
    await stream.open(version=version)
    assert stream.header["version"] == "1.0"


@test("RFC 6120 §4.9.3.25", cases={version: version for version in ("0.9", "x")})
async def older_and_senseless_versions(world, version):
    stream = await world.connect()
    stream.send_header(version=version)
    await expect_one_of(stream, "unsupported-version", "bad-format")


@test(
    "RFC 6120 §11.4",
    cases={
        "none": "",
        "plain": "<?xml version='1.0'?>",
        "encoding": '<?xml version="1.0" encoding="UTF-8"?>\n',
        "lower case": "<?xml version='1.0' encoding='utf-8' ?>  \r\n",
        "standalone": "<?xml version='1.0' standalone='yes'?>",
    },
)
async def xml_declaration(world, declaration):
    stream = await world.connect()
    stream.send(
        f"{declaration}<stream:stream to='{world.host}' version='1.0' xmlns='{CLIENT}' "
        f"xmlns:stream='{STREAMS}'>"
    )
    await stream.expect_header()
    await stream.expect(Element("features", STREAMS))


@test(
    "TRAPS 34",
    "RFC 6120 §11.6",
    cases={
        "latin-1": ("<?xml version='1.0' encoding='ISO-8859-1'?>", ("unsupported-encoding",)),
        "utf-16": ("<?xml version='1.0' encoding='UTF-16'?>", ("unsupported-encoding",)),
        "twice": ("<?xml version='1.0'?><?xml version='1.0'?>", ("not-well-formed", "restricted-xml")),
        "misspelt": ("<?xml vresion='1.0'?>", ("not-well-formed", "bad-format")),
    },
)
async def bad_xml_declaration(world, declaration, conditions):
    stream = await world.connect()
    stream.send(
        f"{declaration}<stream:stream to='{world.host}' version='1.0' xmlns='{CLIENT}' "
        f"xmlns:stream='{STREAMS}'>"
    )
    await expect_one_of(stream, *conditions)


@test("TRAPS 34", "RFC 6120 §11.6")
async def utf_16_bytes(world):
    stream = await world.connect()
    stream.send(f"<stream:stream to='{world.host}' version='1.0'>".encode("utf-16"))
    await expect_one_of(stream, "unsupported-encoding", "bad-format", "not-well-formed")


@test("RFC 6120 §4.3.2")
async def features_come_with_every_stream(world):
    account = await world.account()
    stream = await world.connect("plain")
    await stream.open()
    assert [f.name for f in stream.features.elements] == ["starttls"], stream.features
    await stream.start_tls()
    assert (await stream.open()).child("mechanisms")
    await stream.authenticate(account.local, account.password)
    assert stream.features.child("bind") and not stream.features.child("mechanisms"), stream.features


@test("RFC 6120 §4.4", cases={"direct": "direct", "plain": "plain"})
async def closing_handshake_before_login(world, security):
    stream = await world.connect(security)
    await stream.open()
    stream.send("</stream:stream>")
    await stream.expect_close()


@test("RFC 6120 §4.4", threads=True)
async def closing_handshake_after_login(world):
    alice, bob = await world.client("alice"), await world.client("bob", online=0)
    alice.message(bob.bare, "before the end")
    alice.send("</stream:stream>")
    await alice.expect_close()
    await bob.expect("<message><body>before the end</body></message>")


@test("RFC 6120 §4.4")
async def nothing_is_read_after_the_end_tag(world):
    alice, bob = await world.client("alice"), await world.client("bob", online=0)
    alice.send(
        f"<message to='{bob.bare}'><body>1</body></message></stream:stream>"
        f"<message to='{bob.bare}'><body>2</body></message>"
    )
    await alice.expect_close()
    await bob.expect("<message><body>1</body></message>")
    carol = await world.client("carol")
    await bob.expect_nothing(after=carol)


@test("RFC 6120 §4.9")
async def stream_error_of_the_client_ends_the_stream(world):
    alice = await world.client()
    alice.send(f"<stream:error><not-well-formed xmlns='{STREAM_ERRORS}'/></stream:error></stream:stream>")
    await alice.expect_close()


@test("RFC 6120 §4.9.1")
async def a_stream_error_has_only_defined_children(world):
    alice = await world.client()
    alice.send("<unclosed></wrong>")
    error = await alice.expect_stream_error("not-well-formed")
    assert error.elements[0].ns == STREAM_ERRORS and error.elements[0].name == "not-well-formed", error
    assert all(child.name == "text" for child in error.elements[1:] if child.ns == STREAM_ERRORS), error


@test("RFC 6120 §4.6.1")
async def whitespace_keepalive(world):
    stream = await world.connect("plain")
    await stream.open()
    stream.send(" \r\n\t ")
    stream.send(f"<starttls xmlns='{TLS}'/>")
    await stream.expect(Element("proceed", TLS))
    alice = await world.client()
    alice.send(" \n\n " * 100)
    await alice.expect_nothing()


@test("TRAPS 15", "RFC 6120 §8.1.5")
async def stream_language_is_stamped(world):
    account, bob = await world.account(), await world.client("bob", online=0)
    alice = await world.connect(account=account)
    await alice.open()
    await alice.authenticate(account.local, account.password, header={"xml_lang": "cs"})
    await alice.bind()
    alice.message(bob.full, "ahoj")
    await bob.expect("<message xml:lang='cs'><body>ahoj</body></message>")
    alice.send(f"<message to='{bob.full}' xml:lang='de'><body>hallo</body></message>")
    await bob.expect("<message xml:lang='de'><body>hallo</body></message>")


@test("RFC 6120 §4.8.3", "RULES 7")
async def prefixes_of_the_stream_root_follow_the_stanza(world):
    account, bob = await world.account(), await world.client("bob", online=0)
    alice = await world.connect(account=account)
    await alice.open()
    await alice.authenticate(account.local, account.password, header={"xmlns_x": "urn:example:x"})
    await alice.bind()
    alice.send(
        f"<message to='{bob.full}'><x:thing x:colour='red'><x:part/></x:thing><body>b</body></message>"
    )
    got = await bob.expect("<message><thing xmlns='urn:example:x'><part/></thing><body>b</body></message>")
    assert got.child("thing")["{urn:example:x}colour"] == "red", got


@test("RFC 6120 §4.8.3", "RULES 7")
async def a_prefixed_stanza_name_is_the_same_stanza(world):
    alice, bob = await world.client("alice"), await world.client("bob", online=0)
    alice.send(f"<c:message xmlns:c='jabber:client' to='{bob.full}'><c:body>prefixed</c:body></c:message>")
    await bob.expect("<message><body>prefixed</body></message>")
