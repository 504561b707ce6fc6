/*
 * Going on with another pipeline, see identity.h.  A stage goes on if there was one with the same
 * line; several of them do so in their order.  What it knows of its own columns goes with it; whole
 * rows it can have only if all that stands before it is the same: else their columns may be others.
 *
 * Numbers are exchanged by way of high ones: all owners are moved up, those that go on are given
 * their new numbers, and what is left up there is dropped.
 */
#include "engine/identity.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MOVED (INT64_C(1) << 40)	/* above all numbers */
#define NOTICE_BYTES 512
#define SHOWN 200			/* bytes of a line or path in a notice */
#define OF_STAGES "role BETWEEN 1 AND 7"	/* STORE_CLOCKS to STORE_ROWS */

/* The sum of a chunk covers its owner: the one before, and the new one. */
#define SUM_OF "sum = part_sum(sum, role, %u, tick, generation, bytes, %u)"

/* What became of each record is told by chain, and must add up: other chains count anew. */
#define SUMS_ANEW "DELETE FROM account; UPDATE progress SET records = 0, bytes = 0, " \
    "bad_lines = 0, bad = 0, late = 0"

struct keep {
	struct checkpoint	*checkpoint;
	const struct job_config	*config;
	const char		*old, *new;	/* the lines */
	unsigned		 olds, news;	/* stages */
	int			*from;		/* of each new stage: its number before, or -1 */
	bool			*used;		/* of each old one: it goes on */
};

static void __attribute__((format(printf, 2, 3)))
tell(const struct keep *k, const char *format, ...)
{
	char line[NOTICE_BYTES];
	int n = snprintf(line, sizeof(line), "%.*s: ", SHOWN, k->checkpoint->path);
	va_list ap;

	if (k->config->quiet)
		return;
	va_start(ap, format);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, format, ap);
	va_end(ap);
	k->config->print(line);
}

/* What stands behind the name of a line. */
static const char *
value_of(const char *line)
{
	line += strcspn(line, ":\n");
	return *line == ':' && line[1] == ' ' ? line + 2 : line;
}

static int
shown(const char *line)
{
	size_t len = identity_length(line);

	return (int)(len < SHOWN ? len : SHOWN);
}

/* ---- what goes on ---- */

/* True if all lines up to these two are the same. */
static bool
same_before(const struct keep *k, const char *old, const char *new)
{
	return old - k->old == new - k->new && memcmp(k->old, k->new, (size_t)(old - k->old)) == 0;
}

/* True if the state of the stage has whole rows. */
static bool
keeps_rows(const struct stage *s)
{
	return (s->class->flags & STAGE_WINDOWS) != 0 || s->ports > 0;
}

static bool
stage_goes_on(const struct keep *k, unsigned i, const char *new, const struct stage *s)
{
	const char *old = identity_find(k->old, "stage", i);

	return !k->used[i] && identity_same(old, new) &&
	    (!keeps_rows(s) || same_before(k, old, new));
}

static void
find_stages(struct keep *k)
{
	for (unsigned i = 0; i < k->news; i++) {
		const char *new = identity_find(k->new, "stage", i);
		unsigned at = 0;

		while (at < k->olds && !stage_goes_on(k, at, new, &k->config->plan->stage[i]))
			at++;
		k->from[i] = at < k->olds ? (int)at : -1;
		if (at < k->olds)
			k->used[at] = true;
		else
			tell(k, "stage %u, '%.*s', begins anew", i + 1, shown(value_of(new)),
			    value_of(new));
	}
	for (unsigned i = 0; i < k->olds; i++) {
		const char *value = value_of(identity_find(k->old, "stage", i));

		if (!k->used[i])
			tell(k, "the state of '%.*s' is dropped", shown(value), value);
	}
}

/* True if that line is there in both, or in none. */
static bool
line_stays(const struct keep *k, const char *name, unsigned n)
{
	const char *old = identity_find(k->old, name, n), *new = identity_find(k->new, name, n);

	return old == NULL || new == NULL ? old == new : identity_same(old, new);
}

static bool
output_goes_on(const struct keep *k, unsigned n)
{
	return identity_find(k->old, "output", n) != NULL && line_stays(k, "to", 0) &&
	    line_stays(k, "output", n);
}

