/*
 * What can be learned of a file behind its descriptor: whether it begins as it did before, and
 * whether anyone may still write to it.
 */
#ifndef SOURCE_PROBE_H
#define SOURCE_PROBE_H

#include "base/wire.h"

#include <stdbool.h>
#include <stdint.h>

#define HEAD_BYTES 1024

struct head {			/* a file's first bytes; zeroed: none are known */
	uint64_t	hash;
	uint32_t	len;
};

enum head_check { HEAD_SAME, HEAD_OTHER, HEAD_ERROR };

/*
 * Compares the file's beginning with HEAD, as far as HEAD goes, and extends HEAD if it is the same.
 * HEAD_ERROR: errno tells.
 */
enum head_check head_check(struct head *, int fd);

/* As bytes, and back; 0, or -1 when memory is short. */
int head_put(struct buf *, const struct head *);
void head_get(struct wire *, struct head *);

enum writers { WRITERS_NONE, WRITERS_SOME, WRITERS_UNKNOWN };

/*
 * Whether any process has the regular file open for writing.  The system tells the file's owner
 * and root, by granting a lease or not (fcntl(2)), on local file systems.
 */
enum writers probe_writers(int fd);

#endif
