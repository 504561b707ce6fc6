/* null: : rows are made and thrown away, to measure or to see the stats alone. */
#include "sink/sink.h"

static int
write_null(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	(void)s;
	(void)bytes;
	(void)len;
	(void)err;
	return 0;
}

const struct sink_class sink_null = {
	.name = "null",
	.prefix = "null:",
	.usage = "null:",
	.help = "nowhere",
	.write = write_null,
};
