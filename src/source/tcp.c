/* tcp://HOST:PORT: lines from a server; the work is the connector's. */
#include "source/connect.h"

struct tcp {
	struct endpoint		 endpoint;
	struct connector	 connector;
};

static int
open_tcp(struct source *s, struct err *err)
{
	struct tcp *tcp = s->private;
	struct endpoint *e = &tcp->endpoint;
	struct connector *c = &tcp->connector;

	if (endpoint_parse_remote(e, s->class->prefix, s->rest, s->word, err) == -1)
		return -1;
	c->source = s;
	c->port = e->port;
	c->name = e->kind == ENDPOINT_NAME ? e->host : NULL;
	c->addresses = e->address;
	c->count = e->addresses;
	return 0;
}

static int
start_tcp(struct source *s, struct err *err)
{
	return connect_start(&((struct tcp *)s->private)->connector, err);
}

static void
close_tcp(struct source *s)
{
	connect_close(&((struct tcp *)s->private)->connector);
}

const struct source_class source_tcp = {
	.name = "tcp",
	.prefix = "tcp://",
	.usage = "tcp://HOST:PORT",
	.help = "a TCP server to connect to, again when it is lost",
	.size = sizeof(struct tcp),
	.open = open_tcp,
	.start = start_tcp,
	.close = close_tcp,
};
