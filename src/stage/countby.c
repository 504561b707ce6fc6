/* countby: how often each line occurs, byte for byte without its line end. */
#include "core/stage.h"
#include "core/tally.h"

static int
open_stage(struct stage *s, const struct schema *in, struct schema *out, struct err *err)
{
	(void)s;
	(void)in;
	(void)err;
	*out = (struct schema){ .columns = 2, .name = { "line", "count" } };
	return 0;
}

static int
count_lines(struct tally *t, const struct block *in)
{
	const char *text = in->text, *end = in->text + in->len;

	while (text < end) {
		const char *line = text;
		size_t len;

		text = line_next(text, end, &len);
		if (tally_text(t, line, len) == -1)
			return -1;
	}
	return 0;
}

static int
feed(const struct stage *s, void *lane, const struct block *in, struct map *state,
    struct blocks *out, struct err *err)
{
	(void)s;
	(void)out;
	if (tally_start(lane, state) == -1 || count_lines(lane, in) == -1 || tally_end(lane) == -1)
		return err_memory(err, "counting lines");
	return 0;
}

static int
fire(const struct stage *s, void *lane, const struct map *answer, struct err *err)
{
	return tally_fire(lane, answer, s->limit, err);
}

static size_t
rows(const struct stage *s, void *lane, const struct rows *out)
{
	(void)s;
	return tally_rows(lane, out);
}

static void
lane_close(void *lane)
{
	tally_close(lane);
}

const struct stage_class stage_countby = {
	.name = "countby",
	.usage = "[OPTION]...",
	.help = "how often each line occurs",
	.detail =
	    "Lines are compared byte for byte, without \\n or \\r\\n.\n"
	    "Rows: line, count; by count down, then by the bytes of the line.\n"
	    "State: one entry for each distinct line of the window.\n",
	.spark = "countByValueAndWindow(window, slide)",
	.flags = STAGE_RANKS,
	.aggregate = &aggregate_count,
	.lane_size = sizeof(struct tally),
	.open = open_stage,
	.lane_close = lane_close,
	.feed = feed,
	.fire = fire,
	.rows = rows,
};
