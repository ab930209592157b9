// A client on xmpp.js that does what its input says and says what it sees; client.py has the language.
// Arguments: address to connect to (xmpp:// or xmpps://), domain, name, password, resource.
import readline from "node:readline";

import { client, jid, xml } from "@xmpp/client";

const [service, domain, username, password, resource] = process.argv.slice(2);
const xmpp = client({ service, domain, username, password, resource });
xmpp.timeout = 20000; // its SCRAM computes for seconds on a busy machine, and the clock runs meanwhile

const tell = (kind, from, ...rest) => console.log(kind, jid(from).bare().toString(), ...rest);

function onPresence({ type, from }) {
  if (type === undefined) tell("online", from);
  else if (type === "unavailable") tell("offline", from);
  else if (type === "subscribe") tell("request", from);
}

const CARBONS = "urn:xmpp:carbons:2";
const CLIENT_STATE = "urn:xmpp:csi:0";
const ARCHIVE = "urn:xmpp:mam:2";
const CHAT_STATES = "http://jabber.org/protocol/chatstates";
const RESULT_SETS = "http://jabber.org/protocol/rsm";

function onCarbon(copy) {
  const message = copy.getChild("forwarded").getChild("message");
  const to = jid(message.attrs.to).bare().toString();
  tell(copy.name, message.attrs.from, to, message.getChildText("body"));
}

let results = []; // of the query that is under way

xmpp.on("stanza", (stanza) => {
  const copy = stanza.getChildren("sent", CARBONS)[0] ?? stanza.getChildren("received", CARBONS)[0];
  const result = stanza.getChild("result", ARCHIVE);
  const state = stanza.getChildElements().find((child) => child.attrs.xmlns === CHAT_STATES);
  if (copy && stanza.attrs.from === xmpp.jid.bare().toString()) onCarbon(copy);
  if (result) results.push(result.getChild("forwarded").getChild("message").getChildText("body"));
  if (state) tell("state", stanza.attrs.from, state.name);
  if (stanza.is("presence")) onPresence(stanza.attrs);
  else if (stanza.is("message") && stanza.getChild("body"))
    tell("message", stanza.attrs.from, stanza.getChildText("body"));
});

// All of the conversation with somebody, in small pages (XEP-0059).
async function history(other, backwards) {
  const field = (name, value) => xml("field", { var: name }, xml("value", {}, value));
  let [texts, complete, edge] = [[], false, ""];
  while (!complete) {
    results = [];
    const fields = [field("FORM_TYPE", ARCHIVE), field("with", other)];
    const form = xml("x", { xmlns: "jabber:x:data", type: "submit" }, ...fields);
    const set = xml("set", { xmlns: RESULT_SETS }, xml("max", {}, "4"));
    if (backwards) set.append(xml("before", {}, edge));
    else if (edge) set.append(xml("after", {}, edge));
    const query = xml("query", { xmlns: ARCHIVE }, form, set);
    const fin = (await xmpp.iqCaller.request(xml("iq", { type: "set" }, query))).getChild("fin", ARCHIVE);
    complete = fin.attrs.complete === "true";
    edge = fin.getChild("set", RESULT_SETS)?.getChildText(backwards ? "first" : "last") ?? "";
    texts = texts.concat(backwards ? results.reverse() : results);
  }
  return texts;
}

xmpp.on("nonza", (element) => {
  if (element.is("enabled", "urn:xmpp:sm:3")) console.log("managed");
  if (element.is("resumed", "urn:xmpp:sm:3")) console.log("resumed");
});

xmpp.on("online", async () => {
  await xmpp.iqCaller.set(xml("enable", { xmlns: CARBONS }));
  await xmpp.send(xml("presence"));
  console.log("ready");
});

let lost = false; // the network, at the moment

xmpp.on("error", (error) => {
  if (lost) return;
  console.error(error);
  process.exit(1);
});

// Says whether somebody looks (XEP-0352); the answer to a request behind it tells that the server knows.
async function state(name) {
  await xmpp.send(xml(name, { xmlns: CLIENT_STATE }));
  await xmpp.iqCaller.get(xml("query", { xmlns: "jabber:iq:version" }), domain);
  console.log("is", name);
}

const verbs = {
  request: (to) => xmpp.send(xml("presence", { to, type: "subscribe" })),
  allow: (to) => xmpp.send(xml("presence", { to, type: "subscribed" })),
  say: (to, text) => xmpp.send(xml("message", { to, type: "chat" }, xml("body", {}, text))),
  inactive: () => state("inactive"),
  active: () => state("active"),
  history: async (other, how) => {
    const texts = await history(other, how === "backwards");
    console.log("history", JSON.stringify(texts));
  },
  lose: () => {
    xmpp.reconnect.delay = 10 ** 8; // until it is told to
    xmpp.once("disconnect", () => console.log("lost"));
    lost = true;
    xmpp.socket.socket.destroy(); // the TLS socket within the library's
  },
  find: async () => {
    lost = false;
    await xmpp.reconnect.reconnect();
  },
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
