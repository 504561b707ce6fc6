/* unix:PATH: lines from a server behind a stream socket; the work is the connector's. */
#include "source/connect.h"

#include <string.h>

struct local {
	struct address		 address;
	struct connector	 connector;
};

static int
open_unix(struct source *s, struct err *err)
{
	struct local *local = s->private;
	struct address *a = &local->address;
	size_t len = strlen(s->rest);

	if (len == 0)
		return err_word(err, s->word, "%s: no path, write unix:PATH", s->address);
	if (len >= sizeof(a->un.sun_path))
		return err_word(err, s->word,
		    "%s: the path is too long, %zu bytes; that of a socket has at most %zu",
		    s->address, len, sizeof(a->un.sun_path) - 1);
	a->un.sun_family = AF_UNIX;
	memcpy(a->un.sun_path, s->rest, len + 1);
	a->length = sizeof(a->un);
	local->connector.source = s;
	local->connector.addresses = a;
	local->connector.count = 1;
	return 0;
}

static int
start_unix(struct source *s, struct err *err)
{
	return connect_start(&((struct local *)s->private)->connector, err);
}

static void
close_unix(struct source *s)
{
	connect_close(&((struct local *)s->private)->connector);
}

const struct source_class source_unix = {
	.name = "unix",
	.prefix = "unix:",
	.usage = "unix:PATH",
	.help = "a Unix stream socket to connect to",
	.size = sizeof(struct local),
	.open = open_unix,
	.start = start_unix,
	.close = close_unix,
};
