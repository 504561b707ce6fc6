/* Conditions on rows, see condition.h. */
#include "core/condition.h"

#include "core/query.h"
#include "core/tsv.h"

#include <string.h>

int
condition_open(struct condition *c, struct schema *columns, struct err *err)
{
	struct query_text text = { .what = c->option, .text = c->text, .word = c->word };

	if (c->text == NULL)
		return 0;
	text.len = strlen(c->text);
	c->records = columns->input;
	return query_filter(&c->query, columns, &text, err);
}

/* Records as they came, made rows with blanks between their cells: messages hold no tabs. */
static int
keep_row(struct condition *c, const struct block *b, uint64_t i, struct err *err)
{
	const struct value *row = query_row(c->query, i);

	c->row.len = 0;
	if (tsv_row(&c->row, row, b->text != NULL || c->records ? 1 : b->width) == -1 ||
	    buf_add(&c->row, "", 1) == -1)
		return err_memory(err, "looking at rows");
	for (char *tab = c->row.data; (tab = strchr(tab, '\t')) != NULL; tab++)
		*tab = ' ';
	c->met = true;
	return 0;
}

int
condition_look(struct condition *c, const struct block *b, struct err *err)
{
	enum query_got got;
	int rc = 0;

	if (c->query == NULL || c->met || b->records == 0)
		return 0;
	if (query_rows(c->query, 0, b, 1, err) == -1)
		return -1;
	query_start(c->query, 0);
	while (!c->met && rc == 0 && (got = query_step(c->query, err)) != QUERY_END) {
		if (got == QUERY_FAIL)
			return -1;
		if (got == QUERY_ROW)
			rc = keep_row(c, b, query_at(c->query), err);
		else if (query_at(c->query) + 1 < b->records)
			query_start(c->query, query_at(c->query) + 1);
		else
			break;
	}
	query_start(c->query, b->records);	/* the rows are not the query's any more */
	return rc;
}

void
condition_close(struct condition *c)
{
	query_close(c->query);
	buf_free(&c->row);
	*c = (struct condition){ 0 };
}
