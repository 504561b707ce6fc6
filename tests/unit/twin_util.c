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

void
twin_make_rows(struct twin_play *p)
{
	twin_make(p, false, false);
	p->rows = p->open = true;
	for (int i = 0; i < p->n; i++)
		p->record[i].tick = (i / TWIN_ROWS + 1) * TWIN_ROWS;
	p->first = TWIN_ROWS;
	p->last = p->n == 0 ? p->first : p->record[p->n - 1].tick;
}

struct rig {
	const struct twin_play	*play;
	char *const		*words;
	const struct files	*files;
	struct twin_cuts	*cuts;
	struct plan		 plan;
	struct pipeline		 p;
	struct buf		 out[4];	/* of each output */
	struct err		*err;
	unsigned		 lanes;
	uint64_t		 seed[2];
	const struct format_class *to[4];
};

static int
write_rows(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	struct rig *rig = arg;

	return buf_add(&rig->out[output], bytes, len) == -1 ? err_memory(err, "writing") : 0;
}

static int
closed(void *arg, int64_t time, struct err *err)
{
	struct rig *rig = arg;

	(void)time;
	return pipeline_flush(&rig->p, err);
}

static int
open_plan(struct rig *rig)
{
	static const char *const sources[] = { "a", "b" };
	const struct twin_play *play = rig->play;
	const struct plan_defaults d = {
		.classes = stage_table, .batch = {
			.ticks = play->rows ? TWIN_ROWS : TWIN_BATCH, .rows = play->rows,
			.word = ERR_NO_WORD,
		},
		.sources = sources, .nsources = play->events ? 0 : 2, .formats = formats,
		.files = rig->files, .time_field = play->events ? "t" : NULL,
	};
	int n = 0;

	while (rig->words[n] != NULL)
		n++;
	if (plan_parse(&rig->plan, &d, rig->words, n, 0, rig->err) == -1 ||
	    plan_input(&rig->plan, format_find("tsv")->flags, columns, COUNT(columns),
	    rig->err) == -1)
		return -1;
	return plan_bind(&rig->plan, rig->err);
}

/* Another seed each time. */
static int
open_rig(struct rig *rig)
{
	const struct twin_play *play = rig->play;
	struct pipeline_config config = {
		.plan = &rig->plan, .from = format_find("tsv"), .to = rig->to, .seed = rig->seed,
		.time_format = TIME_EPOCH_MS, .sources = play->events ? 1 : 2,
		.lateness = play->lateness,
		.store = rig->cuts->saves ? &rig->cuts->store.store : NULL,
		.host = { .arg = rig, .write = write_rows, .closed = closed },
	};

	for (int i = 0; i < COUNT(rig->to); i++)
		rig->to[i] = format_find("tsv");
	rig->seed[0] = test_seed[0] + (uint64_t)rig->cuts->cuts;
	rig->seed[1] = test_seed[1];
	memcpy(rig->plan.seed, rig->seed, sizeof(rig->seed));
	if (open_plan(rig) == -1)
		return -1;
	rig->lanes = rig->plan.parallel && rig->cuts->lanes > 1 ? rig->cuts->lanes : 1;
	config.lanes = rig->lanes;
	return pipeline_open(&rig->p, &config, rig->err);
}

static void
close_rig(struct rig *rig)
{
	if (rig->p.plan != NULL)
		pipeline_close(&rig->p);
	plan_close(&rig->plan);
	rig->plan = (struct plan){ 0 };
}

/* ---- putting down and going on ---- */

static int
gather(struct rig *rig)
{
	for (unsigned i = rig->lanes - 1; i > 0; i--)
		if (pipeline_gather(&rig->p, rand_below(2) == 0 ? 0 : i / 2, i, rig->err) == -1)
			return -1;
	return 0;
}

/* A chunk has other bytes, or is another part's. */
static void
damage(struct memory_store *m)
{
	struct stored *c = m->n == 0 ? NULL : &m->chunk[rand_below(m->n)];

	if (c == NULL)
		return;
	switch (rand_below(8)) {
	case 0:
		c->part.role = (enum store_role)rand_below(12);
		break;
	case 1:
		c->part.owner = (uint32_t)rand_below(6);
		break;
	case 2:
		c->part.tick += (int64_t)rand_below(5) - 2;
		break;
	default:
		store_damage(c);
	}
}

static int
load(struct rig *rig)
{
	const struct stored **chunk = store_sorted(&rig->cuts->store);
	int rc = 0;

	for (size_t i = 0; i < rig->cuts->store.n && rc == 0; i++)
		rc = pipeline_load(&rig->p, &chunk[i]->part, chunk[i]->bytes, chunk[i]->len,
		    rig->err);
	free(chunk);
	return rc == 0 ? pipeline_loaded(&rig->p, rig->err) : -1;
}

