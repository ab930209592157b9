"""What the framer must refuse, before and after login, on every path (RFC 6120 §4.9.3, §11; SECURITY 1, 2,
19)."""
from harness import STREAM_ERRORS, STREAMS, Element, test

# name: (bytes, conditions of which one must be the answer)
MALFORMED = {
    "mismatched tags": (b"<message><body></message></body>", ["not-well-formed"]),
    "unquoted attribute": (b"<message a=1/>", ["not-well-formed"]),
    "no space between attributes": (b"<message a='1'b='2'/>", ["not-well-formed"]),
    "duplicate attribute": (b"<message a='1' a='2'/>", ["not-well-formed"]),
    "duplicate attribute by namespace": (
        b"<message xmlns:a='urn:x' xmlns:b='urn:x' a:c='1' b:c='2'/>",
        ["not-well-formed"],
    ),
    "attribute without value": (b"<message a/>", ["not-well-formed"]),
    "less-than in attribute": (b"<message a='<'/>", ["not-well-formed"]),
    "bare ampersand": (b"<message><body>a & b</body></message>", ["not-well-formed"]),
    "unfinished reference": (b"<message><body>&amp </body></message>", ["not-well-formed"]),
    "name starting with a digit": (b"<1message/>", ["not-well-formed"]),
    "space after less-than": (b"< message/>", ["not-well-formed"]),
    "two colons": (b"<a:b:c xmlns:a='urn:x'/>", ["not-well-formed"]),
    "section end in text": (b"<message><body>]]></body></message>", ["not-well-formed"]),
    "reference to no character": (b"<message><body>&#0;</body></message>", ["not-well-formed"]),
    "reference to a control": (b"<message><body>&#8;</body></message>", ["not-well-formed"]),
    "reference to a surrogate": (b"<message><body>&#xD800;</body></message>", ["not-well-formed"]),
    "reference beyond Unicode": (b"<message><body>&#x110000;</body></message>", ["not-well-formed"]),
    "unbound prefix": (b"<message><x:y/></message>", ["not-well-formed", "bad-namespace-prefix"]),
    "unbound attribute prefix": (b"<message x:y='1'/>", ["not-well-formed", "bad-namespace-prefix"]),
    "prefix bound to nothing": (b"<message xmlns:x=''/>", ["not-well-formed", "bad-namespace-prefix"]),
    "xmlns prefix bound": (b"<message xmlns:xmlns='urn:x'/>", ["not-well-formed", "bad-namespace-prefix"]),
    "xml prefix bound elsewhere": (
        b"<message xmlns:xml='urn:x'/>",
        ["not-well-formed", "bad-namespace-prefix"],
    ),
    "end tag of nothing": (b"</message>", ["not-well-formed"]),
    "text between stanzas": (b"text<message/>", ["not-well-formed", "bad-format", "invalid-xml"]),
    "NUL": (b"<message>\0</message>", ["not-well-formed", "bad-format"]),
    "control character": (b"<message>\x01</message>", ["not-well-formed", "bad-format"]),
    "U+FFFE": ("<message>\ufffe</message>".encode(), ["not-well-formed", "bad-format"]),
}
RESTRICTED = {
    "comment": (b"<!-- hello --><message/>", ["restricted-xml"]),
    "comment in a stanza": (b"<message><!-- hello --></message>", ["restricted-xml"]),
    "processing instruction": (b"<?php exit ?>", ["restricted-xml"]),
    "processing instruction in a stanza": (b"<message><?php exit ?></message>", ["restricted-xml"]),
    "late XML declaration": (b"<message/><?xml version='1.0'?>", ["restricted-xml", "not-well-formed"]),
    "doctype": (b"<!DOCTYPE message><message/>", ["restricted-xml", "not-well-formed"]),
    "doctype in a stanza": (b"<message><!DOCTYPE x></message>", ["restricted-xml", "not-well-formed"]),
    "undefined entity": (b"<message><body>&nbsp;</body></message>", ["restricted-xml", "not-well-formed"]),
}
UTF8 = {
    name: (
        b"<message><body>" + data + b"</body></message>",
        ["bad-format", "unsupported-encoding", "not-well-formed"],
    )
    for name, data in {
        "overlong slash": b"\xc0\xaf",
        "overlong NUL": b"\xc0\x80",
        "lone continuation": b"\x80",
        "0xff": b"\xff",
        "cut sequence": b"\xe2\x82",
        "surrogate": b"\xed\xa0\x80",
        "beyond U+10FFFF": b"\xf4\x90\x80\x80",
        "latin-1": "é".encode("latin-1"),
    }.items()
}
BAD = MALFORMED | RESTRICTED | {f"utf-8 {name}": row for name, row in UTF8.items()}

