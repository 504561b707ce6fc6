/* Looking at a file, see probe.h. */
#include "source/probe.h"

#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

/* FNV-1a: only equality counts, and nobody gains from a collision. */
static uint64_t
hash_bytes(const unsigned char *bytes, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3U;
	return hash;
}

/* Reads the first SIZE bytes, fewer only at the end of the file; -1 with errno. */
static ssize_t
read_head(int fd, unsigned char *bytes, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (len < size && n != 0) {
		n = sys.pread(fd, bytes + len, size - len, (off_t)len);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			len += (size_t)n;
	}
	return (ssize_t)len;
}

enum head_check
head_check(struct head *h, int fd)
{
	unsigned char bytes[HEAD_BYTES];
	ssize_t n = read_head(fd, bytes, sizeof(bytes));

	if (n == -1)
		return HEAD_ERROR;
	if (h->len > (size_t)n || (h->len > 0 && hash_bytes(bytes, h->len) != h->hash))
		return HEAD_OTHER;
	h->len = (uint32_t)n;
	h->hash = hash_bytes(bytes, (size_t)n);
	return HEAD_SAME;
}

int
head_put(struct buf *out, const struct head *h)
{
	return wire_put(out, h->len) == -1 ? -1 : wire_put_word(out, h->hash);
}

void
head_get(struct wire *in, struct head *h)
{
	uint64_t len = wire_get(in);

	in->damaged |= len > HEAD_BYTES;
	h->len = in->damaged ? 0 : (uint32_t)len;
	h->hash = wire_get_word(in);
}

/*
 * The lease is held for a moment only; a writer that comes in it is waited for by the kernel, which
 * would tell us with a signal: one that nobody minds.
 */
enum writers
probe_writers(int fd)
{
	if (sys.fcntl(fd, F_SETSIG, SIGURG) == -1)
		return WRITERS_UNKNOWN;
	if (sys.fcntl(fd, F_SETLEASE, F_RDLCK) == -1)
		return errno == EAGAIN ? WRITERS_SOME : WRITERS_UNKNOWN;
	(void)sys.fcntl(fd, F_SETLEASE, F_UNLCK);
	return WRITERS_NONE;
}
