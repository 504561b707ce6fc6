/* What sinks have in common, see sink.h. */
#include "sink/sink.h"

#include "engine/sys.h"

uint64_t
sink_random(void)
{
	uint64_t word;

	if (sys.getrandom(&word, sizeof(word), 0) == (ssize_t)sizeof(word))
		return word;
	return (uint64_t)sys.wall() ^ (uint64_t)sys.mono() << 20;
}

int
sink_damaged(const struct sink *s, struct err *err)
{
	return err_set(err, ERR_RUN, "%s: what the checkpoint says of it cannot be read; "
	    "begin anew with --state reset", s->address);
}
