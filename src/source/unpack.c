/* Compressed bytes, see unpack.h. */
#include "source/unpack.h"

#include "base/mem.h"
#include "engine/sys.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define ZSTD_STATIC_LINKING_ONLY	/* for ZSTD_customMem */
#include <zstd.h>
#include <zstd_errors.h>

#define IN_BYTES ((size_t)128 << 10)
#define WASTE_BYTES ((size_t)128 << 10)
#define GZIP_WINDOW (15 + 16)		/* zlib: any window, a gzip header */

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct unpack {
	const char	*name;
	enum packing	 packing;
	unsigned char	 head[UNPACK_MAGIC];	/* read to learn what it is */
	size_t		 head_len;
	bool		 ended;		/* behind those first bytes; a terminal says so once */
	unsigned char	*in;		/* compressed: in[at .. len) is not decoded yet */
	size_t		 at, len;
	uint64_t	 position;	/* of in[at], from the start of the compressed bytes */
	bool		 inside;	/* a member has begun and not ended */
	bool		 more;		/* the decoder may hold output */
	uint64_t	 start, skip;	/* bytes of the text that are not to be taken */
	char		*waste;		/* to decode those into */
	z_stream	 gzip;
	ZSTD_DStream	*zstd;
	struct err	 err;
};

/* ---- what it is ---- */

/* True if LEN bytes agree with the first bytes of a packing as far as they go. */
static bool
agrees(const unsigned char *bytes, size_t len, enum packing packing)
{
	static const unsigned char gzip[] = { 0x1f, 0x8b, 8 };
	static const unsigned char zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const unsigned char skip[] = { 0x50, 0x2a, 0x4d, 0x18 };	/* a frame to be skipped */
	unsigned char first = len > 0 ? bytes[0] & 0xf0 : 0x50;

	if (packing == PACKING_GZIP)
		return memcmp(bytes, gzip, len < sizeof(gzip) ? len : sizeof(gzip)) == 0;
	if (len > sizeof(zstd))
		len = sizeof(zstd);
	return memcmp(bytes, zstd, len) == 0 ||
	    (first == 0x50 && (len < 2 || memcmp(bytes + 1, skip + 1, len - 1) == 0));
}

/* What LEN bytes are; unknown if it takes more of them to say. */
static enum packing
recognise(const unsigned char *bytes, size_t len)
{
	if (agrees(bytes, len, PACKING_GZIP))
		return len < 3 ? PACKING_UNKNOWN : PACKING_GZIP;
	if (agrees(bytes, len, PACKING_ZSTD))
		return len < UNPACK_MAGIC ? PACKING_UNKNOWN : PACKING_ZSTD;
	return PACKING_NONE;
}

const char *
unpack_recognise(const void *bytes, size_t len)
{
	switch (recognise(bytes, len)) {
	case PACKING_GZIP:
		return "gzip";
	case PACKING_ZSTD:
		return "zstd";
	default:
		return NULL;
	}
}

/* ---- errors ---- */

static enum receive
out_of_memory(struct unpack *u)
{
	err_set(&u->err, ERR_RUN, "%s: out of memory decompressing", u->name);
	return RECEIVE_DAMAGED;
}

static enum receive
damaged(struct unpack *u, const char *what, const char *why)
{
	err_set(&u->err, ERR_RUN, "%s: damaged %s data at byte %llu: %s", u->name, what,
	    (unsigned long long)u->position, why);
	return RECEIVE_DAMAGED;
}

const struct err *
unpack_error(const struct unpack *u)
{
	return &u->err;
}

/* ---- decoders: decode in[at .. len) into SIZE bytes at TO, *MADE are made ---- */

static void *
gzip_alloc(void *opaque, unsigned items, unsigned size)
{
	(void)opaque;
	return mem_zalloc((size_t)items * size);
}

static void
gzip_free(void *opaque, void *p)
{
	(void)opaque;
	mem_free(p);
}

static void *
zstd_alloc(void *opaque, size_t size)
{
	(void)opaque;
	return mem_alloc(size);
}

