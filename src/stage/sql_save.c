/* What sql puts down, as parts of their own: what was told, and the rows of each port. */
#include "stage/sql.h"

#include "core/tick.h"

#include <string.h>

enum part { PART_TOLD = 1, PART_PORT };		/* ticks of parts: PORT is that of port 0 */

static int
no_memory(struct err *err)
{
	return err_memory(err, "saving the rows of a window");
}

static int
put_told(struct buf *out, const struct sql_lane *lane)
{
	return tick_put(out, lane->answered) == -1 || wire_put(out, lane->came) == -1 ? -1 :
	    wire_put(out, lane->ended);
}

static int
save_told(struct sql_lane *lane, struct saving s, struct err *err)
{
	s.part.tick = PART_TOLD;
	if (put_told(s.out, lane) == -1)
		return no_memory(err);
	if (s.out->len == lane->saved.len &&
	    memcmp(s.out->data, lane->saved.data, s.out->len) == 0) {
		s.out->len = 0;
		return 0;
	}
	lane->saved.len = 0;
	if (buf_add(&lane->saved, s.out->data, s.out->len) == -1)
		return no_memory(err);
	if (save_clear(&s, err) == -1)
		return -1;
	if (buf_add(s.out, lane->saved.data, lane->saved.len) == -1)
		return no_memory(err);
	return save_flush(&s, err);
}

int
sql_save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	struct sql_lane *lane = private;

	if (save_told(lane, *to, err) == -1)
		return -1;
	for (unsigned i = 0; i <= s->ports; i++) {
		struct saving port = *to;

		port.part.tick = PART_PORT + (int64_t)i;
		if (history_save(&lane->input[i], NULL, &port, err) == -1)
			return -1;
	}
	return 0;
}

static int
load_port(const struct stage *s, struct sql_lane *lane, unsigned port,
    const struct store_part *part, struct wire *in)
{
	unsigned width[STAGE_PORTS + 1];
	const struct history_reader reader = { .width = width, .ports = s->ports + 1 };

	for (unsigned i = 0; i <= s->ports; i++)
		width[i] = (port == 0 ? s->in : s->port[port - 1].in)->width;
	return history_load(&lane->input[port], &reader, part, in);
}

int
sql_load(const struct stage *s, void *private, const struct store_part *part, struct wire *in,
    struct err *err)
{
	struct sql_lane *lane = private;

	if (part->tick == PART_TOLD) {
		lane->answered = tick_get(in);
		lane->came = wire_get(in) != 0;
		lane->ended = wire_get(in) != 0;
		return 0;
	}
	if (part->tick < PART_PORT || part->tick > PART_PORT + (int64_t)s->ports) {
		in->damaged = true;
		return 0;
	}
	return load_port(s, lane, (unsigned)(part->tick - PART_PORT), part, in) == -1 ?
	    err_memory(err, "reading the rows of a window") : 0;
}
