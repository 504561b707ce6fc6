/* When batches end, see ticker.h. */
#include "core/ticker.h"

#define LEAST_STEP 100000	/* less than that may pass between the readings of two clocks */

/* The first multiple of INTERVAL behind TIME; right for times before the epoch, too. */
static int64_t
next_multiple(int64_t time, int64_t interval)
{
	int64_t rest = time % interval;

	return time - (rest < 0 ? rest + interval : rest) + interval;
}

void
ticker_start(struct ticker *t, int64_t interval, int64_t wall, int64_t mono)
{
	t->interval = interval;
	t->boundary = next_multiple(wall, interval);
	t->deadline = mono + (t->boundary - wall);
}

int64_t
ticker_lateness(const struct ticker *t, int64_t mono)
{
	return mono > t->deadline ? mono - t->deadline : 0;
}

void
ticker_next(struct ticker *t, int64_t wall, int64_t mono)
{
	int64_t step = (wall - t->boundary) - (mono - t->deadline);
	int64_t least = t->interval > LEAST_STEP ? t->interval : LEAST_STEP;

	if (step >= least || step <= -least) {
		ticker_start(t, t->interval, wall, mono);
		return;
	}
	t->boundary += t->interval;
	t->deadline = mono + (t->boundary - wall);
}
