"""Every row of RFC 6121 §8.5: what happens to a stanza by its address, its kind and the recipient's
sessions."""
from harness import check_error, test

# The recipient before the stanza comes:
#   available   one available resource of priority 0
#   negative    one available resource of priority -1
#   bound       one connected resource that never sent presence
#   offline     no session
#   missing     no such account
# The address: `bare`; `full`, the resource of that session; `absent`, a resource that is not there.
#
# The outcome:
#   deliver   reaches the session as it is
#   keep      stored and delivered at the next login
#   handle    answered by the server for the account: service-unavailable, as it does not know the payload
#   error     service-unavailable to the sender
#   ask       a request to subscribe, which goes between bare addresses: to every available resource, or
#             to the next one that becomes available
#   ignore    nothing happens
CHAT = {
    "chat": "keep",
    "normal": "keep",
    "untyped": "keep",
    "headline": "ignore",
    "groupchat": "error",
    "error": "ignore",
}
IQ_BARE = {"iq get": "handle", "iq set": "handle", "iq result": "ignore", "iq error": "ignore"}
IQ_NOWHERE = {"iq get": "error", "iq set": "error", "iq result": "ignore", "iq error": "ignore"}
NO_PRESENCE = {"available": "ignore", "unavailable": "ignore", "presence error": "ignore"}
# §8.5.2.1.2 and others hand these to §3 and §4.3; between strangers, only a request comes through.
SUBSCRIPTIONS = {
    "subscribe": "ask",
    "subscribed": "ignore",
    "unsubscribe": "ignore",
    "unsubscribed": "ignore",
    "probe": "ignore",
}
ALL = {
    kind: "deliver"
    for kind in (
        "chat",
        "normal",
        "untyped",
        "headline",
        "groupchat",
        "error",
        "available",
        "unavailable",
        "presence error",
        "iq get",
        "iq set",
        "iq result",
        "iq error",
    )
}
BARE_PRESENCE = {"available": "deliver", "unavailable": "deliver", "presence error": "deliver"}
ABSENT = (
    IQ_NOWHERE
    | NO_PRESENCE
    | {
        "chat": "keep",
        "normal": "error or ignore",
        "untyped": "error or ignore",
        "headline": "error or ignore",
        "groupchat": "error or ignore",
        "error": "ignore",
    }
)
TABLE = {
    # §8.5.2.1: bare address, available resources
    ("available", "bare"): CHAT
    | IQ_BARE
    | BARE_PRESENCE
    | {kind: "deliver" for kind in ("chat", "normal", "untyped", "headline")},
    # §8.5.2.1.1: "as if there were no available resources" when all priorities are negative; presence still
    # comes
    ("negative", "bare"): CHAT | IQ_BARE | BARE_PRESENCE,
    # §8.5.2.2: no available resource
    ("bound", "bare"): CHAT | IQ_BARE | NO_PRESENCE,
    ("offline", "bare"): CHAT | IQ_BARE | NO_PRESENCE,
    # §8.5.1: no account; a stranger must not see a difference to an account that is offline (§13.11)
    ("missing", "bare"): CHAT
    | IQ_BARE
    | NO_PRESENCE
    | {"chat": "ignore", "normal": "ignore", "untyped": "ignore"},
    # §8.5.3.1: a resource that is connected gets everything, whatever its presence
    ("available", "full"): ALL,
    ("negative", "full"): ALL,
    ("bound", "full"): ALL,
    # §8.5.3.2: no such resource; the choice between silence and an error is left for all but chat and error
    ("available", "absent"): ABSENT | {"chat": "deliver"},
    ("negative", "absent"): ABSENT,
    ("bound", "absent"): ABSENT,
    ("offline", "absent"): ABSENT,
    ("missing", "absent"): ABSENT | {"chat": "ignore"},
}
for _state_and_address, _row in TABLE.items():
    _missing = _state_and_address[0] == "missing"
    TABLE[_state_and_address] = _row | SUBSCRIPTIONS | ({"subscribe": "ignore"} if _missing else {})

