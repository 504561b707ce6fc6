/*
 * Bytes that may be compressed: gzip and zstd are recognised by how they begin, whatever the name,
 * and decoded straight into the host's block; anything else is passed as it is.  Members that
 * follow each other are one text.  What was decoded before damage is found has been taken.
 * A few buffers of fixed size (of zstd: at most 128 MiB, as its own tool) are all it holds.
 */
#ifndef SOURCE_UNPACK_H
#define SOURCE_UNPACK_H

#include "source/source.h"

#define UNPACK_MAGIC 4			/* bytes that tell */

struct unpack;

/* For the bytes of NAME, as it is called in messages, which outlives it; NULL: memory is short. */
struct unpack *unpack_open(const char *name);
void unpack_close(struct unpack *);	/* harmless with NULL */

/*
 * To be called before anything is read: SKIP bytes of the text are not to be taken, as they were in
 * an earlier run.  The descriptor is at byte START of its file, where the text begins.  What is
 * plain is skipped by seeking, all else is decoded for nothing.
 */
void unpack_skip(struct unpack *, uint64_t start, uint64_t skip);

/* Reads at most once from FD, and decodes what there is room for; RECEIVE_DAMAGED: see below. */
enum receive unpack_receive(struct unpack *, struct source *, struct framer *, int fd);

/* True if it has more to give without a read; false for NULL. */
bool unpack_pending(const struct unpack *);

/* What was damaged, and where. */
const struct err *unpack_error(const struct unpack *);

/*
 * What a framer was given has ended.  RECEIVE_EOF: its last line is finished.  RECEIVE_DAMAGED:
 * that line is bad, and what is left of it will be no line should it ever be read.  RECEIVE_ERROR:
 * it is bad; if there is a checkpoint and it can be read again it is left to a later run.
 */
void unpack_finish(struct source *, struct framer *, enum receive how);

/* "gzip" or "zstd" if LEN bytes from the start of a file look like that, else NULL. */
const char *unpack_recognise(const void *bytes, size_t len);

#endif
