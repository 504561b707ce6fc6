/*
 * Reads one descriptor for a source: pipes, terminals and sockets when libevent says so, all
 * else (regular files, /dev/zero: epoll refuses them) in turns.  Owns the descriptor.  Where
 * --max-rate or the host holds it up it does not watch the descriptor, so that the sender waits.
 */
#ifndef SOURCE_READER_H
#define SOURCE_READER_H

#include "source/source.h"

struct event;
struct reader;
struct unpack;

enum reader_end {
	READER_EOF,
	READER_ERROR,			/* an errno */
	READER_DAMAGED,			/* unpack_error tells */
};

/* The descriptor is at its end or broken (NUMBER is the errno); the reader no longer reads. */
typedef void (*reader_end_fn)(struct reader *, enum reader_end, int number);

struct reader {
	struct source	*source;
	reader_end_fn	 end;
	void		*arg;		/* the owner's */
	int		 fd;
	bool		 blocking;	/* read(2) may block: ask poll(2) before a further one */
	bool		 received;	/* bytes came */
	struct event	*event;		/* NULL: read in turns */
	struct event	*resume;	/* a timer, while held up; made when first needed */
	struct unpack	*unpack;	/* NULL: bytes are lines as they come */
	struct framer	 framer;
};

/* Starts to read FD, which is now the reader's, also on failure; 0 or -1. */
int reader_start(struct reader *, struct source *, int fd, bool blocking, reader_end_fn, void *arg,
    struct err *);

/*
 * The bytes of a started reader may be gzip or zstd; NAME, for messages, outlives it.  Of their
 * text, which begins where the descriptor is, at byte START, SKIP bytes are not taken.  0 or -1.
 */
int reader_unpacks(struct reader *, const char *name, uint64_t start, uint64_t skip, struct err *);

/* Reads until there is nothing more for now or a slice is spent: a turn of one without an event. */
void reader_turn(struct reader *);

/* Closes the descriptor and frees everything; harmless on a zeroed reader and twice. */
void reader_stop(struct reader *);

#endif