ERROR = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
STANZAS = {
    "chat": "<message to='{to}' type='chat' id='s'><body>hello</body></message>",
    "normal": "<message to='{to}' type='normal' id='s'><body>hello</body></message>",
    "untyped": "<message to='{to}' id='s'><body>hello</body></message>",
    "headline": "<message to='{to}' type='headline' id='s'><body>hello</body></message>",
    "groupchat": "<message to='{to}' type='groupchat' id='s'><body>hello</body></message>",
    "error": "<message to='{to}' type='error' id='s'><body>hello</body>" + ERROR + "</message>",
    "available": "<presence to='{to}' id='s'><show>away</show></presence>",
    "unavailable": "<presence to='{to}' type='unavailable' id='s'/>",
    "presence error": "<presence to='{to}' type='error' id='s'>" + ERROR + "</presence>",
    "subscribe": "<presence to='{to}' type='subscribe' id='s'/>",
    "subscribed": "<presence to='{to}' type='subscribed' id='s'/>",
    "unsubscribe": "<presence to='{to}' type='unsubscribe' id='s'/>",
    "unsubscribed": "<presence to='{to}' type='unsubscribed' id='s'/>",
    "probe": "<presence to='{to}' type='probe' id='s'/>",
    "iq get": "<iq to='{to}' type='get' id='s'><query xmlns='urn:example:unknown'/></iq>",
    "iq set": "<iq to='{to}' type='set' id='s'><query xmlns='urn:example:unknown'/></iq>",
    "iq result": "<iq to='{to}' type='result' id='s'/>",
    "iq error": "<iq to='{to}' type='error' id='s'>" + ERROR + "</iq>",
}
ROWS = {
    f"{state} {address} {kind}": (state, address, kind, outcome)
    for (state, address), row in TABLE.items()
    for kind, outcome in row.items()
}


@test(
    "RFC 6121 §8.5",
    "TRAPS 4",
    "TRAPS 5",
    "TRAPS 6",
    "TRAPS 7",
    "TRAPS 8",
    "TRAPS 9",
    "RFC 6120 §10.3",
    cases=ROWS,
)
async def row(world, state, address, kind, outcome):
    alice = await world.client("alice")
    account = world.stranger("bob") if state == "missing" else await world.account("bob")
    bob = None
    if state in ("available", "negative", "bound"):
        bob = await world.login(account, "here")
        if state != "bound":
            await bob.online(-1 if state == "negative" else 0)
    to = {"bare": account.bare, "full": f"{account.bare}/here", "absent": f"{account.bare}/elsewhere"}[
        address
    ]

    alice.send(STANZAS[kind].format(to=to))
    element = STANZAS[kind][1:].partition(" ")[0]
    if outcome == "deliver":
        got = await bob.expect(f"<{element} from='{alice.full}' to='{to}' id='s'/>")
        wanted = {"untyped": None, "available": None}.get(kind, kind.split()[-1])
        assert got["type"] == wanted, got
    elif outcome in ("error", "handle"):
        answer = await alice.expect(f"<{element} type='error' id='s' from='{to}' to='{alice.full}'/>")
        check_error(answer, "service-unavailable", "cancel")
    elif outcome == "ask" and state in ("available", "negative"):
        await bob.expect(f"<presence from='{alice.bare}' to='{account.bare}' type='subscribe' id='s'/>")
    elif outcome == "error or ignore":
        await expect_error_or_nothing(alice, element, account.bare)
    await alice.expect_nothing(of=account.bare)
    if bob:
        await bob.expect_nothing(after=alice)
    if state != "missing":
        await check_next_login(world, account, alice, outcome)


async def expect_error_or_nothing(alice, element, bare):
    id = alice.send_iq("get", "<nothing xmlns='urn:example:unknown'/>", bare)
    got = await alice.next()
    if got["id"] != id:
        assert got.name == element and got["id"] == "s", got
        check_error(got, "service-unavailable", "cancel")
        await alice.expect(f"<iq id='{id}'/>")


async def check_next_login(world, account, alice, outcome):
    """The next available resource gets what was kept, once, and nothing else. A request waits for its
    answer."""
    bob = await world.login(account, "next")
    bob.send("<presence/>")
    if outcome == "ask":
        await bob.wait_for(f"<presence from='{alice.bare}' to='{account.bare}' type='subscribe'/>")
    if outcome == "keep":
        got = await bob.wait_for(
            "<message id='s'><body>hello</body><delay xmlns='urn:xmpp:delay' stamp='*'/></message>"
        )
        assert got["from"] == alice.full, got
    await bob.wait_for(f"<presence from='{bob.full}'/>")
    while (got := await next_before(bob, alice)) is not None:
        assert got.name == "presence" and got["from"].startswith(account.bare), f"not expected: {got}"


async def next_before(bob, alice):
    """The next element before a fence of alice's, or None when the fence is next."""
    if not getattr(bob, "fence_id", None):
        bob.fence_id = alice.message(bob.full, "fence")
    got = await bob.next()
    return None if got["id"] == bob.fence_id else got
