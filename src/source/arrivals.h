/*
 * The files that got a name, followed through the renames of one directory: a file that was rotated
 * away before it could be opened is found under the name it has by now.  Fed with the events of
 * inotify in their order.  Pure: opens and reads nothing.
 */
#ifndef SOURCE_ARRIVALS_H
#define SOURCE_ARRIVALS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inotify_event;

struct arrival {
	char		name[NAME_MAX + 1];	/* that it has by now; "": it has none */
	uint32_t	cookie;			/* of the rename that is half told; 0: none */
};

struct arrivals {				/* zeroed with a name: nothing came yet */
	const char	*name;			/* that they got, without a directory */
	struct arrival	*list;			/* in the order in which they got it */
	size_t		 n, cap;
	uint64_t	 changes;		/* events that said something of them */
	bool		 failed;		/* memory was short */
};

void arrivals_event(struct arrivals *, const struct inotify_event *);
void arrivals_free(struct arrivals *);

#endif