/* Another pipeline in its place, from what is stored. */
static int
go_on(struct rig *rig, struct moment m)
{
	struct twin_cuts *c = rig->cuts;
	int rc;

	close_rig(rig);
	c->cuts++;
	if (c->damages)
		damage(&c->store);
	if (open_rig(rig) == -1)
		return -1;
	if (c->fault != 0)
		fault_set(c->fault, c->fault % 2 == 0);
	rc = load(rig);
	if (c->fault != 0)
		c->reached |= fault_clear() >= c->fault;
	if (rc == 0 && c->damages)
		return err_set(rig->err, ERR_RUN, "it was not seen");
	if (rc == 0 && !rig->play->events)
		pipeline_begin(&rig->p, m);
	return rc;
}

/* Between blocks, or batches; M is the end of the open one. */
static int
disturb(struct rig *rig, struct moment m)
{
	struct twin_cuts *c = rig->cuts;
	int rc;

	if (!c->saves || rand_below(3) > 0)
		return 0;
	if (gather(rig) == -1 || pipeline_flush(&rig->p, rig->err) == -1)
		return -1;
	rc = pipeline_save(&rig->p, m.tick, rig->err);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	DEMAND(rig->p.saved.len == 0);
	c->saved++;
	return c->goes_on && rand_below(3) == 0 ? go_on(rig, m) : 0;
}

/* ---- feeding ---- */

static int
feed(struct rig *rig, const struct twin_record *r, int n, int source)
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
	rc = n == 0 ? 0 : pipeline_feed(&rig->p, rig->lanes == 1 ? 0 :
	    (unsigned)rand_below(rig->lanes), &b, rig->err);
	free(text.data);
	return rc;
}

static int
run_events(struct rig *rig)
{
	const struct twin_play *play = rig->play;

	for (int i = 0, n; i < play->n; i += n) {
		n = 1 + (int)rand_below((uint64_t)(play->n - i));
		if (rig->cuts->saves && n > 1)
			n = 1 + (int)rand_below((uint64_t)n / 2);
		if (feed(rig, &play->record[i], n, 0) == -1 ||
		    disturb(rig, (struct moment){ 0 }) == -1)
			return -1;
	}
	return pipeline_finish_events(&rig->p, rig->err) == -1 ? -1 :
	    pipeline_flush(&rig->p, rig->err);
}

/* The end of a batch; by rows the clock is another matter, and is set back now and then. */
static struct moment
moment_of(const struct twin_play *play, int64_t tick)
{
	struct moment m = { .tick = tick };

	if (play->rows)
		m.wall = TWIN_START + tick * TWIN_BATCH - tick / TWIN_ROWS % 4 * 40000;
	return m;
}

static int
run_batch(struct rig *rig, int *at, struct moment m)
{
	const struct twin_play *play = rig->play;

	pipeline_begin(&rig->p, m);
	while (*at < play->n && play->record[*at].tick == m.tick) {
		const struct twin_record *r = &play->record[*at];
		int n = 1;

		while (*at + n < play->n && r[n].tick == m.tick && r[n].side == r->side &&
		    rand_below(4) > 0)
			n++;
		if (feed(rig, r, n, r->side) == -1)
			return -1;
		*at += n;
		if (disturb(rig, m) == -1)
			return -1;
	}
	return gather(rig);
}

static int
run_clock(struct rig *rig)
{
	const struct twin_play *play = rig->play;
	int64_t step = play->rows ? TWIN_ROWS : TWIN_BATCH;
	int at = 0;

	for (int64_t tick = play->first; tick <= play->last; tick += step) {
		struct moment m = moment_of(play, tick);

		if (run_batch(rig, &at, m) == -1)
			return -1;
		if ((tick == play->last && play->open ?
		    pipeline_finish(&rig->p, m, true, rig->err) :
		    pipeline_end(&rig->p, m, rig->err)) == -1 ||
		    pipeline_flush(&rig->p, rig->err) == -1)
			return -1;
		if ((tick < play->last || !play->open) &&
		    disturb(rig, moment_of(play, tick + step)) == -1)
			return -1;
	}
	if (!play->open && pipeline_finish(&rig->p, moment_of(play, play->last), false,
	    rig->err) == -1)
		return -1;
	return pipeline_flush(&rig->p, rig->err);
}

int
twin_run_cut(const struct twin_play *play, char *const *words, const struct files *files,
    struct twin_cuts *cuts, struct buf *out, struct err *err)
{
	struct rig rig = {
		.play = play, .words = words, .files = files, .cuts = cuts, .err = err,
	};
	int rc;

	store_start(&cuts->store);
	rc = open_rig(&rig);
	if (rc == 0)
		rc = play->events ? run_events(&rig) : run_clock(&rig);
	close_rig(&rig);
	(void)fault_clear();		/* what follows is the test's own */
	for (int i = 0; i < COUNT(rig.out); i++) {
		if (rig.out[i].len > 0)
			text_add(out, rig.out[i].data, rig.out[i].len);
		buf_free(&rig.out[i]);
	}
	return rc;
}

int
twin_run(const struct twin_play *play, char *const *words, const struct files *files,
    struct buf *out, struct err *err)
{
	struct twin_cuts none = { 0 };

	return twin_run_cut(play, words, files, &none, out, err);
}
