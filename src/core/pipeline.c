/* Running a plan: opening, closing, figures; see pipeline.h and pipeline_fire.c. */
#include "core/pipeline.h"

#include "base/mem.h"

static bool
aggregates(const struct stage *s)
{
	return (s->class->flags & STAGE_AGGREGATES) != 0;
}

int
pipeline_gather(struct pipeline *p, unsigned into, unsigned from, struct err *err)
{
	for (unsigned i = 0; i < p->plan->n; i++) {
		const struct stage *s = &p->plan->stage[i];
		struct map *part = &p->lane[from].partial[i];
		struct map *whole = into == 0 ? &p->window[i].open : &p->lane[into].partial[i];

		if (!aggregates(s) || !s->early)
			continue;
		if (map_count(whole) == 0) {	/* nothing to merge with: change places */
			struct map empty = *whole;

			*whole = *part;
			*part = empty;
			continue;
		}
		if (aggregate_merge(s->aggregate, whole, part) == -1)
			return err_memory(err, "merging the threads' partial answers");
		aggregate_clear(s->aggregate, part);
	}
	return 0;
}

/* ---- figures ---- */

void
pipeline_counts(struct pipeline *p)
{
	for (unsigned k = 0; k < p->plan->accounts; k++)
		p->account[k] = (struct account){ 0 };
	for (unsigned i = 0; i < p->config.lanes; i++) {
		for (unsigned k = 0; k < p->plan->accounts; k++) {
			account_add(&p->account[k], &p->lane[i].account[k]);
			p->lane[i].account[k] = (struct account){ 0 };
		}
		bad_gather(&p->bad, &p->lane[i].bad);
	}
}

/* What the stages that map keep, in lane 0. */
static void
count_held(const struct pipeline *p, uint64_t *rows, size_t *bytes)
{
	for (unsigned i = 0; i < p->plan->n; i++) {
		const struct stage *s = &p->plan->stage[i];

		if (s->class->held != NULL)
			s->class->held(s, p->lane[0].private[i], rows, bytes);
	}
}

uint64_t
pipeline_keys(const struct pipeline *p)
{
	uint64_t keys = 0;
	size_t bytes = 0;

	count_held(p, &keys, &bytes);
	for (unsigned i = 0; i < p->plan->n; i++)
		if (aggregates(&p->plan->stage[i]))
			keys += window_keys(&p->window[i]);
	return keys + event_keys(&p->event);
}

static bool
stage_waits(const struct pipeline *p, unsigned i)
{
	const struct stage *s = &p->plan->stage[i];
	const void *private = p->lane[0].private[i];
	uint64_t rows = 0;
	size_t bytes = 0;

	if (aggregates(s))
		return window_keys(&p->window[i]) > 0;
	if (s->class->waits != NULL)
		return s->class->waits(s, private);
	if (s->class->held != NULL)
		s->class->held(s, private, &rows, &bytes);
	return rows > 0;
}

bool
pipeline_waits(const struct pipeline *p)
{
	for (unsigned i = 0; i < p->plan->n; i++)
		if (stage_waits(p, i))
			return true;
	return false;
}

bool
pipeline_windows(const struct pipeline *p)
{
	for (unsigned i = 0; i < p->plan->n; i++)
		if (aggregates(&p->plan->stage[i]) && !p->window[i].grows &&
		    window_keys(&p->window[i]) > 0)
			return true;
	return false;
}

size_t
pipeline_bytes(const struct pipeline *p)
{
	size_t bytes = event_bytes(&p->event);
	uint64_t rows = 0;

	count_held(p, &rows, &bytes);
	for (unsigned i = 0; i < p->plan->outputs; i++)
		bytes += p->encoder[i].out.cap;
	for (unsigned i = 0; i < p->plan->n; i++) {
		if (!aggregates(&p->plan->stage[i]))
			continue;
		bytes += window_bytes(&p->window[i]);
		for (unsigned k = 1; k < p->config.lanes; k++)
			bytes += map_bytes(&p->lane[k].partial[i]) +
			    aggregate_bytes(p->plan->stage[i].aggregate,
			    &p->lane[k].partial[i]);
	}
	return bytes;
}

/* ---- opening and closing ---- */

static int
open_window(struct window *w, const struct stage *s, const uint64_t seed[2], struct saving *saving)
{
	int rc = 0;

	if (s->running || s->emit != EMIT_APPEND)
		window_open_growing(w, s->aggregate, s->emit, s->length, s->slide, s->ttl, seed,
		    saving);
	else
		rc = window_open(w, s->aggregate, s->length, s->slide, seed, saving);
	w->always = s->given.always;
	if (rc == -1 || s->given.first == NULL)
		return rc;
	rc = running_begin(&w->running, s->given.first);
	aggregate_free(s->aggregate, s->given.first);
	return rc;
}

