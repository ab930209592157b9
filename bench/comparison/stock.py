"""Fills a database of Vestnik as years would, past the server, which would take hours."""
import sqlite3
import time

PATIENCE = 240  # seconds for all of it
OWNER = 4  # as enum Affiliation has it
CONTACTS = 20  # of the one large archive; every so many messages are from the first
COUNT = "WITH RECURSIVE numbers(n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?) "

# The archive of the account that has one gets so many rows more, a millisecond apart, the last of them now.
# New ids in the stanzas: the load generator knows those that it has numbered by theirs.
BODIES = (
    "INSERT INTO archive_body (id, owners, stanza) "
    + COUNT
    + "SELECT ? + n, 1, replace(?, ' id=''m', ' id=''s' || n) FROM numbers"
)
ENTRIES = (
    "INSERT INTO archive_entry (owner, id, ordinal, peer, resource, body) "
    + COUNT
    + f"SELECT ?, ? + n * 1000, ? + n, CASE n % {CONTACTS} WHEN 0 THEN ? ELSE ? - n % {CONTACTS} END, ?, "
    "? + n FROM numbers"
)
PEERS = "CREATE INDEX archive_entry_by_peer ON archive_entry (owner, peer, id, resource)"
# SCRAM keys follow from password and salt: with an account's keys goes its password.
ACCOUNTS = (
    "INSERT INTO account (jid, created_at, disabled) "
    + COUNT
    + "SELECT 'stored' || n || '@localhost', ?, 0 FROM numbers"
)
CREDENTIALS = (
    "INSERT INTO credential (account, hash, salt, iterations, stored_key, server_key) "
    "SELECT stored.id, hash, salt, iterations, stored_key, server_key "
    "FROM account AS stored, credential WHERE stored.jid LIKE 'stored%' AND credential.account = ?"
)
ROOMS = (
    "INSERT INTO room (jid, service, name, listed, config, subject) "
    + COUNT
    + "SELECT 'stored' || n || '@conference.localhost', 'conference.localhost', 'Stored ' || n, 1, "
    "'<x xmlns=''jabber:x:data'' type=''submit''>"
    "<field var=''FORM_TYPE''><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
    "<field var=''muc#roomconfig_persistentroom''><value>1</value></field></x>', '' FROM numbers"
)
OWNERS = (
    "INSERT INTO room_affiliation (room, jid, affiliation, nick, reason) "
    f"SELECT room.jid, account.jid, {OWNER}, '', '' FROM room, account WHERE account.id = ?"
)


def fill(path, messages, accounts, rooms):
    """The file has an account with a few messages, which are repeated. Its server is not running."""
    database = sqlite3.connect(path, isolation_level=None)
    deadline = time.monotonic() + PATIENCE
    database.set_progress_handler(lambda: time.monotonic() > deadline, 1_000_000)
    try:
        for setting in ("synchronous = OFF", "cache_size = -500000", "journal_mode = WAL"):
            database.execute(f"PRAGMA {setting}")
        database.execute("BEGIN")
        grow_archive(database, messages)
        owner = database.execute("SELECT min(account) FROM credential").fetchone()[0]
        database.execute(ACCOUNTS, (accounts, int(time.time() * 1000)))
        database.execute(CREDENTIALS, (owner,))
        database.execute(ROOMS, (rooms,))
        database.execute(OWNERS, (owner,))
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()


def grow_archive(database, messages):
    """The index goes before and is made anew behind: sorting is quicker than inserting everywhere."""
    owner, peer, resource, stanza, ordinal = database.execute(
        "SELECT owner, peer, resource, stanza, ordinal FROM archive_entry AS entry "
        "JOIN archive_body AS body ON body.id = entry.body ORDER BY owner, entry.id DESC LIMIT 1"
    ).fetchone()
    begin = database.execute("SELECT max(id) + 1 FROM archive_body").fetchone()[0]
    first = int(time.time() * 1e6) - messages * 1000
    last = database.execute("SELECT max(id) FROM archive_entry WHERE owner = ?", (owner,)).fetchone()[0]
    # What is there already becomes the oldest.
    database.execute("UPDATE archive_entry SET id = id - ? WHERE owner = ?", (last - first + 1, owner))
    database.execute("DROP INDEX archive_entry_by_peer")
    database.execute(BODIES, (messages, begin, stanza))
    database.execute(ENTRIES, (messages, owner, first, ordinal + 1, peer, peer, resource, begin))
    database.execute(PEERS)