BILLION_LAUGHS = (
    b"<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'>"
    + b"".join(
        b"<!ENTITY lol%d '%s'>" % (n, b"&lol%s;" % (b"%d" % (n - 1) if n > 1 else b"") * 10)
        for n in range(1, 10)
    )
    + b"]>"
)


async def expect_refusal(stream, conditions):
    error = await stream.next()
    got = [c.name for c in error.elements if c.ns == STREAM_ERRORS]
    assert error.name == "error" and set(got) & set(conditions), f"expected {conditions}, got {error}"
    await stream.expect_close()


@test("TRAPS 34", "SECURITY 19", "RFC 6120 §11", cases=BAD)
async def after_login(world, data, conditions):
    alice = await world.client()
    alice.send(data)
    await expect_refusal(alice, conditions)


@test(
    "TRAPS 34",
    "SECURITY 1",
    "SECURITY 2",
    cases={
        f"{security} {name}": (security, *BAD[name])
        for security in ("plain", "direct", "starttls")
        for name in (
            "mismatched tags",
            "comment",
            "processing instruction",
            "doctype",
            "utf-8 overlong slash",
            "control character",
            "unbound prefix",
            "undefined entity",
        )
    },
)
async def before_login(world, security, data, conditions):
    stream = await world.connect(security)
    await stream.open()
    stream.send(data)
    await expect_refusal(stream, conditions)


@test("SECURITY 1", "SECURITY 2", cases={security: security for security in ("plain", "direct", "starttls")})
async def billion_laughs(world, security):
    stream = await world.connect(security)
    before = world.server.memory()
    stream.send(BILLION_LAUGHS + b"<stream:stream to='&lol9;'>")
    await stream.expect_header()
    await expect_refusal(stream, ["restricted-xml", "not-well-formed"])
    assert world.server.memory() - before < 64 << 20


@test("SECURITY 1", "SECURITY 19")
async def external_entity(world):
    stream = await world.connect()
    stream.send(b"<!DOCTYPE stream [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><stream:stream to='&x;'>")
    await stream.expect_header()
    await expect_refusal(stream, ["restricted-xml", "not-well-formed"])


@test(
    "SECURITY 19",
    cases={
        "as a child": f"<message to='%s'><stream:stream xmlns:stream='{STREAMS}'/></message>",
        "closing tag in a child": "<message to='%s'><body></stream:stream></body></message>",
        "nested header": f"<message to='%s'><stream:stream to='x' version='1.0' xmlns:stream='{STREAMS}'>"
        "<message/></stream:stream></message>",
    },
)
async def stream_inside_a_stanza(world, text):
    alice, bob = await world.client("alice"), await world.client("bob", online=0)
    alice.send(text % bob.full)
    await expect_refusal(
        alice,
        [
            "bad-format",
            "invalid-xml",
            "not-well-formed",
            "invalid-namespace",
            "unsupported-stanza-type",
            "policy-violation",
        ],
    )
    carol = await world.client("carol")
    await bob.expect_nothing(after=carol)


@test("SECURITY 19")
async def second_stream_header_after_bind(world):
    alice = await world.client()
    alice.send_header()
    await expect_refusal(
        alice,
        [
            "bad-format",
            "invalid-xml",
            "not-well-formed",
            "invalid-namespace",
            "unsupported-stanza-type",
            "policy-violation",
            "restricted-xml",
        ],
    )


@test("TRAPS 34", "RFC 6120 §4.9.3.10")
async def top_level_element_of_an_unknown_namespace(world):
    alice = await world.client()
    alice.send("<token xmlns='urn:example:unknown'/>")
    await alice.expect_stream_error("invalid-namespace")


