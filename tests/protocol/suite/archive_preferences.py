"""Whose messages an archive takes in (XEP-0441)."""
from harness import test
from harness.archive import MAM, ask, stanza_ids

LISTS = "<always/><never/>"


async def prefer(client, default, lists=LISTS):
    """Sets the preferences, which are answered as they apply."""
    answer = await client.iq("set", f"<prefs xmlns='{MAM}' default='{default}'>{lists}</prefs>")
    return answer.child("prefs", MAM)


@test("XEP-0441 §2", threads=True)
async def preferences(world):
    alice, bob = await world.friends("alice", "bob")
    carol = await world.client("carol", online=0)
    answer = await alice.iq("get", f"<prefs xmlns='{MAM}'/>")
    prefs = answer.child("prefs", MAM)
    assert prefs["default"] == "always" and [e.name for e in prefs.elements] == ["always", "never"], answer

    async def archived(default, lists=LISTS):
        """Whether messages of Bob's (who is in the roster) and of Carol's are; and Alice's to them."""
        applied = await prefer(alice, default, lists)
        assert applied["default"] == default and applied.child("always") and applied.child("never"), applied
        known = len((await ask(alice, rsm="<max>250</max>")).ids)
        for other in (bob, carol):
            other.message(alice.full, f"from {other.bare}")
            await alice.expect(f"<message from='{other.full}'/>")
            alice.message(other.full, f"to {other.bare}")
            assert stanza_ids(await other.expect(f"<message from='{alice.full}'/>"), other.bare)
        new = (await ask(alice, rsm="<max>250</max>")).bodies[known:]
        kept = {body.partition(" ")[2] for body in new}
        assert len(new) == 2 * len(kept), new
        return [other.bare in kept for other in (bob, carol)]

    def listed(always="", never=""):
        return (
            f"<always>{always and f'<jid>{always}</jid>'}</always>"
            f"<never>{never and f'<jid>{never}</jid>'}</never>"
        )

    assert await archived("never") == [False, False]
    assert await archived("roster") == [True, False]
    assert await archived("roster", listed(always=carol.bare, never=bob.bare)) == [False, True]
    assert await archived("never", listed(always=bob.full)) == [True, False]
    assert await archived("never", listed(always=f"{bob.bare}/other")) == [False, False]
    assert await archived("always", listed(never=carol.bare.upper())) == [True, False]
    assert await archived("always", listed(always=bob.bare, never=bob.bare)) == [False, True]
    again = await world.another(alice)
    prefs = (await again.iq("get", f"<prefs xmlns='{MAM}'/>")).child("prefs", MAM)
    assert [jid.text for jid in prefs.child("never").elements] == [bob.bare], prefs


@test(
    "XEP-0441 §2",
    "SECURITY 31",
    cases={
        "no default": ("", "bad-request"),
        "unknown default": ("default='sometimes'", "bad-request"),
        "malformed": ("default='always'><never><jid>@</jid></never", "jid-malformed"),
        "no address": ("default='always'><never><x/></never", "bad-request"),
        "too many": (
            f"default='never'><always>{''.join(f'<jid>u{n}@example.org</jid>' for n in range(1001))}</always",
            "policy-violation",
        ),
    },
)
async def bad_preferences(world, rest, condition):
    alice = await world.client("alice")
    await alice.iq_error("set", f"<prefs xmlns='{MAM}' {rest}></prefs>", condition)
    prefs = (await alice.iq("get", f"<prefs xmlns='{MAM}'/>")).child("prefs", MAM)
    assert prefs["default"] == "always" and not prefs.child("never").elements, prefs
