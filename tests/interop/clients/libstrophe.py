"""libstrophe: a small program over it, `libstrophe.c`, built for the test."""
import asyncio
import pathlib
import shutil

from client import HOST, Program

SOURCE = pathlib.Path(__file__).with_suffix(".c")


class Libstrophe(Program):
    needs = ("pkg-config",)

    @classmethod
    async def missing(cls):
        if why := await super().missing():
            return why
        if not cls._compiler():
            return "no C compiler"
        asked = await asyncio.create_subprocess_exec("pkg-config", "--exists", "libstrophe")
        return "libstrophe-dev not installed" if await asked.wait() else ""

    @staticmethod
    def _compiler():
        return shutil.which("cc") or shutil.which("clang-19")

    async def command(self):
        program = self.folder / "libstrophe"
        if not program.exists():
            build = '"$0" -Wall -Wextra -Werror -o "$1" "$2" $(pkg-config --cflags --libs libstrophe)'
            built = await asyncio.create_subprocess_exec("sh", "-c", build, self._compiler(), program, SOURCE)
            assert await built.wait() == 0, "libstrophe.c does not compile"
        trust, port = self.server.authority.path, str(self.server.starttls_port)
        return program, self.jid, self.account.password, HOST, port, trust