static enum receive
gzip_decode(struct unpack *u, char *to, size_t size, size_t *made)
{
	z_stream *z = &u->gzip;
	int rc;

	z->next_in = u->in + u->at;
	z->avail_in = (unsigned)(u->len - u->at);
	z->next_out = (unsigned char *)to;
	z->avail_out = (unsigned)size;
	rc = inflate(z, Z_NO_FLUSH);
	*made = size - z->avail_out;
	u->position += u->len - u->at - z->avail_in;
	u->at = u->len - z->avail_in;
	u->more = z->avail_out == 0;
	if (rc == Z_STREAM_END) {
		u->inside = u->more = false;
		return inflateReset(z) == Z_OK ? RECEIVE_SOME : out_of_memory(u);
	}
	if (rc == Z_MEM_ERROR)
		return out_of_memory(u);
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		return damaged(u, "gzip", z->msg != NULL ? z->msg : "not what zlib reads");
	return RECEIVE_SOME;
}

static enum receive
zstd_decode(struct unpack *u, char *to, size_t size, size_t *made)
{
	ZSTD_inBuffer in = { .src = u->in + u->at, .size = u->len - u->at };
	ZSTD_outBuffer out = { .dst = to, .size = size };
	size_t rc = ZSTD_decompressStream(u->zstd, &out, &in);

	*made = out.pos;
	u->position += in.pos;
	u->at += in.pos;
	u->more = out.pos == out.size;
	if (ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation)
		return out_of_memory(u);
	if (ZSTD_isError(rc))
		return damaged(u, "zstd", ZSTD_getErrorName(rc));
	if (rc == 0)
		u->inside = u->more = false;
	return RECEIVE_SOME;
}

static enum receive
open_decoder(struct unpack *u)
{
	const ZSTD_customMem memory = { .customAlloc = zstd_alloc, .customFree = gzip_free };

	u->inside = true;
	u->in = mem_alloc(IN_BYTES);
	if (u->in == NULL)
		return out_of_memory(u);
	memcpy(u->in, u->head, u->head_len);
	u->len = u->head_len;
	if (u->packing == PACKING_GZIP) {
		u->gzip.zalloc = gzip_alloc;
		u->gzip.zfree = gzip_free;
		return inflateInit2(&u->gzip, GZIP_WINDOW) == Z_OK ? RECEIVE_SOME :
		    out_of_memory(u);
	}
	u->zstd = ZSTD_createDStream_advanced(memory);
	return u->zstd != NULL ? RECEIVE_SOME : out_of_memory(u);
}

/* ---- reading ---- */

static enum receive
read_failed(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? RECEIVE_NOTHING :
	    RECEIVE_ERROR;
}

/* It is plain: goes to where taking begins. */
static enum receive
skip_plain(struct unpack *u, int fd)
{
	if (sys.lseek(fd, (off_t)(u->start + u->skip), SEEK_SET) == -1)
		return RECEIVE_ERROR;
	u->skip = u->head_len = 0;
	u->ended = false;
	return RECEIVE_SOME;
}

/* Reads the first bytes until they tell what follows. */
static enum receive
sniff(struct unpack *u, int fd)
{
	ssize_t n = sys.read(fd, u->head + u->head_len, sizeof(u->head) - u->head_len);

	if (n == -1)
		return read_failed();
	u->head_len += (size_t)n;
	u->ended = n == 0;
	u->packing = n == 0 ? PACKING_NONE : recognise(u->head, u->head_len);
	if (u->packing == PACKING_GZIP || u->packing == PACKING_ZSTD)
		return open_decoder(u);
	return u->packing == PACKING_NONE && u->skip > 0 ? skip_plain(u, fd) : RECEIVE_SOME;
}

/* Passes on the first bytes of what turned out to be plain. */
static enum receive
pass_head(struct unpack *u, struct source *s, struct framer *f)
{
	size_t size;
	char *to = s->host->room(s, f, &size);

	if (to == NULL)
		return RECEIVE_STOP;
	if (size > u->head_len)
		size = u->head_len;
	memcpy(to, u->head, size);
	u->head_len -= size;
	memmove(u->head, u->head + size, u->head_len);
	return s->host->took(s, f, size) ? RECEIVE_SOME : RECEIVE_STOP;
}