@test(
    "TRAPS 34",
    "RFC 6120 §4.9.3.24",
    cases={
        "client": "<token/>",
        "streams": f"<stream:token xmlns:stream='{STREAMS}'/>",
        "case matters": "<Message/>",
        "features": f"<stream:features xmlns:stream='{STREAMS}'/>",
    },
)
async def unknown_top_level_element_of_a_known_namespace(world, text):
    alice = await world.client()
    alice.send(text)
    await alice.expect_stream_error("unsupported-stanza-type")


@test(
    "TRAPS 34", "RFC 6120 §4.8.3", cases={"server": "jabber:server", "component": "jabber:component:accept"}
)
async def stanza_of_another_content_namespace(world, namespace):
    alice = await world.client()
    alice.send(f"<message xmlns='{namespace}' to='{alice.full}'/>")
    await alice.expect_stream_error("invalid-namespace")


@test(
    "SECURITY 19",
    "RFC 6120 §11.1",
    cases={
        "character data section": ("<![CDATA[<b>&amp;</b>]]>", "<b>&amp;</b>"),
        "section with brackets": ("a<![CDATA[]]]]><![CDATA[>]]>b", "a]]>b"),
        "five entities": ("&lt;&gt;&amp;&apos;&quot;", "<>&'\""),
        "references": ("&#65;&#x42;&#x1F600;", "AB\U0001F600"),
        "reference to white space": ("&#13;&#10;&#9;", "\r\n\t"),
        "line ends": ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        "only white space": ("   ", "   "),
        "astral": ("\U0001F415\u0416\u4e2d", "\U0001F415\u0416\u4e2d"),
        "right to left": ("\u05d0\u202eabc", "\u05d0\u202eabc"),
    },
)
async def content_arrives_as_it_was_meant(world, text, meaning):
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.message(bob.full, text)
    got = await bob.expect("<message/>")
    assert got.child("body").text == meaning, got


@test("RFC 6120 §8.4")
async def content_keeps_structure_and_namespaces(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    payload = (
        "<x xmlns='urn:example:a' xmlns:b='urn:example:b' b:c='&lt;&quot;&#10;'>mixed<b:y/> content "
        "<z xmlns='urn:example:z' xml:lang='fr'><b:w>  </b:w></z><none xmlns=''/></x>"
    )
    alice.message(bob.full, payload=payload)
    sent = Element.parse(payload)
    got = (await bob.expect("<message/>")).child("x", "urn:example:a")
    assert str(got) == str(sent), f"{got} is not {sent}"


@test("RFC 6120 §4.6.2", "SECURITY 19", threads=True)
async def a_stanza_cut_at_every_byte(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    stanza = (
        f"<message to='{bob.full}' id='cut' xmlns:p='urn:example:p'><body>a&amp;b&#x416; Ж\U0001F600</body>"
        f"<![CDATA[]]><p:x p:y='1'/></message>"
    ).encode()
    for cut in range(1, len(stanza)):
        alice.send(stanza[:cut])
        await alice.wire.drain()
        alice.send(stanza[cut:])
        await bob.expect(
            "<message id='cut'><body>a&amp;bЖ Ж\U0001F600</body>" "<x xmlns='urn:example:p'/></message>"
        )


@test("RFC 6120 §4.6.2")
async def a_login_byte_by_byte(world):
    account = await world.account()
    client = await world.connect("plain", account=account)

    send = client.wire.write
    client.wire.write = lambda data: [send(data[i : i + 1]) for i in range(len(data))]
    await client.open()
    await client.start_tls()
    await client.open()
    await client.authenticate(account.local, account.password)
    await client.bind("bytewise")
    await client.online()


@test("RFC 6120 §4.6.2")
async def many_stanzas_in_one_write(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.send("".join(f"<message to='{bob.full}' id='n{n}'/> \n" for n in range(500)))
    for n in range(500):
        await bob.expect(f"<message id='n{n}'/>")


@test("SECURITY 19", "SECURITY 38", threads=True)
async def bad_input_disturbs_nobody_else(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    for number, (data, conditions) in enumerate(list(BAD.values())[::3]):
        carol = await world.another(alice)
        carol.send(data)
        alice.message(bob.full, f"{number}")
        await bob.expect(f"<message><body>{number}</body></message>")
        await expect_refusal(carol, conditions)
