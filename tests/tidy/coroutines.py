"""Shapes of co_await that some compilers break, and that read badly anyway: a co_await stands alone in its
statement, its arguments are names, literals or constructor calls. tests/canary shows what happens else."""
import re

from source import LAYERS, check, code, cpp

OPENING, CLOSING = "([{", ")]}"


def statement_after(text, start):
    """From a co_await to the end of its statement or of the condition it stands in."""
    depth = 0
    for index in range(start, len(text)):
        letter = text[index]
        if letter in OPENING:
            if letter == "{" and depth == 0 and not re.search(r"[\w>,=(]\s*$", text[start:index]):
                return text[start:index]
            depth += 1
        elif letter in CLOSING:
            depth -= 1
            if depth < 0:
                return text[start:index]
        elif letter == ";" and depth == 0:
            return text[start:index]
    return text[start:]


def statement_before(text, start):
    """From the beginning of the statement to the co_await."""
    begin = max(text.rfind(mark, 0, start) for mark in ";{}")
    return text[begin + 1 : start]


RULES = [
    (
        lambda before, after: re.search(r"[\w>)]\s*\{", after),
        "braces in the awaited expression: name the value first",
    ),
    (
        lambda before, after: re.search(r"(^|[(,=&|\s])\[", after),
        "a lambda in the awaited expression: name it first",
    ),
    (lambda before, after: "?" in after or re.search(r"\?[^:]*:?\s*$", before), "?: with a co_await"),
    (lambda before, after: "co_await" in after[len("co_await") :], "two co_awaits in one statement"),
    (
        lambda before, after: re.search(r"\b(switch|if)\s*\([^;=]*\(\s*$", before),
        "a condition on an awaited temporary",
    ),
    (lambda before, after: re.search(r"\bswitch\s*\(\s*$", before), "a switch on an awaited temporary"),
]


@check
def co_await_stands_alone():
    for file in cpp(*LAYERS, "bench"):
        text = code(file)
        for found in re.finditer(r"\bco_await\b", text):
            before, after = statement_before(text, found.start()), statement_after(text, found.start())
            for breaks, why in RULES:
                if breaks(before, after):
                    yield f"{file}:{text.count(chr(10), 0, found.start()) + 1}: {why}"


@check
def no_awaited_initialisers():
    """`Agg a{co_await f(), 3}`"""
    for file in cpp(*LAYERS, "bench"):
        for found in re.finditer(r"[\w>]\s*\{[^{};]*\bco_await\b[^{};]*\}", code(file)):
            if not re.match(r"(else|try|do|const|noexcept|>)\s*\{", found[0]) and ";" not in found[0]:
                yield f"{file}:{code(file).count(chr(10), 0, found.start()) + 1}: co_await in an initialiser"


TASK = re.compile(r"^\s*(?:static |virtual )?Task<[^;{}=]*?>\s[\w:]+\(([^;{}]*)\)", re.M)


@check
def coroutine_parameters():
    """A coroutine keeps its parameters across suspensions: a temporary bound to a reference or a view is gone
    by then. Values and pointers it is, or a mutable reference, which binds no temporary."""
    for file in cpp(*LAYERS, "bench"):
        text = code(file)
        for found in TASK.finditer(text):
            for parameter in found[1].split(","):
                if re.search(r"\bconst\b[^*]*&|&&|\bstring_view\b", parameter):
                    line = text.count("\n", 0, found.start(1)) + 1
                    yield f"{file}:{line}: the coroutine parameter '{parameter.strip()}' binds temporaries"
