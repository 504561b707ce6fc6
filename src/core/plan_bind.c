/* Joining stages by links, and finding their columns; see plan.h. */
#include "core/plan.h"

#include "base/mem.h"

#include <string.h>

/* ---- links ---- */

static int
add_root(struct plan *plan, struct link link, int source, int account)
{
	struct root *roots = mem_realloc(plan->root, (plan->roots + 1) * sizeof(*roots));

	if (roots == NULL)
		return -1;
	plan->root = roots;
	link.enters = 0;		/* counted as they are read, with those not of the format */
	roots[plan->roots++] = (struct root){ link, source, account };
	return 0;
}

static int
add_link(struct links *links, struct link link)
{
	struct link *at = mem_realloc(links->at, (links->n + 1) * sizeof(*at));

	if (at == NULL)
		return -1;
	links->at = at;
	at[links->n++] = link;
	return 0;
}

static int
add_links(struct plan *plan, const struct point *from, unsigned froms, struct link link,
    int account)
{
	for (unsigned i = 0; i < froms; i++) {
		int stage = from[i].stage;
		int rc = stage == -1 ? add_root(plan, link, from[i].source, account) :
		    add_link(&plan->stage[stage].next, link);

		if (rc == -1)
			return -1;
	}
	return 0;
}

/* True if each record that comes in goes out as itself or not at all. */
static bool
passes_records(const struct stage *s)
{
	return (s->class->flags & (STAGE_AGGREGATES | STAGE_EXPANDS)) == 0;
}

/* The chain begins with records that are read, so they have an account. */
static void
open_account(struct plan *plan, struct chain *chain)
{
	for (unsigned i = 0; i < chain->froms; i++)
		if (chain->from[i].stage == -1 && chain->account == -1)
			chain->account = (int)plan->accounts++;
	for (unsigned i = 0; i < chain->stages && chain->account != -1; i++) {
		plan->stage[chain->first + i].account = (unsigned)chain->account + 1;
		if (!passes_records(&plan->stage[chain->first + i]))
			break;
	}
}

/*
 * Links the stages of a chain.  Records count where they leave the part of it that passes records
 * on: at its first other stage or at its end.
 */
static int
link_chain(struct plan *plan, const struct chain *chain)
{
	unsigned account = (unsigned)(chain->account + 1);
	bool open = account > 0;

	for (unsigned i = 0; i <= chain->stages; i++) {
		unsigned number = chain->first + i;
		bool end = i == chain->stages, counts;
		const struct stage *s = end ? NULL : &plan->stage[number];
		struct link link = {
			.output = end, .to = !end ? number :
			    chain->output == -1 ? OUTPUT_NONE : (unsigned)chain->output,
			.enters = i == 0 ? account : 0,
		};
		struct point before = { (int)number - 1, -1 };

		counts = open && (end || !passes_records(s));
		if (counts) {
			link.account = account;
			open = false;
		}
		if (end && chain->output == -1 && !counts)
			return 0;
		if (add_links(plan, i == 0 ? chain->from : &before, i == 0 ? chain->froms : 1,
		    link, chain->account) == -1)
			return -1;
	}
	return 0;
}

static int
link_ports(struct plan *plan, unsigned number)
{
	const struct stage *s = &plan->stage[number];
	struct err ignored;		/* the names have been found before */

	for (unsigned i = 0; i < s->ports; i++) {
		const struct port *p = &s->port[i];
		const struct stream *from = plan_stream(plan, p->name, p->len, 0, 0, &ignored);

		if (add_links(plan, from->point, from->points,
		    (struct link){ .to = number, .port = i + 1 }, -1) == -1)
			return -1;
	}
	return 0;
}

static bool
passes_early(const struct stage *s)
{
	return s->early && (s->class->flags & (STAGE_AGGREGATES | STAGE_SERIAL)) == 0;
}

