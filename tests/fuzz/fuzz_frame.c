/*
 * Line framing: up to three connections share a block, their bytes come in reads of any size, and
 * the block is emptied at any time.  The lines and counts must be those of a naive splitter
 * that sees each connection byte by byte and knows nothing of reads.
 *
 * Input: MAX_LINE, CAP, ENDING, N, then N bytes that decide the reads over and over, then text.
 *   read: bits 0-1 the connection, bit 2 empty the block first, bits 3-7 the size
 */
#include "fuzz.h"

#include "base/mem.h"
#include "core/frame.h"

#include <string.h>

#define CONNECTIONS 3

struct naive {				/* one connection */
	struct buf	line;		/* all of it so far, '\n' not included */
	bool		begun;		/* a byte came since the last '\n' */
};

struct state {
	size_t			 max_line;
	const struct scan	*scan;
	struct lines		 lines;
	struct framer		 framer[CONNECTIONS];
	struct frame_counts	 counts;
	struct buf		 got;	/* what was taken out of the block */
	uint64_t		 records;

	struct naive		 naive[CONNECTIONS];
	struct buf		 want;
	struct frame_counts	 want_counts;
};

/* ---- the naive splitter ---- */

static void
naive_line(struct state *s, struct naive *n)
{
	size_t len = n->line.len;

	if (len > 0 && n->line.data[len - 1] == '\r')
		len--;
	s->want_counts.records++;
	if (len > s->max_line) {
		s->want_counts.bad++;
	} else {
		FUZZ_CHECK(buf_add(&s->want, n->line.data, n->line.len) == 0);
		FUZZ_CHECK(buf_add(&s->want, "\n", 1) == 0);
	}
	n->line.len = 0;
	n->begun = false;
}

static void
naive_take(struct state *s, struct naive *n, const uint8_t *text, size_t len)
{
	s->want_counts.bytes += len;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			naive_line(s, n);
		} else {
			FUZZ_CHECK(buf_add(&n->line, &text[i], 1) == 0);
			n->begun = true;
		}
	}
}

static void
naive_end(struct state *s, struct naive *n, bool clean)
{
	if (!n->begun)
		return;
	if (clean) {
		naive_line(s, n);
	} else {
		s->want_counts.records++;
		s->want_counts.bad++;
	}
}

/* ---- the framer ---- */

static void
empty_block(struct state *s)
{
	s->records += s->lines.records;
	FUZZ_CHECK(buf_add(&s->got, s->lines.data, s->lines.len) == 0);
	lines_empty(&s->lines);
}

/* One read of at most SIZE bytes; returns how many it took. */
static size_t
read_some(struct state *s, unsigned connection, const uint8_t *text, size_t size)
{
	struct framer *f = &s->framer[connection];
	size_t room;
	char *to = frame_room(f, &s->lines, &room);

	if (room == 0) {
		empty_block(s);
		to = frame_room(f, &s->lines, &room);
	}
	FUZZ_CHECK(room > 0);
	if (size > room)
		size = room;
	memcpy(to, text, size);
	FUZZ_CHECK(frame_take(f, &s->lines, s->scan, size, s->max_line, &s->counts) == 0);
	FUZZ_CHECK(f->partial.len <= s->max_line + 1);
	naive_take(s, &s->naive[connection], text, size);
	return size;
}

static void
read_all(struct state *s, const uint8_t *reads, size_t n, struct fuzz_input in)
{
	for (size_t i = 0; in.size > 0; i++) {
		unsigned how = n > 0 ? reads[i % n] : 0xff;
		size_t size = (how >> 3) + 1u, took;

		if ((how & 4) != 0)
			empty_block(s);
		if (size == 32)
			size = in.size;
		took = read_some(s, (how & 3) % CONNECTIONS, in.data,
		    size < in.size ? size : in.size);
		in.data += took;
		in.size -= took;
	}
}

static void
end_all(struct state *s, unsigned ending)
{
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		bool clean = (ending >> i & 1) == 0;
		bool cut = s->naive[i].begun;

		empty_block(s);
		if (clean)
			FUZZ_CHECK(frame_end(&s->framer[i], &s->lines, s->max_line, &s->counts) == 0);
		else if (frame_drop(&s->framer[i], &s->lines, &s->counts) == 1)
			FUZZ_CHECK(cut);
		naive_end(s, &s->naive[i], clean);
	}
	empty_block(s);
}

static void
compare(const struct state *s)
{
	FUZZ_CHECK(s->counts.records == s->want_counts.records);
	FUZZ_CHECK(s->counts.bad == s->want_counts.bad);
	FUZZ_CHECK(s->counts.bytes == s->want_counts.bytes);
	FUZZ_CHECK(s->records == s->want_counts.records - s->want_counts.bad);
	FUZZ_CHECK(s->got.len == s->want.len);
	FUZZ_CHECK(s->got.len == 0 || memcmp(s->got.data, s->want.data, s->got.len) == 0);
}

static void
close_all(struct state *s)
{
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		frame_close(&s->framer[i]);
		buf_free(&s->naive[i].line);
	}
	lines_close(&s->lines);
	buf_free(&s->got);
	buf_free(&s->want);
}

static const struct scan *
choose_scan(unsigned i)
{
	const struct scan *scan = scan_nth(i);

	return scan != NULL ? scan : scan_best();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct state s = { .max_line = fuzz_byte(&in) };
	size_t cap = 4 * fuzz_byte(&in) + 4;
	unsigned ending = fuzz_byte(&in), n = fuzz_byte(&in);

	if (s.max_line == 0)
		s.max_line = 1 << 20;
	s.scan = choose_scan(ending >> 4);
	FUZZ_CHECK(lines_open(&s.lines, cap) == 0);
	if (n > in.size)
		n = (unsigned)in.size;
	in.data += n;
	in.size -= n;
	read_all(&s, in.data - n, n, in);
	end_all(&s, ending);
	compare(&s);
	close_all(&s);
	return 0;
}
