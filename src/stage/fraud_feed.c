/* The records of the open batch, see fraud.h: those that can be judged are kept as they came. */
#include "stage/fraud.h"

#include "base/mem.h"
#include "core/cell.h"

#include <string.h>

static const char *
word_of(const struct value *v, int *len)
{
	if (v->kind != VALUE_TEXT) {
		*len = 4;
		return "null";
	}
	*len = v->len < 40 ? (int)v->len : 40;
	return v->text;
}

static bool
is_word(const struct value *v, const char *word)
{
	return v->kind == VALUE_TEXT && v->len == strlen(word) &&
	    memcmp(v->text, word, v->len) == 0;
}

/* What a label says: 1 fraud, 0 genuine, -1 neither. */
static int
label_of(const struct value *v)
{
	static const char *const said[2][4] = {
		{ "0", "false", "no", "genuine" }, { "1", "true", "yes", "fraud" },
	};

	for (int fraud = 0; fraud < 2; fraud++)
		for (int i = 0; i < 4; i++)
			if (is_word(v, said[fraud][i]))
				return fraud;
	return -1;
}

/* Counts a record as bad for that role's sake. */
static void
refuse(const struct stage *s, struct fraud_lane *lane, struct feed *to, const struct value *row,
    enum fraud_role role, const char *why)
{
	const struct fraud_stage *c = s->config;
	char room[CELL_ROOM];
	struct value v = cell_text(&row[c->role[role].slot], room);
	int len;
	const char *text = word_of(&v, &len);

	row_text_bad(&lane->bad, s, row, to->bad, "%s '%.*s' %s", c->role[role].name, len, text,
	    why);
}

/* True if the record is a label; *ITEM is filled, or *BAD set. */
static bool
take_label(const struct stage *s, struct fraud_lane *lane, const struct value *row,
    struct feed *to, struct fraud_item *item, bool *bad)
{
	const struct fraud_stage *c = s->config;
	char room[CELL_ROOM], more[CELL_ROOM], id[CELL_ROOM];
	struct value kind, label;
	int said;

	if (c->role[ROLE_KIND].name == NULL)
		return false;
	kind = fraud_cell(c, ROLE_KIND, row, room);
	if (!is_word(&kind, "label"))
		return false;
	label = fraud_cell(c, ROLE_LABEL, row, more);
	said = label_of(&label);
	item->label = true;
	item->is_fraud = said == 1;
	*bad = true;
	if (said == -1)
		refuse(s, lane, to, row, ROLE_LABEL, "is neither 0 nor 1");
	else if (fraud_cell(c, ROLE_ID, row, id).kind == VALUE_NULL)
		refuse(s, lane, to, row, ROLE_ID, "is no id");
	else
		*bad = false;
	return true;
}

/* Fills ITEM but for its row; false if the record is bad. */
static bool
take_record(const struct stage *s, struct fraud_lane *lane, const struct block *in,
    const struct value *row, struct feed *to, struct fraud_item *item)
{
	const struct fraud_stage *c = s->config;
	char room[CELL_ROOM];
	struct number amount;
	bool bad = false;

	*item = (struct fraud_item){ .time = in->time, .number = lane->n };
	(void)cell_time(&row[c->time], s->plan->time_parse, &item->time);
	if (take_label(s, lane, row, to, item, &bad))
		return !bad;
	if (cell_number(&row[c->role[ROLE_AMOUNT].slot], &amount) == -1) {
		refuse(s, lane, to, row, ROLE_AMOUNT, "is not a number");
		return false;
	}
	if (fraud_cell(c, ROLE_ACCOUNT, row, room).kind == VALUE_NULL) {
		refuse(s, lane, to, row, ROLE_ACCOUNT, "is no account");
		return false;
	}
	item->amount = amount.d;
	return true;
}

static int
make_room(struct fraud_lane *lane, uint64_t more)
{
	size_t cap = lane->cap == 0 ? 256 : lane->cap;
	struct fraud_item *item;

	while (cap < lane->n + more)
		cap *= 2;
	if (cap == lane->cap)
		return 0;
	item = mem_realloc(lane->item, cap * sizeof(*item));
	if (item == NULL)
		return -1;
	lane->item = item;
	lane->cap = cap;
	return 0;
}

/* Keeps rows FROM .. TO - 1, which are those of the last items. */
static int
keep(struct fraud_lane *lane, const struct block *in, uint64_t from, uint64_t to)
{
	struct block run = *in;
	const struct value *row;

	if (from == to)
		return 0;
	run.cells = in->cells + from * in->width;
	run.records = to - from;
	if (rowlog_add(&lane->log, &run) == -1)
		return -1;
	row = rowlog_tail(&lane->log, run.records);
	for (uint64_t i = 0; i < run.records; i++)
		lane->item[lane->n - run.records + i].row = row + i * in->width;
	return 0;
}

int
fraud_feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct fraud_lane *lane = private;
	uint64_t from = 0;

	if (make_room(lane, in->records) == -1)
		return err_memory(err, "keeping transactions");
	for (uint64_t i = 0; i < in->records; i++) {
		if (take_record(s, lane, in, in->cells + i * in->width, to,
		    &lane->item[lane->n])) {
			lane->n++;
			continue;
		}
		if (keep(lane, in, from, i) == -1)
			return err_memory(err, "keeping transactions");
		from = i + 1;
	}
	return keep(lane, in, from, in->records) == -1 ?
	    err_memory(err, "keeping transactions") : 0;
}

void
fraud_forget(struct fraud_lane *lane)
{
	rowlog_free(&lane->log);
	mem_free(lane->order);
	lane->order = NULL;
	lane->n = lane->next = lane->ahead = 0;
}
