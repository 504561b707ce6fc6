/* -: standard output.  When its reader goes away the run ends quietly (ERR_PIPE). */
#include "sink/descriptor.h"
#include "sink/sink.h"

#include <unistd.h>

static int
write_stdout(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	(void)s;
	return descriptor_write(STDOUT_FILENO, "standard output", bytes, len, err);
}

const struct sink_class sink_stdout = {
	.name = "stdout",
	.prefix = "-",
	.usage = "-",
	.help = "standard output (the default)",
	.write = write_stdout,
};
