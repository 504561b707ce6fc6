/*
 * A source: where lines come from.  One file with a const struct source_class and one row in
 * sources.def each.  A source owns its descriptors and events; it never sees lines: it tells the
 * host which descriptor to read from, and the host reads, frames and counts.
 *
 * Life: open (finds what is wrong before anything is counted) -> start -> ... -> host->ended or
 * host->failed, once -> close.  All of it happens in the loop's thread.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "base/err.h"
#include "core/bucket.h"
#include "core/frame.h"
#include "core/save.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct event_base;
struct evdns_base;
struct source;

enum source_on_eof { ON_EOF_EXIT, ON_EOF_RECONNECT, ON_EOF_WAIT };

enum source_from { FROM_END, FROM_START };

struct source_options {
	enum source_on_eof	on_eof;		/* what a clean end by the peer means */
	uint64_t		retries;	/* failed attempts in a row that are allowed */
	int64_t			connect_timeout;	/* microseconds for one attempt */
	uint64_t		max_clients;	/* of listen:// */
	uint64_t		max_rate;	/* records a second of each source; 0: no limit */
	enum source_from	from;		/* where tail: begins in a file that is there */
	bool			new_only;	/* dir: leaves out what is there at the start */
};

enum receive {
	RECEIVE_SOME,		/* bytes came */
	RECEIVE_NOTHING,	/* EAGAIN or EINTR: try again when the descriptor is ready */
	RECEIVE_EOF,
	RECEIVE_ERROR,		/* errno tells */
	RECEIVE_DAMAGED,	/* compressed data is wrong: unpack_error tells (see unpack.h) */
	RECEIVE_STOP,		/* the job has failed and is ending: touch nothing more */
};

/* What the engine does for sources. */
struct source_host {
	struct event_base	*base;
	struct source_options	 options;
	uint64_t		 random;	/* seed for jitter */

	/* Reads once from FD and takes what came as part of FRAMER's lines. */
	enum receive	(*receive)(struct source *, struct framer *, int fd);

	/*
	 * The same in two steps, for bytes that do not come from read(2) alone: where *SIZE bytes,
	 * 1 or more, can be put; NULL: as RECEIVE_STOP.  Then N of them were put there, and nothing
	 * else was called in between; false: as RECEIVE_STOP.
	 */
	char		*(*room)(struct source *, struct framer *, size_t *size);
	bool		(*took)(struct source *, struct framer *, size_t n);

	/*
	 * How many records the source may take now.  0: none (--max-rate) for *WAIT microseconds;
	 * the source stops reading that long and asks again.
	 */
	uint64_t	(*allowed)(struct source *, int64_t *wait);

	/* Takes LEN bytes of whole lines that the source made itself; false: as RECEIVE_STOP. */
	bool		(*take)(struct source *, const char *lines, size_t len);

	/*
	 * FRAMER's connection ended: its unfinished line counts (CLEAN), or is dropped and bad.
	 * With a checkpoint all of its records have been fed when this returns: the framer may go.
	 */
	void		(*finish)(struct source *, struct framer *, bool clean);

	/* The source has nothing more, ever. */
	void		(*ended)(struct source *);

	/* The source cannot go on; the job ends with this error. */
	void		(*failed)(struct source *, const struct err *);

	/* One line for the user on stderr, not shown with -q. */
	void		(*notice)(struct source *, const char *format, ...)
			    __attribute__((format(printf, 2, 3)));

	/* The resolver, made when first asked for; NULL: memory is short. */
	struct evdns_base *(*resolver)(struct source *);
};

struct source_class {
	const char	*name;
	const char	*prefix;	/* what its addresses begin with; "" takes the rest */
	const char	*usage;
	const char	*help;		/* one line */
	unsigned	 flags;		/* enum source_flag */
	size_t		 size;		/* bytes of private state, zeroed */
	int		(*open)(struct source *, struct err *);
	int		(*start)(struct source *, struct err *);

	/*
	 * A source that cannot be waited for gets turns while source->ready is set: it takes a
	 * slice of input and returns.  NULL for all others.
	 */
	void		(*turn)(struct source *);
	void		(*close)(struct source *);

	/*
	 * With a checkpoint, if s->replayable is set: puts down how far it has come, all of it or
	 * what has changed since the last call (core/save.h); TO->part is its own, and all is put
	 * when it returns.  By its framers' positions, not by what was read: it may be called
	 * within host->room, took, take and finish.  load takes a chunk of that, between open and
	 * start, in the order of the puts: it goes on from there, or fails with a message if it
	 * cannot: another file, one cut short, damaged bytes.  A source that is no longer
	 * replayable fails there, too.
	 */
	int		(*save)(struct source *, struct saving *, struct err *);
	int		(*load)(struct source *, const struct store_part *, struct wire *,
			    struct err *);
};

enum source_flag {
	SOURCE_REPLAYABLE = 1,	/* the same bytes can be read again: of file, of regular ones */
	SOURCE_BOUNDED = 2,	/* it ends by itself */
};

struct source {
	const struct source_class	*class;
	struct source_host		*host;
	const char			*address;	/* as the user wrote it, for messages */
	const char			*rest;		/* behind the prefix */
	int				 word;		/* where it was given */
	int				 number;	/* of the -i that gave it, from 0 */
	void				*private;	/* class->size bytes */
	bool				 ready;		/* wants turns */
	bool				 paused;	/* not now, nor those behind it */
	bool				 done;		/* ended or failed */
	bool				 replayable;	/* what was opened is; set by open */
	uint64_t			 reconnects;	/* since the batch began ... */
	uint64_t			 reconnected;	/* ... and before, in all runs */
	uint64_t			 dropped;	/* messages that the system threw away */
	dev_t				 dev;		/* of a regular file, which no sink ... */
	ino_t				 ino;		/* ... may overwrite; 0: it is none */
	uint64_t			 offset;	/* in it, decoded, of what was taken */
	struct bucket			 bucket;	/* the host's, for --max-rate */
};

#endif