/* The compressed bytes are at their end. */
static enum receive
ended(struct unpack *u)
{
	if (!u->inside && u->skip > 0) {
		err_set(&u->err, ERR_RUN, "%s: its text ends %llu bytes before where it was read "
		    "to; put the whole file back, or begin anew with --state reset", u->name,
		    (unsigned long long)u->skip);
		return RECEIVE_DAMAGED;
	}
	if (!u->inside)
		return RECEIVE_EOF;
	err_set(&u->err, ERR_RUN, "%s: %s data is cut short at byte %llu", u->name,
	    u->packing == PACKING_GZIP ? "gzip" : "zstd", (unsigned long long)u->position);
	return RECEIVE_DAMAGED;
}

/* Zeros behind a member are padding, as of a tape. */
static void
skip_padding(struct unpack *u)
{
	while (u->packing == PACKING_GZIP && u->at < u->len && u->in[u->at] == 0) {
		u->at++;
		u->position++;
	}
}

static enum receive
fill(struct unpack *u, int fd)
{
	ssize_t n;

	u->at = u->len = 0;
	n = sys.read(fd, u->in, IN_BYTES);
	if (n <= 0)
		return n == 0 ? ended(u) : read_failed();
	u->len = (size_t)n;
	return RECEIVE_SOME;
}

/* Where SIZE bytes that are not to be taken can be put. */
static char *
waste(struct unpack *u, size_t *size)
{
	if (u->waste == NULL)
		u->waste = mem_alloc(WASTE_BYTES);
	*size = u->skip < WASTE_BYTES ? (size_t)u->skip : WASTE_BYTES;
	return u->waste;
}

static enum receive
give(struct unpack *u, struct source *s, struct framer *f, size_t made)
{
	if (u->skip > 0)
		u->skip -= made;
	else if (made > 0 && !s->host->took(s, f, made))
		return RECEIVE_STOP;
	return RECEIVE_SOME;
}

static enum receive
decode(struct unpack *u, struct source *s, struct framer *f, int fd)
{
	enum receive rc = u->at == u->len && !u->more ? fill(u, fd) : RECEIVE_SOME;
	size_t size, made;
	char *to;

	if (rc != RECEIVE_SOME)
		return rc;
	if (!u->inside)
		skip_padding(u);
	if (u->at == u->len && !u->more)
		return RECEIVE_SOME;
	to = u->skip > 0 ? waste(u, &size) : s->host->room(s, f, &size);
	if (to == NULL)
		return u->skip > 0 ? out_of_memory(u) : RECEIVE_STOP;
	u->inside = true;
	rc = u->packing == PACKING_GZIP ? gzip_decode(u, to, size, &made) :
	    zstd_decode(u, to, size, &made);
	return give(u, s, f, made) == RECEIVE_STOP ? RECEIVE_STOP : rc;
}

enum receive
unpack_receive(struct unpack *u, struct source *s, struct framer *f, int fd)
{
	if (u->packing == PACKING_UNKNOWN)
		return sniff(u, fd);
	if (u->packing != PACKING_NONE)
		return decode(u, s, f, fd);
	if (u->head_len > 0)
		return pass_head(u, s, f);
	return u->ended ? RECEIVE_EOF : s->host->receive(s, f, fd);
}

bool
unpack_pending(const struct unpack *u)
{
	return u != NULL && (u->more || u->at < u->len ||
	    (u->packing == PACKING_NONE && (u->head_len > 0 || u->ended)));
}

/* ---- life ---- */

struct unpack *
unpack_open(const char *name)
{
	struct unpack *u = mem_zalloc(sizeof(*u));

	if (u != NULL)
		u->name = name;
	return u;
}

void
unpack_skip(struct unpack *u, uint64_t start, uint64_t skip)
{
	u->start = start;
	u->skip = skip;
}

void
unpack_finish(struct source *s, struct framer *f, enum receive how)
{
	bool again = how == RECEIVE_ERROR && s->replayable && f->keeps;
	bool skipping = f->skipping;

	if (how == RECEIVE_DAMAGED)
		skipping |= f->partial.len > 0;
	if (again)
		buf_free(&f->partial);
	s->host->finish(s, f, how == RECEIVE_EOF || again);
	f->skipping = how != RECEIVE_EOF && skipping;
}

void
unpack_close(struct unpack *u)
{
	if (u == NULL)
		return;
	if (u->gzip.state != NULL)
		(void)inflateEnd(&u->gzip);
	(void)ZSTD_freeDStream(u->zstd);
	mem_free(u->in);
	mem_free(u->waste);
	mem_free(u);
}
