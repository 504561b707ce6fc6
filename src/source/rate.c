/*
 * rate:N: N lines a second, the numbers 0, 1, 2 and so on, for trying things out.  How many are
 * due follows from the monotonic clock alone, so late timers lose nothing.  The position tells how
 * many there were.
 */
#include "base/num.h"
#include "engine/sys.h"
#include "source/spot.h"

#include <event2/event.h>
#include <string.h>

#define MAX_RATE 100000000		/* lines a second */
#define STEP_US 10000			/* between timers, unless lines are rarer */
#define PIECE 4096			/* lines made at a time */
#define LINE_BYTES (NUM_INT_BYTES + 1)

struct rate {
	uint64_t	 per_second;
	uint64_t	 made;
	uint64_t	 before;	/* of them by an earlier run */
	uint64_t	 put;		/* position when last put down */
	struct framer	 framer;
	int64_t		 began;		/* monotonic microseconds */
	struct event	*timer;
	char		 text[PIECE * LINE_BYTES + SCAN_PAD];
};

static int
open_rate(struct source *s, struct err *err)
{
	struct rate *r = s->private;
	enum num_status status = num_parse_u64(s->rest, &r->per_second);

	s->replayable = true;
	if (status != NUM_OK)
		return err_word(err, s->word, "%s: '%s' %s; write rate:N, N lines a second",
		    s->address, s->rest, num_status_text(status));
	if (r->per_second == 0 || r->per_second > MAX_RATE)
		return err_word(err, s->word, "%s: N must be from 1 to %d lines a second",
		    s->address, MAX_RATE);
	return 0;
}

/* Lines that should have been made by now; split so that it cannot overflow. */
static uint64_t
due(const struct rate *r, int64_t now)
{
	uint64_t us = (uint64_t)(now - r->began);

	return r->before + us / 1000000 * r->per_second +
	    us % 1000000 * r->per_second / 1000000;
}

static bool
give(struct source *s, const char *text, size_t len)
{
	struct rate *r = s->private;
	size_t size;
	char *to;

	while (len > 0) {
		to = s->host->room(s, &r->framer, &size);
		if (to == NULL)
			return false;
		if (size > len)
			size = len;
		memcpy(to, text, size);
		if (!s->host->took(s, &r->framer, size))
			return false;
		text += size;
		len -= size;
	}
	return true;
}

static bool
make_lines(struct source *s, uint64_t n)
{
	struct rate *r = s->private;
	char *p = r->text;

	for (; n > 0; n--) {
		p += num_format_u64(p, r->made++);
		*p++ = '\n';
	}
	return give(s, r->text, (size_t)(p - r->text));
}

/* Waits for the time of some lines; WAIT: what --max-rate asks for, or 0. */
static int
set_timer(struct rate *r, int64_t wait, struct err *err)
{
	int64_t step = 1000000 / (int64_t)r->per_second;
	struct timeval tv;

	if (step < STEP_US)
		step = STEP_US;
	if (wait > 0)
		step = wait;
	tv = sys_timeval(step);
	return event_add(r->timer, &tv) == -1 ? err_memory(err, "setting a timer") : 0;
}

static void
timer_cb(evutil_socket_t fd, short events, void *arg)
{
	struct source *s = arg;
	struct rate *r = s->private;
	uint64_t target = due(r, sys.mono());
	int64_t wait = 0;
	struct err err;

	(void)fd;
	(void)events;
	while (r->made < target) {
		uint64_t n = s->host->allowed(s, &wait);

		if (n == 0)
			break;
		if (n > target - r->made)
			n = target - r->made;
		if (!make_lines(s, n < PIECE ? n : PIECE))
			return;
		wait = 0;
	}
	if (set_timer(r, wait, &err) == -1)
		s->host->failed(s, &err);
}

static int
start(struct source *s, struct err *err)
{
	struct rate *r = s->private;

	r->timer = evtimer_new(s->host->base, timer_cb, s);
	if (r->timer == NULL)
		return err_memory(err, "starting a generator");
	r->began = sys.mono();
	return set_timer(r, 0, err);
}

/* How many lines are BYTES bytes; false if that is not at the end of a line. */
static bool
lines_of(uint64_t bytes, uint64_t *lines)
{
	uint64_t numbers = 10;		/* of as many digits as the least of them has */

	*lines = 0;
	for (uint64_t size = 2; size <= LINE_BYTES && bytes > 0; size++) {
		uint64_t n = bytes / size < numbers ? bytes / size : numbers;

		*lines += n;
		bytes -= n * size;
		if (n < numbers)
			break;
		numbers = size == 2 ? 90 : numbers * 10;
	}
	return bytes == 0;
}

static int
save(struct source *s, struct saving *to, struct err *err)
{
	struct rate *r = s->private;

	if (r->framer.position == r->put)
		return 0;
	if (save_clear(to, err) == -1)
		return -1;
	if (frame_save(&r->framer, to->out) == -1)
		return err_memory(err, "saving a position");
	r->put = r->framer.position;
	return save_flush(to, err);
}

static int
load(struct source *s, const struct store_part *part, struct wire *in, struct err *err)
{
	struct rate *r = s->private;

	(void)part;
	if (frame_load(&r->framer, in) == -1)
		return err_memory(err, "reading a saved position");
	if (in->damaged || in->at != in->end || !lines_of(r->framer.position, &r->made))
		return spot_damaged(s, err);
	r->put = r->framer.position;
	r->before = r->made;
	return 0;
}

static void
close_rate(struct source *s)
{
	struct rate *r = s->private;

	if (r->timer != NULL)
		event_free(r->timer);
	frame_close(&r->framer);
}

const struct source_class source_rate = {
	.name = "rate",
	.prefix = "rate:",
	.usage = "rate:N",
	.help = "a generator: N lines a second, numbered from 0",
	.flags = SOURCE_REPLAYABLE,
	.size = sizeof(struct rate),
	.open = open_rate,
	.start = start,
	.close = close_rate,
	.save = save,
	.load = load,
};