/* Early stages come before anything that keeps records; threads run those, and no others. */
static void
find_early(struct plan *plan)
{
	plan->parallel = plan->time_field == NULL;	/* which is in order of the records */
	for (unsigned i = 0; i < plan->n; i++) {
		struct stage *s = &plan->stage[i];
		bool reads = false;

		s->early = s->ports == 0;
		for (unsigned k = 0; k < s->froms; k++) {
			int before = s->from[k].stage;

			s->early &= before == -1 || passes_early(&plan->stage[before]);
			reads |= before == -1;
		}
		if (s->early ? (s->class->flags & STAGE_SERIAL) != 0 : s->ports > 0 || reads)
			plan->parallel = false;
	}
	for (unsigned i = 0; i < plan->outputs; i++)
		for (unsigned k = 0; k < plan->output[i].froms; k++) {
			int before = plan->output[i].from[k].stage;

			if (before == -1 || passes_early(&plan->stage[before])) {
				plan->parallel = false;
				plan->in_order = true;
			}
		}
}

/* Rows of several chains meet here that the records of one block went through. */
static bool
chains_meet(const struct plan *plan, const struct point *from, unsigned froms)
{
	for (unsigned i = 0; i < froms && froms > 1; i++)
		if (from[i].stage != -1 && passes_early(&plan->stage[from[i].stage]))
			return true;
	return false;
}

/* Where chains meet the order of rows must not depend on how far a block reaches. */
static void
find_meetings(struct plan *plan)
{
	for (unsigned i = 0; i < plan->n; i++) {
		const struct stage *s = &plan->stage[i];

		plan->one_by_one |= (s->class->flags & STAGE_AGGREGATES) == 0 &&
		    chains_meet(plan, s->from, s->froms);
	}
	for (unsigned i = 0; i < plan->outputs; i++)
		plan->one_by_one |= chains_meet(plan, plan->output[i].from, plan->output[i].froms);
	plan->one_by_one &= !plan->parallel;
}

/* How many rows of each answer are read: known if one stage alone reads them. */
static void
find_limits(struct plan *plan)
{
	for (unsigned i = 0; i < plan->n; i++) {
		struct stage *s = &plan->stage[i];
		const struct stage *next = s->next.n == 1 && !s->next.at[0].output ?
		    &plan->stage[s->next.at[0].to] : NULL;

		if (next != NULL && next->class->limit != NULL)
			s->limit = next->class->limit(next);
	}
}

int
plan_link(struct plan *plan)
{
	for (unsigned i = 0; i < plan->chains; i++) {
		open_account(plan, &plan->chain[i]);
		if (link_chain(plan, &plan->chain[i]) == -1)
			return -1;
	}
	for (unsigned i = 0; i < plan->n; i++)
		if (link_ports(plan, i) == -1)
			return -1;
	find_early(plan);
	find_meetings(plan);
	find_limits(plan);
	return 0;
}

/* ---- columns ---- */

int
plan_input(struct plan *plan, unsigned format_flags, const char *const *names, unsigned columns,
    struct err *err)
{
	struct schema *s = &plan->input;

	*s = (struct schema){ .width = 1, .input = true, .names = &plan->names };
	if (columns == 0 && (format_flags & (FORMAT_OPEN | FORMAT_HEADER)) == 0) {
		s->lines = s->texts = true;
		s->columns = 1;
		s->column[0] = (struct column){ .name = "line", .bare = true };
		return 0;
	}
	s->open = columns == 0;
	s->bare = (format_flags & FORMAT_BARE) != 0;
	s->texts = s->bare && (format_flags & FORMAT_OPEN) == 0;	/* logfmt has booleans */
	for (unsigned i = 0; i < columns; i++) {
		if (s->columns == SCHEMA_MAX)
			return err_set(err, ERR_USAGE, "more than %d columns", SCHEMA_MAX);
		s->column[s->columns++] = (struct column){
			.name = names[i], .slot = SCHEMA_NO_SLOT,
			.bare = s->bare,
		};
	}
	return 0;
}

