/* What sinks have in common, see sink.h. */
#include "sink/sink.h"

int
sink_damaged(const struct sink *s, struct err *err)
{
	return err_set(err, ERR_RUN, "%s: what the checkpoint says of it cannot be read; "
	    "begin anew with --state reset", s->address);
}
