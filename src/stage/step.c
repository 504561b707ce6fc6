/* What delta, rate and ewma share, see step.h. */
#include "stage/step.h"

#include "base/mem.h"
#include "core/cell.h"

#include <string.h>

#define NANO_MAX ((wide_int)1 << 120)	/* of a number that was put down */

int
step_option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct step_config *c = s->config;

	if (id == STEP_TTL)
		return when_span(s, &c->ttl, "ttl", value, word, err);
	c->by = value;
	c->by_word = word;
	return 0;
}

/* A weight above 0 and at most 1. */
int
step_alpha(double *alpha, const struct stage *s, const char *value, int word, struct err *err)
{
	struct number n;

	if (!number_parse(value, strlen(value), &n))
		return err_word(err, word, "%s: alpha '%s' is not a number", s->class->name, value);
	if (!(n.d > 0 && n.d <= 1))
		return err_word(err, word, "%s: alpha is %s; it must be above 0 and at most 1",
		    s->class->name, value);
	*alpha = n.d;
	return 0;
}

int
step_argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct step_config *c = s->config;

	(void)err;
	c->field = text;
	c->field_word = word;
	return 0;
}

int
step_open(struct stage *s, const struct step_kind *kind, struct err *err)
{
	struct step_config *c = s->config;
	size_t len = strlen(c->field), more = strlen(kind->suffix);
	struct schema keys = { 0 };	/* nobody sees their names */
	int at = schema_find(s->in, c->field, len, c->field_word, 0, err);

	if (at == -1 || when_open(&c->when, s, err) == -1 ||
	    group_open(&c->group, s->in, &keys, c->by, c->by_word, err) == -1)
		return -1;
	c->kind = kind;
	c->slot = s->in->column[at].slot;
	c->name = mem_alloc(len + more + 1);
	if (c->name == NULL)
		return err_memory(err, "reading the command line");
	memcpy(c->name, c->field, len);
	memcpy(c->name + len, kind->suffix, more + 1);
	s->out = &s->made;
	schema_over(s->out, s->in);
	return schema_add(s->out, c->name, false, err);
}

void
step_close(struct stage *s)
{
	mem_free(((struct step_config *)s->config)->name);
}

int
step_lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct step_config *c = s->config;
	struct step_lane *lane = private;

	(void)err;
	extend_open(&lane->extend, s);
	keyed_init(&lane->keys, c->kind->state, s->plan->seed);
	for (unsigned i = 0; i < s->out->columns; i++)
		if (s->out->column[i].name == c->name)
			lane->slot = s->out->column[i].slot;
	return 0;
}

void
step_lane_close(void *private)
{
	struct step_lane *lane = private;

	extend_close(&lane->extend);
	keyed_free(&lane->keys);
	group_run_free(&lane->run);
}

/*
 * Looks up what is remembered of a key; 0 or -1 (memory).  What is due counts as forgotten, whether
 * it has been swept away or not.
 */
static int
remember(const struct step_config *c, struct step_lane *lane, struct map_key key,
    struct step *step)
{
	int64_t due;

	step->state = keyed_put(&lane->keys, key, &step->fresh);
	if (step->state == NULL)
		return -1;
	keyed_touch(&lane->keys, step->state);
	if (c->ttl.ticks == 0)
		return 0;
	due = keyed_entry(step->state)->due;
	if (!step->fresh && due <= step->tick) {
		memset(step->state, 0, lane->keys.stride - sizeof(struct keyed_entry));
		step->fresh = true;
	}
	if (step->fresh || due < step->tick + c->ttl.ticks)
		due = step->tick + c->ttl.ticks;
	return keyed_due(&lane->keys, step->state, due);
}

