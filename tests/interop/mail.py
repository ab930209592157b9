"""The e-mail gateway between the server under test and a real Postfix of the test's own."""
import asyncio
import email
import email.policy
import os
import pwd
import smtplib
from email.message import EmailMessage

from client import DEADLINE
from harness.server import HOST, free_port
from transports import Person, Program, server_with_component, transport

GATEWAY, TOWN = f"mail.{HOST}", "verona.example"
MAIN = """compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.{town}
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
smtp_dns_support_level = disabled
smtpd_relay_restrictions = permit_mynetworks, reject
# Addresses of XMPP users have a % in them.
allow_percent_hack = no
allow_untrusted_routing = yes
virtual_mailbox_domains = {town}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ {{nurse@{town} = nurse/}} }}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
relay_domains = {gateway}
transport_maps = inline:{{ {{{gateway} = lmtp:inet:[127.0.0.1]:{lmtp}}} }}
"""
MASTER = """{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(Program):
    """A Postfix with folders of its own: it delivers to the nurse's Maildir, and to the gateway by LMTP."""

    def __init__(self, stack, lmtp):
        super().__init__(stack, "postfix")
        self.port, self.lmtp = free_port(), lmtp

    async def run(self):
        self.folder.chmod(0o755)
        settings, mail = self.folder / "etc", self.folder / "mail"
        for folder in (settings, mail, self.folder / "queue", self.folder / "data"):
            folder.mkdir()
        postfix = pwd.getpwnam("postfix")
        os.chown(self.folder / "data", postfix.pw_uid, -1)
        os.chown(mail, postfix.pw_uid, postfix.pw_gid)
        values = {"folder": self.folder, "town": TOWN, "gateway": GATEWAY, "lmtp": self.lmtp}
        (settings / "main.cf").write_text(MAIN.format(uid=postfix.pw_uid, gid=postfix.pw_gid, **values))
        (settings / "master.cf").write_text(MASTER.format(port=self.port))
        await self.start("/usr/sbin/postfix", "-c", str(settings), "start-fg")
        await self.logged("daemon started")

    async def mail_of(self, name):
        """Waits for the next message in a Maildir; takes it out."""
        folder = self.folder / "mail" / name / "new"
        async with asyncio.timeout(DEADLINE):
            while not folder.exists() or not any(folder.iterdir()):
                await asyncio.sleep(0.05)
        file = next(folder.iterdir())
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        file.unlink()
        return message

    async def send(self, message):
        """As a mail program would."""

        def transfer():
            with smtplib.SMTP("127.0.0.1", self.port) as smtp:
                smtp.send_message(message)

        await asyncio.to_thread(transfer)


class Gateway(Program):
    """The program under test; it keeps its registrations when it is started again."""

    async def run(self, server, binaries, lmtp, smtp):
        await self.start(
            str(binaries.folder / "vestnik-mail"),
            *("--domain", GATEWAY, "--port", str(server.component_port)),
            *("--registrations", str(self.folder / "registrations")),
            *("--smtp", f"smtp://127.0.0.1:{smtp}", "--lmtp-port", str(lmtp)),
            environment={"VESTNIK_MAIL_SECRET": "component-secret"},
        )


def letter(sender, to, subject, text):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content(text)
    return message


@transport("postfix")
async def mail_by_postfix(binaries, stack):
    """Registration, a contact, mail out and in, what is refused at once and what comes back later."""
    server = await stack.enter_async_context(server_with_component(binaries, GATEWAY))
    lmtp = free_port()
    postfix = Postfix(stack, lmtp)
    await postfix.run()
    gateway = Gateway(stack, "mail")
    await gateway.run(server, binaries, lmtp, postfix.port)
    await server.logged("component.connected")
    juliet = await Person.log_in(stack, server, "juliet", "xep_0030", "xep_0077")
    xmpp = juliet.xmpp
    nurse, own = f"nurse%{TOWN}@{GATEWAY}", f"{juliet.account.local}%{HOST}@{GATEWAY}"

    # Nothing goes without registering, which brings the gateway into view.
    xmpp.send_message(mto=nurse, mbody="too early")
    await juliet.sees("refused", nurse, "registration-required")
    info = await xmpp["xep_0030"].get_info(jid=GATEWAY)
    assert any(i[:2] == ("gateway", "smtp") for i in info["disco_info"]["identities"]), info
    request = xmpp.make_iq_set(ito=GATEWAY)
    request.enable("register")
    await request.send()
    xmpp.send_presence_subscription(pto=GATEWAY)
    await juliet.sees_online(GATEWAY)
    xmpp.send_presence_subscription(pto=nurse)
    await juliet.sees_online(nurse)

    # Out.
    xmpp.send_message(mto=nurse, msubject="Привет", mbody="Good nurse,\n.\nwhat says he?")
    got = await postfix.mail_of("nurse")
    assert (got["from"], got["to"], got["subject"]) == (own, f"nurse@{TOWN}", "Привет"), got
    assert got.get_content().split() == ["Good", "nurse,", ".", "what", "says", "he?"], got

    # In: plain, and with all that mail programs add.
    answer = "He is a man of wax.\n.\nYour nurse"
    await postfix.send(letter(f"Nurse <nurse@{TOWN}>", own, "Re: Привет", answer))
    await juliet.sees(f"message {nurse}", f"Re: Привет|{answer}")
    rich = letter(f"o'nurse&co@{TOWN}", own, "Ünïcode", "the text")
    rich.add_alternative("<p>the text</p>", subtype="html")
    rich.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="map.png")
    await postfix.send(rich)
    await juliet.sees(f"message o\\27nurse\\26co%{TOWN}@{GATEWAY}", "Ünïcode|the text", "map.png")

    # Refused at once, in the words of the mail server.
    xmpp.send_message(mto=f"nobody%{TOWN}@{GATEWAY}", mbody="hello?")
    await juliet.sees(f"refused nobody%{TOWN}@{GATEWAY}", "item-not-found", "550", "unknown")
    # Taken at first, and given up later.
    stranger = f"stranger%{HOST}%{GATEWAY}@{GATEWAY}"
    xmpp.send_message(mto=stranger, mbody="hello?")
    await juliet.sees(f"refused {stranger}", "recipient-unavailable", "nobody of this name is registered")

    # The gateway goes, and with it those who are behind it; it comes back and knows its users.
    await gateway.end()
    await juliet.sees_offline(nurse)
    await gateway.run(server, binaries, lmtp, postfix.port)
    await juliet.sees_online(nurse)
    request = xmpp.make_iq_set(ito=GATEWAY)
    request.enable("register")
    request["register"]["remove"] = True
    await request.send()
    await juliet.sees_offline(nurse)
