// A client on xmpp.js that does what its input says and says what it sees; client.py has the language.
// Arguments: address to connect to (xmpp:// or xmpps://), domain, name, password.
import readline from "node:readline";

import { client, jid, xml } from "@xmpp/client";

const [service, domain, username, password] = process.argv.slice(2);
const xmpp = client({ service, domain, username, password, resource: "xmpp.js" });
xmpp.timeout = 20000; // its SCRAM computes for seconds on a busy machine, and the clock runs meanwhile

const tell = (kind, from, ...rest) => console.log(kind, jid(from).bare().toString(), ...rest);

function onPresence({ type, from }) {
  if (type === undefined) tell("online", from);
  else if (type === "unavailable") tell("offline", from);
  else if (type === "subscribe") tell("request", from);
}

xmpp.on("stanza", (stanza) => {
  if (stanza.is("presence")) onPresence(stanza.attrs);
  else if (stanza.is("message") && stanza.getChild("body"))
    tell("message", stanza.attrs.from, stanza.getChildText("body"));
});

xmpp.on("online", async () => {
  await xmpp.send(xml("presence"));
  console.log("ready");
});

xmpp.on("error", (error) => {
  console.error(error);
  process.exit(1);
});

const verbs = {
  request: (to) => xmpp.send(xml("presence", { to, type: "subscribe" })),
  allow: (to) => xmpp.send(xml("presence", { to, type: "subscribed" })),
  say: (to, text) => xmpp.send(xml("message", { to, type: "chat" }, xml("body", {}, text))),
  leave: async () => {
    await xmpp.stop();
    process.exit(0);
  },
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [, verb, to, text] = line.match(/^(\S+) ?(\S*) ?(.*)$/);
  verbs[verb](to, text);
});

await xmpp.start();
