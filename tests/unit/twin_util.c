/* Random records through pipelines, see twin_util.h. */
#include "twin_util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "format/format_table.h"
#include "stage/stage_table.h"

static const char *const columns[] = { "t", "s", "k", "g", "v" };

static int64_t
batch_of(int64_t time)
{
	return time / TWIN_BATCH * TWIN_BATCH + TWIN_BATCH;
}

/* By event time: which are late, as the manual says it. */
static void
judge(struct twin_play *p)
{
	int64_t newest = 0, closed = 0;

	for (int i = 0; i < p->n; i++) {
		struct twin_record *r = &p->record[i];

		r->late = r->tick <= closed;
		if (r->late)
			continue;
		if (r->time > newest)
			newest = r->time;
		closed = (newest - p->lateness) / TWIN_BATCH * TWIN_BATCH;
	}
}

void
twin_make(struct twin_play *p, bool events, bool odd)
{
	static const char *const keys[] = { "1", "2", "3", "1.0", "x", "y", "", "\\N", "-7", "01" };
	int64_t clock = TWIN_START + (int64_t)rand_below(20000);
	int keys_used = 1 + (int)rand_below((uint64_t)(COUNT(keys) - !odd));

	*p = (struct twin_play){ .n = (int)rand_below(rand_below(4) == 0 ? 12 : TWIN_RECORDS),
		.events = events, .lateness = (int64_t)rand_below(6000), .open = true };
	for (int i = 0; i < p->n; i++) {
		struct twin_record *r = &p->record[i];

		clock += rand_below(3) == 0 ? (int64_t)rand_below(1500) : 0;
		*r = (struct twin_record){ .side = (int)rand_below(2), .time = clock,
			.k = keys[rand_below((uint64_t)keys_used)], .g = rand_below(2) ? "p" : "q",
			.v = i };
		if (events)
			r->time -= (int64_t)rand_below(8000);
		r->tick = batch_of(r->time);
	}
	p->first = p->last = batch_of(clock);
	if (events)
		judge(p);
	else
		p->open = rand_below(3) > 0;
	for (int i = 0; i < p->n; i++) {
		const struct twin_record *r = &p->record[i];

		if (r->late)
			continue;
		if (r->tick < p->first)
			p->first = r->tick;
		if (i == 0 || r->tick > p->last)
			p->last = r->tick;
	}
}

int
twin_order(const struct twin_play *p, const struct twin_record **out)
{
	int n = 0;

	for (int64_t tick = p->first; tick <= p->last; tick += TWIN_BATCH)
		for (int i = 0; i < p->n; i++)
			if (!p->record[i].late && p->record[i].tick == tick)
				out[n++] = &p->record[i];
	return n;
}

struct rig {
	struct plan	 plan;
	struct pipeline	 p;
	struct buf	*out;
	const struct format_class *to[4];
};

static int
write_rows(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	struct rig *rig = arg;

	(void)output;
	return buf_add(rig->out, bytes, len) == -1 ? err_memory(err, "writing") : 0;
}

static int
closed(void *arg, int64_t time, struct err *err)
{
	struct rig *rig = arg;

	(void)time;
	return pipeline_flush(&rig->p, err);
}

static int
open_rig(struct rig *rig, const struct twin_play *play, char *const *words,
    const struct files *files, struct err *err)
{
	static const char *const sources[] = { "a", "b" };
	const struct plan_defaults d = {
		.classes = stage_table, .batch = { .ticks = TWIN_BATCH, .word = ERR_NO_WORD },
		.sources = sources, .nsources = play->events ? 0 : 2, .formats = formats,
		.files = files, .time_field = play->events ? "t" : NULL,
	};
	struct pipeline_config config = {
		.plan = &rig->plan, .from = format_find("tsv"), .to = rig->to, .seed = test_seed,
		.time_format = TIME_EPOCH_MS, .lanes = 1, .sources = play->events ? 1 : 2,
		.lateness = play->lateness,
		.host = { .arg = rig, .write = write_rows, .closed = closed },
	};
	int n = 0;

	for (int i = 0; i < COUNT(rig->to); i++)
		rig->to[i] = format_find("tsv");
	while (words[n] != NULL)
		n++;
	if (plan_parse(&rig->plan, &d, words, n, 0, err) == -1 ||
	    plan_input(&rig->plan, format_find("tsv")->flags, columns, COUNT(columns), err) == -1 ||
	    plan_bind(&rig->plan, err) == -1)
		return -1;
	return pipeline_open(&rig->p, &config, err);
}

static int
feed(struct rig *rig, const struct twin_record *r, int n, int source, struct err *err)
{
	struct buf text = { 0 };
	struct block b = { .records = (uint64_t)n, .source = source };
	int rc;

	text.data = malloc(TWIN_RECORDS * 64 + SCAN_PAD);
	for (int i = 0; i < n; i++)
		text.len += (size_t)sprintf(text.data + text.len, "%lld.%06lld\t%s\t%s\t%s\t%d\n",
		    (long long)(r[i].time / 1000000), (long long)(r[i].time % 1000000),
		    r[i].side == 0 ? "a" : "b", r[i].k, r[i].g, r[i].v);
	memset(text.data + text.len, '\n', SCAN_PAD);
	b.text = text.data;
	b.len = text.len;
	rc = n == 0 ? 0 : pipeline_feed(&rig->p, 0, &b, err);
	free(text.data);
	return rc;
}

static int
run_events(struct rig *rig, const struct twin_play *play, struct err *err)
{
	for (int i = 0, n; i < play->n; i += n) {
		n = 1 + (int)rand_below((uint64_t)(play->n - i));
		if (feed(rig, &play->record[i], n, 0, err) == -1)
			return -1;
	}
	return pipeline_finish_events(&rig->p, err) == -1 ? -1 : pipeline_flush(&rig->p, err);
}

static int
run_clock(struct rig *rig, const struct twin_play *play, struct err *err)
{
	int at = 0;

	for (int64_t tick = play->first; tick <= play->last; tick += TWIN_BATCH) {
		struct moment m = { .tick = tick };

		pipeline_begin(&rig->p, m);
		while (at < play->n && play->record[at].tick == tick) {
			const struct twin_record *r = &play->record[at];
			int n = 1;

			while (at + n < play->n && r[n].tick == tick && r[n].side == r->side &&
			    rand_below(4) > 0)
				n++;
			if (feed(rig, r, n, r->side, err) == -1)
				return -1;
			at += n;
		}
		if ((tick == play->last && play->open ? pipeline_finish(&rig->p, m, true, err) :
		    pipeline_end(&rig->p, m, err)) == -1 || pipeline_flush(&rig->p, err) == -1)
			return -1;
	}
	if (!play->open && pipeline_finish(&rig->p, (struct moment){ .tick = play->last }, false,
	    err) == -1)
		return -1;
	return pipeline_flush(&rig->p, err);
}

int
twin_run(const struct twin_play *play, char *const *words, const struct files *files,
    struct buf *out, struct err *err)
{
	struct rig rig = { .out = out };
	int rc = open_rig(&rig, play, words, files, err);

	if (rc == 0)
		rc = play->events ? run_events(&rig, play, err) : run_clock(&rig, play, err);
	if (rig.p.plan != NULL)
		pipeline_close(&rig.p);
	plan_close(&rig.plan);
	return rc;
}
