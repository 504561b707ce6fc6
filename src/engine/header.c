/*
 * Header records: where a format names its columns in the first record of each connection or file.
 * The first one binds the plan, and only then are pipeline and outputs opened.  A later one may
 * have the columns in another order, or more of them; it must have those that are asked for.
 */
#include "engine/job.h"

#include "base/mem.h"
#include "core/quotes.h"

#include <string.h>

struct layout_node {
	struct layout_node	*next;
	struct layout		 layout;
};

bool
header_due(const struct job *job, const struct framer *f)
{
	return !job->config->bound && !f->headed;
}

static int
bind_plan(struct job *job, const char *const *names, unsigned n, struct err *err)
{
	struct plan *plan = job->config->plan;

	if (plan_input(plan, job->config->from->flags, names, n, err) == -1 ||
	    plan_bind(plan, err) == -1)
		return -1;
	return job_bind(job, err);
}

/* The place of a column in another header, or -1. */
static int
place(const struct layout_field *field, const char *const *names, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(names[i], field->name) == 0)
			return (int)i;
	return -1;
}

static bool
same_layout(const struct layout *x, const struct layout *y)
{
	bool same = x->places == y->places;

	for (unsigned i = 0; i < x->fields && same; i++)
		same = x->field[i].at == y->field[i].at && x->field[i].slot == y->field[i].slot;
	return same;
}

/* Keeps fields in the order of their places, as formats want them. */
static void
insert(struct layout *l, struct layout_field field)
{
	unsigned i = l->fields++;

	for (; i > 0 && l->field[i - 1].at > field.at; i--)
		l->field[i] = l->field[i - 1];
	l->field[i] = field;
}

/* Finds the asked-for columns in a header that is not the plan's. */
static int
make_layout(const struct job *job, const struct source *s, const char *const *names, unsigned n,
    struct layout *out, struct err *err)
{
	const struct layout *plan = &job->pipeline.layout;

	*out = (struct layout){ .width = plan->width, .places = n };
	for (unsigned i = 0; i < plan->fields; i++) {
		struct layout_field field = plan->field[i];
		int at = place(&field, names, n);

		if (at == -1)
			return err_set(err, ERR_RUN, "%s: its header has no column '%s'",
			    s->address, field.name);
		field.at = (unsigned)at;
		insert(out, field);
	}
	return 0;
}

/* The layout of a further connection; NULL is the plan's own. */
static int
find_layout(struct job *job, const struct source *s, const char *const *names, unsigned n,
    const struct layout **found, struct err *err)
{
	struct layout_node *node = mem_alloc(sizeof(*node));

	*found = NULL;
	if (node == NULL)
		return err_memory(err, "reading a header");
	if (make_layout(job, s, names, n, &node->layout, err) == -1) {
		mem_free(node);
		return -1;
	}
	if (!same_layout(&node->layout, &job->pipeline.layout)) {
		for (struct layout_node *other = job->layouts; other != NULL; other = other->next)
			if (same_layout(&node->layout, &other->layout))
				*found = &other->layout;
		if (*found == NULL) {
			node->next = job->layouts;
			job->layouts = node;
			*found = &node->layout;
			return 0;
		}
	}
	mem_free(node);
	return 0;
}

static int
take_names(struct job *job, const struct source *s, struct framer *f, const char *record,
    size_t len, struct err *err)
{
	const char *names[SCHEMA_MAX];
	struct arena scratch = { 0 };
	struct arena *arena = job->bound ? &scratch : &job->config->plan->names;
	int n = job->config->from->header(record, len, arena, names, err), rc = -1;

	if (n == -1)
		err_prefix(err, s->address);
	else if (!job->bound)
		rc = bind_plan(job, names, (unsigned)n, err);
	else
		rc = find_layout(job, s, names, (unsigned)n, &f->layout, err);
	arena_free(&scratch);
	return rc;
}

/* The size of the first record, with its end. */
static size_t
first_record(const struct job *job, const struct lines *l)
{
	const char *newline;

	if ((job->config->from->flags & FORMAT_QUOTED) != 0)
		return records_skip(l->data, l->len, 1);
	newline = memchr(l->data, '\n', l->len);
	return (size_t)(newline + 1 - l->data);
}

/* With a checkpoint: the header of the connection, and the first one for the next run. */
static int
keep_header(struct job *job, struct framer *f, const char *record, size_t len, struct err *err)
{
	f->header.len = 0;
	if (buf_add(&f->header, record, len) == -1)
		return err_memory(err, "reading a header");
	if (job->header.len > 0)
		return 0;
	if (buf_add(&job->header, record, len) == -1 || buf_add(&job->header, "", 1) == -1)
		return err_memory(err, "reading a header");
	return checkpoint_set(&job->checkpoint, "header", job->header.data, err);
}

int
header_take(struct job *job, struct source *s, struct framer *f, struct err *err)
{
	struct lines *l = &job->lines;
	size_t size, len;

	if (l->records == 0)
		return 0;
	size = first_record(job, l);
	len = size - 1;
	len -= len > 0 && l->data[len - 1] == '\r';
	if (take_names(job, s, f, l->data, len, err) == -1)
		return -1;
	if (job_keeps(job) && keep_header(job, f, l->data, len, err) == -1)
		return -1;
	memmove(l->data, l->data + size, l->len - size);
	l->len -= size;
	l->records--;
	l->layout = f->layout;
	job->batch.lines.records--;
	job->batch.lines.bytes -= size;
	for (size_t i = 0; i < l->marks; i++)
		l->mark[i].at -= l->mark[i].at > 0;
	f->headed = f->placed = true;
	return 0;
}

int
header_place(struct job *job, const struct source *s, struct framer *f, struct err *err)
{
	f->placed = true;
	return take_names(job, s, f, f->header.data, f->header.len, err);
}

int
header_resume(struct job *job, struct err *err)
{
	const char *names[SCHEMA_MAX];
	int n = job->config->from->header(job->header.data, job->header.len - 1,
	    &job->config->plan->names, names, err);

	return n == -1 ? -1 : bind_plan(job, names, (unsigned)n, err);
}

void
header_close(struct job *job)
{
	while (job->layouts != NULL) {
		struct layout_node *next = job->layouts->next;

		mem_free(job->layouts);
		job->layouts = next;
	}
}
