/* Ticks as bytes, in what is put down of state. */
#ifndef CORE_TICK_H
#define CORE_TICK_H

#include "base/wire.h"

#define TICK_MAX (INT64_C(1) << 61)	/* two can be added, and a span, without overflow */

/* 0, or -1 when memory is short. */
static inline int
tick_put(struct buf *out, int64_t tick)
{
	return wire_put_word(out, (uint64_t)tick);
}

/* One that is further than TICK_MAX from 0 is damaged. */
static inline int64_t
tick_get(struct wire *in)
{
	int64_t tick = (int64_t)wire_get_word(in);

	if (tick >= -TICK_MAX && tick <= TICK_MAX)
		return tick;
	in->damaged = true;
	return 0;
}

#endif
