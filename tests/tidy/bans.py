"""What must not stand in the code, and why."""
import re

from source import LAYERS, check, code_lines, cpp, files, lines

# where, what, why. Looked for in code, not in comments and strings.
CODE = [
    (LAYERS, r"\bdetached\b", "drops exceptions without a word; spawn through a TaskScope"),
    (LAYERS, r"\bawaitable_operators\b", "`timer || read` hides the end of the stream"),
    (LAYERS, r"\basio::ssl\b|boost/asio/ssl", "five times the memory of our own TLS stream"),
    (LAYERS, r"\bgetaddrinfo\b|\basync_resolve\b|\bgethostby\w+\b", "blocks a thread"),
    (
        LAYERS,
        r"\bstd::(rand|srand|mt19937|random_device|default_random_engine)\b|(?<![\w.>])rand\(",
        "no cryptographic random; take core's",
    ),
    (LAYERS, r"\bsleep_for\b|\bsleep_until\b|\busleep\b|\bnanosleep\b", "blocks a thread"),
    (LAYERS, r"\bstrcpy\b|\bstrcat\b|\bsprintf\b|\bgets\b|\bstrtok\b|\batoi\b", "unsafe"),
    (LAYERS, r"\bconst_cast\b|\bgoto\b|\busing namespace std\b", "not our style"),
    (
        ("proto", "core", "shard"),
        r"\bstd::(cout|cerr|clog)\b|\bprintf\(|\bfprintf\(",
        "say it through the log",
    ),
    (
        ("proto", "core", "shard"),
        r"\bstd::(exit|abort|quick_exit|terminate)\b|::_exit\b",
        "ends the process from within",
    ),
    (
        ("shard",),
        r"\bstd::(recursive_|shared_|timed_)?mutex\b|\bstd::(lock_guard|scoped_lock|unique_lock|shared_lock)"
        r"|\bcondition_variable\b|\bcall_once\b|\bstd::(future|promise|async|latch|barrier|\w+_semaphore)\b",
        "a shard takes no lock and waits for nobody",
    ),
    (
        ("shard",),
        r"\bsqlite3|\bstd::[io]?fstream\b|(?<![\w:.>])(fopen|fsync|::open|::read|::write)\(",
        "a shard does not block",
    ),
    (
        ("proto",),
        r"\b(system|steady|high_resolution)_clock::now\b|(?<![\w:.>])(time|gettimeofday|clock_gettime)\(",
        "the protocol layer reads no clock",
    ),
    (
        ("proto",),
        r"#include <(iostream|fstream|thread|mutex|future|filesystem|sys/socket\.h|netdb\.h|unistd\.h)>"
        r"|boost/asio|spdlog/",
        "the protocol layer does no I/O and logs nothing",
    ),
    (("proto",), r"\bthread_local\b|\bstd::(thread|jthread)\b", "the protocol layer knows no threads"),
    (("tests",), r"\bsleep_for\b|\busleep\b", "tests wait for events"),
]
# (file, why) of the places that a ban does not mean.
EXCEPTIONS = {
    ("proto/base/assert.h", "say it through the log"),  # the last words of a process
    ("proto/base/assert.h", "ends the process from within"),
    (
        "shard/shard_group.cc",
        "a shard takes no lock and waits for nobody",
    ),  # the main thread starts and stops them
}
# A library and the only folder that may know it.
LIBRARIES = [
    (r"rapidxml", "proto/xml"),
    (r"gsasl", "proto/sasl"),
    (r"idn2\.h", "proto/jid"),
    (r"toml\+\+|toml\.hpp", "core/config"),
    (r"sqlite3", "core/storage"),
    (r"libpq", "core/storage"),
    (r"unbound\.h", "core/io"),
    (r"spdlog", "core/log"),
    (r"CLI/", "server"),
]
MARKS = "TO" + "DO|FIX" + "ME|HA" + "CK|XX" + "X"
PATHS = "/wo" + r"rk/|/ro" + r"ot/|/ho" + "me/"


@check
def banned_code():
    for folders, pattern, why in CODE:
        banned = re.compile(pattern)
        for file in cpp(*folders):
            if (str(file), why) in EXCEPTIONS:
                continue
            for number, line in code_lines(file):
                if found := banned.search(line):
                    yield f"{file}:{number}: {found[0].strip()}: {why}"


@check
def libraries_stay_in_their_folder():
    for pattern, home in LIBRARIES:
        header = re.compile(rf"#\s*include\s*[<\"][^>\"]*{pattern}")
        for file in cpp(*LAYERS):
            if not str(file).startswith(home + "/"):
                for number, line in lines(file):
                    if header.search(line):
                        yield f"{file}:{number}: only {home} knows this library"


@check
def no_notes_to_self():
    mark = re.compile(rf"\b({MARKS})\b")
    for file in files():
        for number, line in lines(file):
            if mark.search(line):
                yield f"{file}:{number}: {line.strip()[:80]}"


@check
def no_paths_of_a_machine():
    path = re.compile(rf"(^|[\s\"'=(:])({PATHS})")
    for file in files():
        for number, line in lines(file):
            if path.search(line):
                yield f"{file}:{number}: {line.strip()[:80]}"
