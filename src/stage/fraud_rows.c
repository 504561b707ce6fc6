/* The rows of fraud, see fraud.h: in the order of time, or with --top the best of the batch. */
#include "stage/fraud.h"

#include "base/mem.h"
#include "core/cell.h"
#include "core/sort.h"

static int
by_time(const void *x, const void *y, const void *unused)
{
	const struct fraud_item *a = x, *b = y;

	(void)unused;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* The highest score first; then by account, byte by byte. */
static int
by_score(const void *x, const void *y, const void *arg)
{
	const struct fraud_item *a = x, *b = y;
	char aroom[CELL_ROOM], broom[CELL_ROOM];
	struct value account, other;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	account = fraud_cell(arg, ROLE_ACCOUNT, a->row, aroom);
	other = fraud_cell(arg, ROLE_ACCOUNT, b->row, broom);
	return cell_compare(&account, &other);
}

static struct fraud_item *
item_at(const struct fraud_lane *lane, size_t at)
{
	return &lane->item[(const struct fraud_item *)lane->order[at] - lane->item];
}

static int
put_in_order(struct fraud_lane *lane)
{
	bool sorted = true;

	if (lane->n == 0)
		return 0;
	lane->order = mem_alloc(lane->n * sizeof(*lane->order));
	if (lane->order == NULL)
		return -1;
	for (size_t i = 0; i < lane->n; i++) {
		lane->order[i] = &lane->item[i];
		sorted &= i == 0 || lane->item[i - 1].time <= lane->item[i].time;
	}
	return sorted ? 0 : sort_pointers(lane->order, lane->n, by_time, NULL);
}

/* Lets core and rules know of what comes from AT on, if it is time to. */
static int
look_ahead(const struct stage *s, struct fraud_lane *lane, size_t at)
{
	const struct fraud_stage *c = s->config;
	const struct value *row[RULE_AHEAD];
	unsigned n = 0;

	if (at < lane->ahead)
		return 0;
	for (; n < RULE_AHEAD && lane->ahead < lane->n; lane->ahead++) {
		struct fraud_item *item = item_at(lane, lane->ahead);

		item->ahead = n;
		row[n++] = item->row;
	}
	fraud_look_ahead(s, lane, at, lane->ahead);
	return c->set == NULL ? 0 : rule_ahead(c->set, row, n);
}

static int
judge(const struct stage *s, struct fraud_lane *lane, size_t at, struct fraud_verdict *verdict,
    struct err *err)
{
	return look_ahead(s, lane, at) == -1 ? err_memory(err, "looking at rules") :
	    fraud_judge(s, lane, lane->order[at], verdict, err);
}

/* ---- the best of a batch ---- */

/* Of each account the one with the highest score, the first of equal ones. */
static int
note_best(const struct fraud_stage *c, struct map *best, const struct fraud_item *item)
{
	char room[CELL_ROOM];
	struct value account = fraud_cell(c, ROLE_ACCOUNT, item->row, room);
	const struct fraud_item **at = map_put(best, account.text, account.len);

	if (at == NULL)
		return -1;
	if (*at == NULL || (*at)->score < item->score)
		*at = item;
	return 0;
}

static int
judge_all(const struct stage *s, struct fraud_lane *lane, struct map *best, struct err *err)
{
	arena_reset(&lane->text);
	for (size_t i = 0; i < lane->n; i++) {
		struct fraud_item *item = item_at(lane, i);
		struct fraud_verdict verdict;

		if (judge(s, lane, i, &verdict, err) == -1)
			return -1;
		if (!verdict.told)
			continue;
		item->score = verdict.score;
		item->reasons = verdict.reasons;
		if (note_best(s->config, best, item) == -1)
			return err_memory(err, "telling of a transaction");
	}
	return 0;
}

/* Judges all, and leaves in the order only those that are told. */
static int
choose_best(const struct stage *s, struct fraud_lane *lane, struct err *err)
{
	const struct fraud_stage *c = s->config;
	struct map best;
	int rc;

	map_init(&best, sizeof(uint64_t), s->plan->seed);
	rc = judge_all(s, lane, &best, err);
	lane->n = 0;
	for (uint32_t id = 1; id <= map_count(&best) && rc == 0; id++)
		lane->order[lane->n++] = *(const struct fraud_item **)(void *)
		    (map_entry(&best, id) + 1);
	map_free(&best);
	if (rc == 0 && lane->n > 0 && sort_pointers(lane->order, lane->n, by_score, c) == -1)
		rc = err_memory(err, "telling of a transaction");
	if (lane->n > c->top)
		lane->n = (size_t)c->top;
	for (size_t i = 0; i < lane->n && rc == 0; i++)
		if (fraud_cool_down(s, lane, lane->order[i]) == -1)
			rc = err_memory(err, "telling of a transaction");
	return rc;
}

/* ---- handing out ---- */

int
fraud_fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	const struct fraud_stage *c = s->config;
	struct fraud_lane *lane = private;

	(void)answer;
	if (put_in_order(lane) == -1)
		return err_memory(err, "keeping transactions");
	return c->top > 0 && lane->n > 0 ? choose_best(s, lane, err) : 0;
}

static void
make_row(const struct stage *s, struct fraud_lane *lane, const struct fraud_item *item,
    const struct fraud_verdict *verdict, struct value *cells)
{
	const struct fraud_stage *c = s->config;
	unsigned at = 0;

	if (c->each) {
		extend_cells(&lane->extend, item->row, cells);
	} else {
		if (c->role[ROLE_ID].name != NULL)
			cells[at++] = item->row[c->role[ROLE_ID].slot];
		cells[at] = item->row[c->role[ROLE_ACCOUNT].slot];
	}
	cells[lane->score] = value_double(verdict->score);
	cells[lane->reasons] = verdict->reasons;
}

/* The verdict of the next one, which with --top was given already. */
static int
next_verdict(const struct stage *s, struct fraud_lane *lane, size_t at,
    struct fraud_verdict *verdict, struct err *err)
{
	const struct fraud_stage *c = s->config;
	const struct fraud_item *item = lane->order[at];

	if (c->top > 0) {
		*verdict = (struct fraud_verdict){ item->score, true, item->reasons };
		return 0;
	}
	if (judge(s, lane, at, verdict, err) == -1)
		return -1;
	if (verdict->told && !c->each && fraud_cool_down(s, lane, item) == -1)
		return err_memory(err, "telling of a transaction");
	return 0;
}

/* Rows that are handed out together have one time: that of the transactions. */
int
fraud_rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	const struct fraud_stage *c = s->config;
	struct fraud_lane *lane = private;
	size_t n = 0;

	if (c->top == 0)
		arena_reset(&lane->text);
	while (n < out->cap && lane->next < lane->n) {
		const struct fraud_item *item = lane->order[lane->next];
		struct fraud_verdict verdict;

		if (n > 0 && item->time != *out->time)
			break;
		if (next_verdict(s, lane, lane->next++, &verdict, err) == -1)
			return -1;
		if (!verdict.told)
			continue;
		*out->time = item->time;
		make_row(s, lane, item, &verdict, out->cells + n++ * s->out->width);
	}
	if (n == 0)
		fraud_forget(lane);
	return (int)n;
}
