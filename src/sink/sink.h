/*
 * A sink: where rows go.  One file with a const struct sink_class and one row in sinks.def each.
 * write returns when all bytes are taken; a slow reader makes it wait, and while it waits no source
 * is read: that is the backpressure.
 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include "base/err.h"

#include <stddef.h>

struct sink;

enum sink_flag {
	SINK_TRUNCATABLE = 1,	/* can be cut back to a recorded length */
};

struct sink_class {
	const char	*name;
	const char	*prefix;	/* what its addresses begin with; "" takes the rest */
	const char	*usage;
	const char	*help;		/* one line */
	unsigned	 flags;		/* enum sink_flag */
	int		(*open)(struct sink *, struct err *);
	int		(*write)(struct sink *, const char *bytes, size_t len, struct err *);
	int		(*close)(struct sink *, struct err *);
};

struct sink {
	const struct sink_class	*class;
	const char		*address;	/* as the user wrote it */
	int			 fd;
};

#endif
