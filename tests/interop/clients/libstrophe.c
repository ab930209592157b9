/* A client on libstrophe that does what its input says and says what it sees; client.py has the language.
   Arguments: JID, password, address, port, file of trusted authorities. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <unistd.h>

enum { turn_ms = 20 };

struct client {
  xmpp_ctx_t *context;
  xmpp_conn_t *connection;
  int connected;
  char input[4096];
  size_t held;
};

static void tell(struct client *client, const char *kind, const char *from, const char *text) {
  char *bare = xmpp_jid_bare(client->context, from);
  printf(text ? "%s %s %s\n" : "%s %s\n", kind, bare, text);
  xmpp_free(client->context, bare);
}

static int on_presence(xmpp_conn_t *connection, xmpp_stanza_t *stanza, void *data) {
  const char *type = xmpp_stanza_get_type(stanza);
  const char *from = xmpp_stanza_get_from(stanza);
  (void)connection;
  if (type == NULL)
    tell(data, "online", from, NULL);
  else if (strcmp(type, "unavailable") == 0)
    tell(data, "offline", from, NULL);
  else if (strcmp(type, "subscribe") == 0)
    tell(data, "request", from, NULL);
  return 1;
}

static int on_message(xmpp_conn_t *connection, xmpp_stanza_t *stanza, void *data) {
  struct client *client = data;
  char *body = xmpp_message_get_body(stanza);
  (void)connection;
  if (body) {
    tell(client, "message", xmpp_stanza_get_from(stanza), body);
    xmpp_free(client->context, body);
  }
  return 1;
}

static void send_presence(struct client *client, const char *type, const char *to) {
  xmpp_stanza_t *presence = xmpp_presence_new(client->context);
  if (type) xmpp_stanza_set_type(presence, type);
  if (to) xmpp_stanza_set_to(presence, to);
  xmpp_send(client->connection, presence);
  xmpp_stanza_release(presence);
}

static void say(struct client *client, const char *to, const char *text) {
  xmpp_stanza_t *message = xmpp_message_new(client->context, "chat", to, NULL);
  xmpp_message_set_body(message, text);
  xmpp_send(client->connection, message);
  xmpp_stanza_release(message);
}

static void on_connection(xmpp_conn_t *connection, xmpp_conn_event_t event, int error,
                          xmpp_stream_error_t *stream_error, void *data) {
  struct client *client = data;
  if (event != XMPP_CONN_CONNECT) {
    if (error || stream_error) fprintf(stderr, "disconnected: error %d\n", error);
    client->connected = 0;
    return;
  }
  if (!xmpp_conn_is_secured(connection)) abort();
  xmpp_handler_add(connection, on_presence, NULL, "presence", NULL, client);
  xmpp_handler_add(connection, on_message, NULL, "message", NULL, client);
  send_presence(client, NULL, NULL);
  puts("ready");
}

static void obey(struct client *client, char *line) {
  const char *verb = strtok(line, " ");
  const char *jid = strtok(NULL, " ");
  const char *text = strtok(NULL, "");
  if (strcmp(verb, "leave") == 0)
    xmpp_disconnect(client->connection);
  else if (strcmp(verb, "request") == 0)
    send_presence(client, "subscribe", jid);
  else if (strcmp(verb, "allow") == 0)
    send_presence(client, "subscribed", jid);
  else if (strcmp(verb, "say") == 0)
    say(client, jid, text);
}

/* Reads what input there is and obeys the lines that are complete. */
static void read_input(struct client *client) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  if (poll(&input, 1, 0) <= 0) return;
  const ssize_t got = read(STDIN_FILENO, client->input + client->held, sizeof client->input - client->held);
  if (got <= 0) exit(1);
  client->held += (size_t)got;
  for (char *end; (end = memchr(client->input, '\n', client->held)) != NULL;) {
    const size_t length = (size_t)(end - client->input) + 1;
    *end = '\0';
    obey(client, client->input);
    client->held -= length;
    memmove(client->input, end + 1, client->held);
  }
}

int main(int count, char **arguments) {
  struct client client = {.connected = 1};
  if (count != 6) return 64;
  setvbuf(stdout, NULL, _IOLBF, 0);
  xmpp_initialize();
  client.context = xmpp_ctx_new(NULL, xmpp_get_default_logger(XMPP_LEVEL_WARN));
  client.connection = xmpp_conn_new(client.context);
  xmpp_conn_set_flags(client.connection, XMPP_CONN_FLAG_MANDATORY_TLS);
  xmpp_conn_set_jid(client.connection, arguments[1]);
  xmpp_conn_set_pass(client.connection, arguments[2]);
  xmpp_conn_set_cafile(client.connection, arguments[5]);
  const unsigned short port = (unsigned short)atoi(arguments[4]);
  if (xmpp_connect_client(client.connection, arguments[3], port, on_connection, &client)) return 1;
  while (client.connected) {
    xmpp_run_once(client.context, turn_ms);
    read_input(&client);
  }
  xmpp_conn_release(client.connection);
  xmpp_ctx_free(client.context);
  xmpp_shutdown();
  return 0;
}