/* True if the columns of an output's rows are what they were: nothing before has changed. */
static bool
rows_stay(const struct keep *k, unsigned n)
{
	const struct output *o = &k->config->plan->output[n];
	const char *old, *new;
	int last = -1;

	for (unsigned i = 0; i < o->froms; i++)
		if (o->from[i].stage > last)
			last = o->from[i].stage;
	if (last == -1)
		return true;
	old = identity_find(k->old, "stage", (unsigned)last);
	new = identity_find(k->new, "stage", (unsigned)last);
	return old != NULL && identity_same(old, new) && same_before(k, old, new);
}

/* ---- new numbers ---- */

static int
move_stage(const struct keep *k, unsigned i, struct err *err)
{
	unsigned from = (unsigned)k->from[i];
	bool rows = same_before(k, identity_find(k->old, "stage", from),
	    identity_find(k->new, "stage", i));

	return checkpoint_change(k->checkpoint, err, "UPDATE chunk SET owner = %u, "
	    SUM_OF " WHERE " OF_STAGES " AND owner = %lld AND role <> %d", i, from, i,
	    (long long)(MOVED + from), rows ? 0 : (int)STORE_ROWS);
}

static int
move_output(const struct keep *k, unsigned from, unsigned to, struct err *err)
{
	return checkpoint_change(k->checkpoint, err, "UPDATE output SET number = %u WHERE "
	    "number = %lld", to, (long long)(MOVED + from));
}

static int
move_outputs(const struct keep *k, struct err *err)
{
	unsigned before = identity_count(k->old, "output"), n = k->config->plan->outputs;

	for (unsigned i = 0; i < n; i++) {
		if (!output_goes_on(k, i)) {
			tell(k, "output '%s' begins anew", k->config->outputs[i].address);
			continue;
		}
		if (move_output(k, i, i, err) == -1)
			return -1;
		if (rows_stay(k, i) && checkpoint_change(k->checkpoint, err, "UPDATE chunk SET "
		    "owner = %u, " SUM_OF " WHERE role = %d AND owner = %lld", k->news + i,
		    k->olds + i, k->news + i, (int)STORE_ROWS,
		    (long long)(MOVED + k->olds + i)) == -1)
			return -1;
	}
	if (line_stays(k, "bad", 0) && move_output(k, before, n, err) == -1)
		return -1;
	return line_stays(k, "late", 0) ? move_output(k, before + 1, n + 1, err) : 0;
}

static int
drop_rest(const struct keep *k, struct err *err)
{
	struct checkpoint *c = k->checkpoint;

	if (checkpoint_change(c, err, "DELETE FROM chunk WHERE role = %d AND owner >= %lld",
	    (int)STORE_ROWS, (long long)MOVED) == -1)
		return -1;
	if (sqlite3_changes(c->db) > 0)
		tell(k, "rows that waited for the end of their batch behind a stage that has "
		    "changed are dropped");
	return checkpoint_change(c, err, "DELETE FROM chunk WHERE " OF_STAGES " AND owner >= "
	    "%lld; DELETE FROM output WHERE number >= %lld; " SUMS_ANEW, (long long)MOVED,
	    (long long)MOVED);
}

static int
move_all(struct keep *k, struct err *err)
{
	if (checkpoint_sums(k->checkpoint, err) == -1 ||
	    checkpoint_change(k->checkpoint, err, "UPDATE chunk SET owner = owner + %lld WHERE "
	    OF_STAGES "; UPDATE output SET number = number + %lld", (long long)MOVED,
	    (long long)MOVED) == -1)
		return -1;
	for (unsigned i = 0; i < k->news; i++)
		if (k->from[i] != -1 && move_stage(k, i, err) == -1)
			return -1;
	if (move_outputs(k, err) == -1 || drop_rest(k, err) == -1)
		return -1;
	return checkpoint_recount(k->checkpoint, err);
}

int
identity_keep(struct checkpoint *c, const struct job_config *config, const char *old,
    struct err *err)
{
	struct keep k = {
		.checkpoint = c, .config = config, .old = old, .new = config->identity,
		.olds = identity_count(old, "stage"), .news = config->plan->n,
	};
	int rc;

	k.from = mem_zalloc((k.news + 1) * sizeof(*k.from));
	k.used = mem_zalloc((k.olds + 1) * sizeof(*k.used));
	if (k.from == NULL || k.used == NULL) {
		rc = err_memory(err, "starting");
	} else {
		find_stages(&k);
		rc = move_all(&k, err);
	}
	mem_free(k.from);
	mem_free(k.used);
	return rc;
}
