/* FILE: a file, written anew. */
#include "engine/sys.h"
#include "sink/descriptor.h"
#include "sink/sink.h"

#include <errno.h>

static int
open_file(struct sink *s, struct err *err)
{
	s->fd = descriptor_create(s->address, err);
	return s->fd == -1 ? -1 : 0;
}

static int
write_file(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	int rc = descriptor_write(s->fd, s->address, bytes, len, err);

	if (rc == -1 && err->code == ERR_PIPE)	/* a FIFO: quiet is only for standard output */
		err->code = ERR_RUN;
	return rc;
}

/* A full disk may be told only now. */
static int
close_file(struct sink *s, struct err *err)
{
	if (sys.close(s->fd) == -1 && errno != EINTR)
		return err_system(err, s->address, "close", errno);
	return 0;
}

const struct sink_class sink_file = {
	.name = "file",
	.prefix = "",
	.usage = "FILE",
	.help = "a file, written anew",
	.flags = SINK_TRUNCATABLE,
	.open = open_file,
	.write = write_file,
	.close = close_file,
};