static int
open_windows(struct pipeline *p, struct err *err)
{
	for (unsigned i = 0; i < p->plan->n; i++) {
		const struct stage *s = &p->plan->stage[i];

		if (aggregates(s) && open_window(&p->window[i], s, p->config.seed,
		    p->saving == NULL ? NULL : &p->saving[i]) == -1)
			return err_memory(err, "starting");
	}
	return 0;
}

/* Names the parts of the store that are of stages and of outputs. */
static int
open_saving(struct pipeline *p)
{
	unsigned n = p->plan->n + p->plan->outputs;

	if (p->config.store == NULL)
		return 0;
	p->saving = mem_zalloc((n + 1) * sizeof(*p->saving));
	if (p->saving == NULL)
		return -1;
	for (unsigned i = 0; i < n; i++)
		p->saving[i] = (struct saving){
			.store = p->config.store, .part = { .owner = i }, .out = &p->saved,
		};
	return 0;
}

/* Cells for the widest answer. */
static struct value *
make_cells(const struct plan *plan)
{
	unsigned width = 1;

	for (unsigned i = 0; i < plan->n; i++)
		if (plan->stage[i].out->width > width)
			width = plan->stage[i].out->width;
	return mem_alloc(LANE_ROWS * width * sizeof(struct value));
}

int
pipeline_open(struct pipeline *p, const struct pipeline_config *config, struct err *err)
{
	struct plan *plan = config->plan;

	*p = (struct pipeline){ .config = *config, .plan = plan };
	plan_layout(plan, &p->layout);
	p->reads = !plan->input.lines || plan->time_field != NULL;
	p->window = mem_zalloc((plan->n + 1) * sizeof(*p->window));
	p->ended = mem_zalloc((plan->n + 1) * sizeof(*p->ended));
	p->encoder = mem_zalloc((plan->outputs + 1) * sizeof(*p->encoder));
	p->account = mem_zalloc((plan->accounts + 1) * sizeof(*p->account));
	p->cells = make_cells(plan);
	p->lane = mem_zalloc(config->lanes * sizeof(*p->lane));
	if (p->window == NULL || p->ended == NULL || p->encoder == NULL || p->account == NULL ||
	    p->cells == NULL || p->lane == NULL)
		return err_memory(err, "starting");
	p->late.keep = config->keep_late;
	if (open_saving(p) == -1)
		return err_memory(err, "starting");
	if (event_open(&p->event, plan, config->seed, config->sources, config->lateness,
	    p->saving) == -1)
		return err_memory(err, "starting");
	if (open_windows(p, err) == -1)
		return -1;
	for (unsigned i = 0; i < config->lanes; i++) {
		p->lane[i].bad.keep = config->keep_bad;
		if (lane_open(&p->lane[i], plan, i > 0, config->from, config->seed, err) == -1)
			return -1;
	}
	return 0;
}

int
pipeline_head(struct pipeline *p, struct err *err)
{
	for (unsigned i = 0; i < p->plan->outputs; i++) {
		const struct format_class *to = p->config.to[i];

		encode_time(&p->encoder[i], p->config.time_format, 0);
		if (p->config.batches != NULL)
			encode_batch(&p->encoder[i], 0);
		if (to != NULL && to->head != NULL &&
		    to->head(&p->encoder[i], &p->plan->output[i].shown) == -1)
			return err_memory(err, "starting");
	}
	return 0;
}

void
pipeline_close(struct pipeline *p)
{
	const struct plan *plan = p->plan;

	for (unsigned i = 0; p->lane != NULL && i < p->config.lanes; i++)
		lane_close(&p->lane[i], plan, p->config.from);
	for (unsigned i = 0; p->window != NULL && i < plan->n; i++)
		if (p->window[i].agg != NULL)
			window_close(&p->window[i]);
	for (unsigned i = 0; p->encoder != NULL && i < plan->outputs; i++)
		buf_free(&p->encoder[i].out);
	mem_free(p->lane);
	mem_free(p->window);
	mem_free(p->ended);
	mem_free(p->encoder);
	mem_free(p->account);
	mem_free(p->cells);
	mem_free(p->saving);
	buf_free(&p->saved);
	bad_free(&p->bad);
	bad_free(&p->late);
	event_close(&p->event);
	*p = (struct pipeline){ 0 };
}