static int
take_row(const struct stage *s, struct step_lane *lane, const struct block *in,
    const struct value *row, struct map_key key, struct feed *to)
{
	const struct step_config *c = s->config;
	const struct value *v = &row[c->slot];
	int64_t tick = when_tick(&c->when, &lane->past, in, row);
	struct step step = {
		.tick = tick, .time = when_time(&c->when, in, row) + lane->past.ahead,
	};
	struct value *made;

	if (v->kind != VALUE_NULL && cell_number(v, &step.number) == -1) {
		const char *text = v->kind == VALUE_TEXT ? v->text : v->i != 0 ? "true" : "false";

		row_text_bad(&lane->extend.text, s, row, to->bad, "%s '%.*s' is not a number",
		    c->field, v->kind == VALUE_TEXT ? (int)v->len : (int)strlen(text), text);
		return 0;
	}
	made = extend_row(&lane->extend, row);
	if (v->kind == VALUE_NULL)
		return 0;
	if (remember(c, lane, key, &step) == -1)
		return -1;
	made[lane->slot] = c->kind->value(s, &step);
	return 0;
}

int
step_feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct step_config *c = s->config;
	struct step_lane *lane = private;

	if (extend_start(&lane->extend, in, to) == -1)
		return err_memory(err, "making rows");
	for (uint64_t at = 0; at < in->records; at += GROUP_RUN) {
		unsigned n = group_rows(in, at);

		if (group_keys(&c->group, &lane->run, in, at, n) == -1)
			return err_memory(err, "making rows");
		for (unsigned i = 0; i < n; i++)
			if (take_row(s, lane, in, in->cells + (at + i) * in->width,
			    lane->run.key[i], to) == -1)
				return err_memory(err, "making rows");
	}
	return extend_end(&lane->extend, to) == -1 ? err_memory(err, "making rows") : 0;
}

void
step_held(const struct stage *s, const void *private, uint64_t *rows, size_t *bytes)
{
	const struct step_lane *lane = private;

	(void)s;
	*rows += lane->keys.count;
	*bytes += lane->keys.bytes;
}

bool
step_waits(const struct stage *s, const void *private)
{
	(void)s;
	return ((const struct step_lane *)private)->keys.heaped > 0;
}

int
step_tick(const struct stage *s, void *private, int64_t now, bool last, struct err *err)
{
	const struct step_config *c = s->config;
	struct step_lane *lane = private;
	void *state;

	(void)last;
	(void)err;
	now = when_told(&c->when, &lane->past, now);
	while ((state = keyed_next_due(&lane->keys, now)) != NULL)
		keyed_drop(&lane->keys, state);
	return 0;
}

/* ---- putting down ---- */

int
step_put_double(struct buf *out, double d)
{
	uint64_t word;

	memcpy(&word, &d, sizeof(word));
	return wire_put_word(out, word);
}

double
step_get_double(struct wire *in)
{
	uint64_t word = wire_get_word(in);
	double d;

	memcpy(&d, &word, sizeof(d));
	return d;
}

int
step_put_number(struct buf *out, const struct number *n)
{
	wide_uint nano = (wide_uint)n->nano;

	if (wire_put(out, n->exact) == -1)
		return -1;
	if (!n->exact)
		return step_put_double(out, n->d);
	return wire_put_word(out, (uint64_t)nano) == -1 ||
	    wire_put_word(out, (uint64_t)(nano >> 64)) == -1 ? -1 : 0;
}

struct number
step_get_number(struct wire *in)
{
	uint64_t exact = wire_get(in), low;
	wide_int nano;

	in->damaged |= exact > 1;
	if (exact != 1)
		return (struct number){ .d = step_get_double(in) };
	low = wire_get_word(in);
	nano = (wide_int)((wide_uint)wire_get_word(in) << 64 | low);
	if (nano > NANO_MAX || nano < -NANO_MAX) {
		in->damaged = true;
		nano = 0;
	}
	return number_from_nano(nano);
}

/* The number that goes with the keys is the last batch end; by event time nothing needs it. */
int
step_save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	const struct step_config *c = s->config;
	struct step_lane *lane = private;

	return keyed_save(&lane->keys, &c->kind->keep, when_save(s->plan, &lane->past), to, err);
}

int
step_load(const struct stage *s, void *private, const struct store_part *part, struct wire *in,
    struct err *err)
{
	const struct step_config *c = s->config;
	struct step_lane *lane = private;
	uint64_t told = (uint64_t)lane->past.told;

	if (keyed_load(&lane->keys, &c->kind->keep, &told, part, in, err) == -1)
		return -1;
	lane->past.told = (int64_t)told;
	return 0;
}
