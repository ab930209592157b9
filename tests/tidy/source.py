"""What the checks share: the project's files, their code without comments and strings, the list of checks."""
import functools
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ("proto", "core", "shard", "server")  # each may use itself and those before it
CHECKS = {}


class Options:
    long = quick = False
    build = "build"
    words = ()


class Skip(Exception):
    """Raised by a check, with the reason, that cannot run here."""


def check(function):
    """Registers a generator of findings, each a line such as `shard/shard.cc:12: what is wrong`."""
    CHECKS[function.__name__] = function
    return function


@functools.cache
def files():
    """Every file of the project, relative to the top; what git ignores is none."""
    try:
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(
            command, cwd=TOP, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    except (
        OSError,
        subprocess.CalledProcessError,
    ):  # a source archive: nothing but the project and build folders
        names = [str(p.relative_to(TOP)) for p in TOP.rglob("*") if p.is_file()]
        names = [n for n in names if not re.match(r"(build|\.build|var|\.git)/|.*__pycache__", n)]
    return sorted(pathlib.Path(n) for n in set(names) if (TOP / n).is_file())


def cpp(*folders):
    """The C++ files under these folders."""
    return [f for f in files() if f.suffix in (".h", ".cc") and f.parts[0] in (folders or LAYERS)]


@functools.cache
def text(file):
    return (TOP / file).read_text(errors="replace")


def lines(file):
    """(number, line) of a file."""
    return enumerate(text(file).splitlines(), 1)


_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", re.S
)


@functools.cache
def code(file):
    """A C++ file with its comments and strings blanked out, line for line."""

    def blank(match):
        token = match[0]
        if token[0] == "'" and match.start() and text(file)[match.start() - 1].isdigit():
            return token  # a digit separator
        return re.sub(r"[^\n]", " ", token) if token[0] == "/" else '""' + "\n" * token.count("\n")

    return _TOKEN.sub(blank, text(file))


def code_lines(file):
    return enumerate(code(file).splitlines(), 1)


def includes(file):
    """(number, header) of a file's `#include "…"` lines."""
    for number, line in lines(file):
        if found := re.match(r'\s*#\s*include\s*"([^"]+)"', line):
            yield number, found[1]


def is_script(file):
    return file.suffix == ".py" or (not file.suffix and text(file).startswith("#!"))