static struct schema *
schema_at(struct plan *plan, struct point p)
{
	return p.stage == -1 ? &plan->input : plan->stage[p.stage].out;
}

/* What comes from several points must look alike; WHERE is the word that brings them together. */
static int
common_schema(struct plan *plan, const struct point *from, unsigned froms, int where,
    struct schema **in, struct err *err)
{
	*in = schema_at(plan, from[0]);
	for (unsigned i = 1; i < froms; i++) {
		struct schema *other = schema_at(plan, from[i]);

		if (other != *in && !schema_same(other, *in))
			return err_word(err, where, "the streams that come together here have "
			    "different columns; give them the same with select");
	}
	return 0;
}

static int
check_order(const struct stage *s, struct err *err)
{
	if ((s->class->flags & STAGE_NEEDS_RANKED) == 0 || s->in->ranked)
		return 0;
	return err_word(err, s->word,
	    "%s needs ranked rows: put it behind wordcount or countby", s->class->name);
}

static int
bind_stage(struct plan *plan, struct stage *s, struct err *err)
{
	if (common_schema(plan, s->from, s->froms, s->word, &s->in, err) == -1)
		return -1;
	for (unsigned i = 0; i < s->ports; i++) {
		struct port *p = &s->port[i];
		const struct stream *from = plan_stream(plan, p->name, p->len, p->word, p->column,
		    err);

		if (common_schema(plan, from->point, from->points, p->word, &p->in, err) == -1)
			return -1;
	}
	s->out = s->in;
	if (check_order(s, err) == -1)
		return -1;
	if (s->class->open != NULL && s->class->open(s, err) == -1)
		return -1;
	s->made.ranked |= (s->class->flags & STAGE_RANKS) != 0;
	return given_open(s, plan->files, err);
}

static int
bind_time(struct plan *plan, struct err *err)
{
	int at;

	if (plan->time_field == NULL)
		return 0;
	at = schema_find(&plan->input, plan->time_field, strlen(plan->time_field),
	    plan->time_word, 0, err);
	if (at == -1)
		return -1;
	plan->time_slot = plan->input.column[at].slot;
	return 0;
}

static int
bind_conditions(struct plan *plan, struct err *err)
{
	struct condition *c = plan->fail_if.text != NULL ? &plan->fail_if : &plan->until;

	if (c->text == NULL)
		return 0;
	if (plan->outputs == 0)
		return err_word(err, c->word, "%s looks at rows that are written, and none are",
		    c->option);
	if (condition_open(&plan->fail_if, plan->output[0].in, err) == -1)
		return -1;
	return condition_open(&plan->until, plan->output[0].in, err);
}

int
plan_bind(struct plan *plan, struct err *err)
{
	if (bind_time(plan, err) == -1)
		return -1;
	for (unsigned i = 0; i < plan->n; i++)
		if (bind_stage(plan, &plan->stage[i], err) == -1)
			return -1;
	for (unsigned i = 0; i < plan->outputs; i++) {
		struct output *o = &plan->output[i];

		if (common_schema(plan, o->from, o->froms, o->word, &o->in, err) == -1)
			return -1;
		schema_show(o->in, &o->shown);
	}
	return bind_conditions(plan, err);
}

static void
add_field(struct layout *l, const struct column *c, unsigned at)
{
	l->field[l->fields++] = (struct layout_field){
		.name = c->name, .len = strlen(c->name), .at = at, .slot = c->slot,
	};
}

void
plan_layout(const struct plan *plan, struct layout *l)
{
	const struct schema *s = &plan->input;

	*l = (struct layout){ .width = s->width, .places = s->open || s->lines ? 0 : s->columns };
	for (unsigned i = 0; i < s->columns && !s->lines; i++)
		if (s->column[i].slot != SCHEMA_NO_SLOT)
			add_field(l, &s->column[i], i);
}
