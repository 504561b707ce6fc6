/* Pipelines in memory, see flow_util.h. */
#include "flow_util.h"

#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "core/pipeline.h"
#include "format/format_table.h"
#include "stage/stage_table.h"

#define NAMES_MAX 16

struct run {
	const struct flow		*flow;
	const struct format_class	*from, *to[1];
	struct words			 words, names;
	struct plan			 plan;
	struct pipeline			 p;
	struct buf			*out;
	struct flow_end			*end;
	struct err			*err;
	bool				 open;
};

static int
write_out(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	struct run *r = arg;

	DEMAND(output == 0);
	return buf_add(r->out, bytes, len) == -1 ? err_memory(err, "writing") : 0;
}

static int
no_close(void *arg, int64_t time, struct err *err)
{
	(void)time;
	return pipeline_flush(&((struct run *)arg)->p, err);
}

static const uint64_t *
seed_of(const struct run *r)
{
	return r->flow->piece == NULL ? test_seed : r->flow->piece->seed;
}

static int
open_plan(struct run *r)
{
	const struct flow *f = r->flow;
	struct plan_defaults d = {
		.classes = stage_table, .formats = formats, .time_field = f->time, .time_word = 0,
		.files = f->files,
		.batch = f->batch.ticks != 0 ? f->batch : (struct span){ .ticks = FLOW_SECOND },
	};
	char *const *names = r->names.word;
	char text[256];

	words_split(&r->words, f->line);
	if (f->columns != NULL) {
		strcpy(text, f->columns);
		for (char *comma = text; (comma = strchr(comma, ',')) != NULL;)
			*comma = ' ';
		words_split(&r->names, text);
	}
	if (plan_parse(&r->plan, &d, r->words.word, r->words.n, 0, r->err) == -1 ||
	    plan_input(&r->plan, r->from->flags, (const char *const *)(const void *)names,
	    (unsigned)r->names.n, r->err) == -1)
		return -1;
	memcpy(r->plan.seed, seed_of(r), sizeof(r->plan.seed));
	return plan_bind(&r->plan, r->err);
}

static int
open_run(struct run *r)
{
	struct pipeline_config config = {
		.plan = &r->plan, .from = r->from, .to = r->to, .seed = seed_of(r), .lanes = 1,
		.time_format = TIME_EPOCH, .sources = 1, .lateness = r->flow->lateness,
		.host = { .arg = r, .write = write_out, .closed = no_close },
	};

	if (open_plan(r) == -1)
		return -1;
	r->open = true;
	if (pipeline_open(&r->p, &config, r->err) == -1)
		return -1;
	return r->flow->piece == NULL ? 0 :
	    r->flow->piece->opened(r->flow->piece->arg, &r->p, r->err);
}

static void
close_run(struct run *r)
{
	if (r->open)
		pipeline_close(&r->p);
	plan_close(&r->plan);
}

