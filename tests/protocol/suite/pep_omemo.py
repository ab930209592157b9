"""OMEMO (XEP-0384): what clients publish of their keys reaches whoever wants to write to them, also those who
are no contacts."""
from harness import pep, test
from harness.pep import PUBSUB, pubsub, refused

LEGACY = "eu.siacs.conversations.axolotl"
OMEMO2 = "urn:xmpp:omemo:2"


def devices(*ids):
    return f"<devices xmlns='{OMEMO2}'>" + "".join(f"<device id='{id}'/>" for id in ids) + "</devices>"


def bundle(key):
    prekeys = "".join(f"<pk id='{number}'>{key}{number}</pk>" for number in range(100))
    return (
        f"<bundle xmlns='{OMEMO2}'><spk id='1'>{key}</spk><spks>c2ln</spks><ik>aWs=</ik>"
        f"<prekeys>{prekeys}</prekeys></bundle>"
    )


def legacy_list(*ids):
    return f"<list xmlns='{LEGACY}'>" + "".join(f"<device id='{id}'/>" for id in ids) + "</list>"


async def payload_of(client, node, id, to):
    """The payload of one item."""
    answer = await client.iq("get", pep.wish(node, ids=[id]), to)
    (item,) = answer.child("pubsub", PUBSUB).child("items").all("item")
    assert item["id"] == id, answer
    (payload,) = item.elements
    return payload


async def publish(client, node, payload, id, **options):
    await client.iq("set", pep.publication(node, payload, id, **options))


@test("XEP-0384 §5.3", "XEP-0222 §4", "XEP-0060 §4.5", threads=True)
async def whoever_writes_first_finds_devices_and_keys(world):
    alice, carol = await world.client("alice", online=0), await world.client("carol")
    for device, id in (("a", "12"), ("b", "31")):
        await publish(
            alice, f"{OMEMO2}:bundles", bundle(device), id, access_model="open", max_items="max"
        )
    await publish(alice, f"{OMEMO2}:devices", devices(12, 31), "current", access_model="open")
    found = await payload_of(carol, f"{OMEMO2}:devices", "current", alice.bare)
    assert [device["id"] for device in found.all("device")] == ["12", "31"], found
    for device, id in (("a", "12"), ("b", "31")):
        found = await payload_of(carol, f"{OMEMO2}:bundles", id, alice.bare)
        assert found.child("spk").text == device and len(found.child("prekeys").all("pk")) == 100, found
    # Reading is all that others may do.
    for node, payload, id in (("devices", devices(666), "current"), ("bundles", bundle("evil"), "12")):
        await refused(
            carol, pep.publication(f"{OMEMO2}:{node}", payload, id), "service-unavailable", to=alice.bare
        )
    retract = f"<retract node='{OMEMO2}:bundles'><item id='12'/></retract>"
    await refused(carol, pubsub(retract), "service-unavailable", to=alice.bare)
    assert (await payload_of(carol, f"{OMEMO2}:bundles", "12", alice.bare)).child("spk").text == "a"


@test("XEP-0384 §5.3", "XEP-0060 §7.1.5", "XEP-0060 §8.2")
async def clients_of_the_older_version_find_a_node_for_each_device(world):
    """Its nodes have one item; one that an earlier client made for contacts only is opened by the next:
    preconditions that are not met, the configuration, the same again."""
    alice, carol = await world.client("alice", online=0), await world.client("carol", online=0)
    node = f"{LEGACY}.bundles:12"
    await publish(alice, node, bundle("old"), "current")
    await refused(carol, pep.wish(node), "service-unavailable", kind="get", to=alice.bare)
    wished = pep.publication(node, bundle("new"), "current", access_model="open", persist_items="true")
    await refused(alice, wished, "conflict", "precondition-not-met")
    await pep.configure(alice, node, access_model="open", persist_items="true")
    await alice.iq("set", wished)
    found = await payload_of(carol, node, "current", alice.bare)
    assert found.child("spk").text == "new", found
    await publish(alice, f"{LEGACY}.devicelist", legacy_list(12), "current", access_model="open")
    found = await payload_of(carol, f"{LEGACY}.devicelist", "current", alice.bare)
    assert [device["id"] for device in found.all("device")] == ["12"], found


@test("XEP-0384 §5.3", "XEP-0163 §4.3", threads=True)
async def contacts_and_own_devices_hear_of_a_new_device(world):
    alice, bob = await world.friends()
    node = f"{OMEMO2}:devices"
    phone = await world.another(alice)
    for client in (bob, phone):
        await pep.watch(client, node)
    await pep.quiet(alice, bob, phone)
    await publish(alice, node, devices(12, 31), "current", access_model="open")
    for client in (bob, phone):
        item = f"<item id='current'>{devices('*', '*')}</item>"
        got = await client.expect(pep.event(alice.bare, f"<items node='{node}'>{item}</items>"))
        (item,) = got.child("event").child("items").all("item")
        assert [d["id"] for d in item.child("devices").all("device")] == ["12", "31"], got
