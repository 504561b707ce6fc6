/*
 * What the files of the stage sessions share.  sessions.c: words, records, rows; sessions_save.c:
 * what is put down of open sessions.
 */
#ifndef STAGE_SESSIONS_H
#define STAGE_SESSIONS_H

#include "core/group.h"
#include "core/keyed_save.h"
#include "core/when.h"

struct sessions_config {
	const char	*fields;
	int		 word;
	struct span	 gap;
	struct when	 when;
	struct group	 group;
};

struct session {
	int64_t		 from, to;	/* ticks of its first and last record */
	int64_t		 start, end;	/* their times */
	uint64_t	 count;		/* 0: none */
};

struct open {				/* the value of a key: sessions a gap apart, in any order */
	struct session	*at;
	uint64_t	 n, cap;
};

struct closed {
	struct session	 session;
	struct map_key	 key;		/* its bytes in lane->keys */
};

struct sessions_lane {
	struct keyed		 open;
	struct group_run	 run;
	struct when_past	 past;
	struct arena		 keys, text;	/* of what has closed; of rows handed out last */
	struct closed		*closed;
	const void		**order;	/* of them, when they fire */
	size_t			 n, cap, next;
};

int sessions_save(const struct stage *, void *lane, struct saving *, struct err *);
int sessions_load(const struct stage *, void *lane, const struct store_part *, struct wire *,
    struct err *);

#endif