static uint64_t
lines_in(const char *text, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* Feeds a copy that goes away, with no more behind it than the pad. */
static int
feed_block(struct run *r, const char *text, size_t len)
{
	char *copy = malloc(len + SCAN_PAD);
	struct block b = { .text = copy, .len = len, .records = lines_in(text, len) };
	int rc;

	memcpy(copy, text, len);
	memset(copy + len, 'p', SCAN_PAD);
	rc = pipeline_feed(&r->p, 0, &b, r->err);
	free(copy);
	return rc;
}

static int
feed_text(struct run *r, const struct buf *text, bool pieces)
{
	for (size_t at = 0, len; at < text->len; at += len) {
		const char *end = text->data + text->len, *newline;

		len = pieces ? 1 + rand_below(rand_below(4) == 0 ? text->len - at : 1) :
		    text->len - at;
		newline = memchr(text->data + at + len - 1, '\n',
		    (size_t)(end - text->data) - at - len + 1);
		len = (size_t)(newline + 1 - text->data) - at;
		if (feed_block(r, text->data + at, len) == -1)
			return -1;
	}
	return 0;
}

static void
take_counts(struct run *r)
{
	pipeline_counts(&r->p);
	r->end->records += r->p.account[0].records;
	r->end->counted += r->p.account[0].counted;
	r->end->bad += r->p.account[0].bad;
	r->end->late += r->p.account[0].late;
	if (r->end->why[0] == '\0')
		memcpy(r->end->why, r->p.bad.why, sizeof(r->end->why));
}

static struct moment
moment_of(const struct run *r, int batch)
{
	const struct span *span = &r->plan.batch;
	int64_t start = span->rows ? 0 : FLOW_START * FLOW_SECOND;
	struct moment m = { .tick = start + (batch + 1) * span->ticks };

	m.wall = span->rows ? FLOW_START * FLOW_SECOND : m.tick;
	return m;
}

static int
run_batches(struct run *r, const struct buf *batch, int n, bool pieces)
{
	const struct flow_piece *piece = r->flow->piece;
	bool closed = piece != NULL && piece->closed;
	int to = piece == NULL || piece->to > n ? n : piece->to;

	for (int i = piece == NULL ? 0 : piece->from; i < to; i++) {
		struct moment m = moment_of(r, i);

		pipeline_begin(&r->p, m);
		if (feed_text(r, &batch[i], pieces) == -1)
			return -1;
		take_counts(r);
		if ((i + 1 < n || closed ? pipeline_end(&r->p, m, r->err) :
		    pipeline_finish(&r->p, m, true, r->err)) == -1 ||
		    pipeline_flush(&r->p, r->err) == -1 ||
		    (piece != NULL && piece->ended(piece->arg, &r->p, i, r->err) == -1))
			return -1;
	}
	if (closed && piece->to > n && (pipeline_finish(&r->p, moment_of(r, n - 1), false,
	    r->err) == -1 || pipeline_flush(&r->p, r->err) == -1))
		return -1;
	take_counts(r);
	return 0;
}

static int
run_events(struct run *r, const struct buf *batch, int n, bool pieces)
{
	for (int i = 0; i < n; i++)
		if (feed_text(r, &batch[i], pieces) == -1)
			return -1;
	if (pipeline_finish_events(&r->p, r->err) == -1 || pipeline_flush(&r->p, r->err) == -1)
		return -1;
	take_counts(r);
	return 0;
}

int
flow_try(const struct flow *f, const struct buf *batch, int n, bool pieces, struct buf *out,
    struct flow_end *end, struct err *err)
{
	struct run r = {
		.flow = f, .from = format_find(f->format != NULL ? f->format : "lines"),
		.to = { format_find("tsv") }, .out = out, .end = end, .err = err,
	};
	int rc = open_run(&r);

	*end = (struct flow_end){ 0 };
	if (rc == 0)
		rc = f->time != NULL ? run_events(&r, batch, n, pieces) :
		    run_batches(&r, batch, n, pieces);
	close_run(&r);
	return rc;
}

void
flow_run(const struct flow *f, const struct buf *batch, int n, bool pieces, struct buf *out,
    struct flow_end *end)
{
	struct flow_end here;
	struct err err;

	if (flow_try(f, batch, n, pieces, out, &here, &err) == -1)
		ck_abort_msg("%s: %s", f->line, err.message);
	if (end != NULL)
		*end = here;
}

void
flow_same(const struct flow *f, const char *const *lines, int n, const char *want,
    struct flow_end *end)
{
	struct buf batch[64] = { { 0 } }, wanted = { 0 };

	DEMAND(n <= COUNT(batch));
	for (int i = 0; i < n; i++)
		text_add(&batch[i], lines[i], strlen(lines[i]));
	text_add(&wanted, want, strlen(want));
	for (int pieces = 0; pieces < 2; pieces++) {
		struct buf out = { 0 };

		flow_run(f, batch, n, pieces == 1, &out, end);
		text_same(&out, &wanted, f->line);
		buf_free(&out);
	}
	flow_short_of_memory(f, batch, n);
	for (int i = 0; i < n; i++)
		buf_free(&batch[i]);
	buf_free(&wanted);
}

void
flow_refused(const struct flow *f, const char *why)
{
	struct flow_end end;
	struct buf out = { 0 };
	struct err err;

	if (flow_try(f, NULL, 0, false, &out, &end, &err) == 0)
		ck_abort_msg("%s is taken", f->line);
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_msg(strstr(err.message, why) != NULL, "%s: %s", f->line, err.message);
	buf_free(&out);
}

void
flow_short_of_memory(const struct flow *f, const struct buf *batch, int n)
{
	struct buf want = { 0 };
	bool reached = true;

	flow_run(f, batch, n, false, &want, NULL);
	for (uint64_t nth = 1; reached; nth += 1 + nth / 200) {
		struct buf out = { 0 };
		struct flow_end end;
		struct err err = { 0 };
		int rc;

		fault_set(nth, nth % 2 == 0);
		rc = flow_try(f, batch, n, false, &out, &end, &err);
		reached = fault_clear() >= nth;
		DEMAND(rc == 0 || reached);
		if (rc == 0)
			text_same(&out, &want, "an allocation failed and no error came");
		else
			ck_assert_msg(strstr(err.message, "memory") != NULL, "%s: %s", f->line,
			    err.message);
		buf_free(&out);
	}
	buf_free(&want);
}
