/*
 * What is thought of a transaction, see fraud.h: the core's score and that of the rules as if each
 * were a chance on its own, 1 - (1 - core) * (1 - rules); and whether that is told.
 */
#include "stage/fraud.h"

#include "core/cell.h"

#include <math.h>
#include <string.h>

struct value
fraud_cell(const struct fraud_stage *c, enum fraud_role role, const struct value *row, char room[])
{
	return c->role[role].name == NULL ? value_null() :
	    cell_text(&row[c->role[role].slot], room);
}

static void
put(const struct fraud_stage *c, enum fraud_role role, const struct value *row, char room[],
    const char **text, size_t *len)
{
	struct value v = fraud_cell(c, role, row, room);

	*text = v.kind == VALUE_TEXT ? v.text : NULL;
	*len = v.kind == VALUE_TEXT ? v.len : 0;
}

/* What the core is to know of a transaction or label; texts lie in ROOM or the row. */
static struct fraud_txn
txn_of(const struct fraud_stage *c, const struct fraud_item *item, char room[4][CELL_ROOM])
{
	struct fraud_txn t = { .time = item->time, .amount = item->amount };

	put(c, ROLE_ID, item->row, room[0], &t.id, &t.id_len);
	put(c, ROLE_ACCOUNT, item->row, room[1], &t.account, &t.account_len);
	put(c, ROLE_MERCHANT, item->row, room[2], &t.merchant, &t.merchant_len);
	put(c, ROLE_CATEGORY, item->row, room[3], &t.category, &t.category_len);
	return t;
}

static int
score(const struct stage *s, struct fraud_lane *lane, const struct fraud_item *item,
    struct fraud_result *result, struct err *err)
{
	char room[4][CELL_ROOM];
	struct fraud_txn txn = txn_of(s->config, item, room);

	if (item->label)
		return fraud_label(lane->core, item->time, txn.id, txn.id_len, item->is_fraud,
		    err) == -1 ? -1 : 0;
	return fraud_score(lane->core, &txn, result, err);
}

void
fraud_look_ahead(const struct stage *s, const struct fraud_lane *lane, size_t from, size_t to)
{
	char room[RULE_AHEAD][4][CELL_ROOM];
	struct fraud_txn txn[RULE_AHEAD];
	size_t n = 0;

	for (; from < to && n < RULE_AHEAD; from++) {
		const struct fraud_item *item = lane->order[from];

		if (item->label)
			continue;
		txn[n] = txn_of(s->config, item, room[n]);
		n++;
	}
	fraud_ahead(lane->core, txn, n);
}

/* ---- rules ---- */

static bool
degrees(const struct fraud_stage *c, enum fraud_role role, const struct value *row, double most,
    double *out)
{
	struct number n;

	if (c->role[role].name == NULL || cell_number(&row[c->role[role].slot], &n) == -1 ||
	    fabs(n.d) > most)
		return false;
	*out = n.d;
	return true;
}

/* How odd the amount is for the account, if the core says so. */
static void
find_z(const struct fraud_result *result, struct rule_txn *txn)
{
	for (size_t i = 0; i < result->n; i++)
		if (result->reason[i].kind == FRAUD_AMOUNT) {
			txn->known = true;
			txn->z = result->reason[i].extra;
		}
}

static int
look(const struct fraud_stage *c, const struct fraud_item *item, const struct fraud_result *result,
    struct rule_txn *txn, struct rule_result *rules, struct err *err)
{
	*rules = (struct rule_result){ 0 };
	*txn = (struct rule_txn){
		.time = item->time, .row = item->row, .ahead = item->ahead,
	};
	if (c->set == NULL)
		return 0;
	txn->placed = degrees(c, ROLE_LAT, item->row, 90, &txn->lat) &&
	    degrees(c, ROLE_LON, item->row, 360, &txn->lon);
	find_z(result, txn);
	return rule_look(c->set, txn, rules) == -1 ? err_memory(err, "looking at rules") : 0;
}

/* ---- reasons ---- */

static int
separate(struct buf *out)
{
	return out->len == 0 ? 0 : buf_add(out, "; ", 2);
}

static int
add_reasons(const struct fraud_stage *c, struct fraud_lane *lane,
    const struct fraud_result *result, const struct rule_result *rules, struct value *reasons)
{
	char text[FRAUD_REASON_TEXT];
	char *copy;

	lane->why.len = 0;
	for (size_t i = 0; i < result->n; i++)
		if (separate(&lane->why) == -1 ||
		    buf_add(&lane->why, text, fraud_reason_text(&result->reason[i], text)) == -1)
			return -1;
	for (size_t i = 0; i < rules->n; i++)
		if (separate(&lane->why) == -1 ||
		    rule_reason(c->set, &rules->hit[i], &lane->why) == -1)
			return -1;
	copy = arena_bytes(&lane->text, lane->why.len + 1);
	if (copy == NULL)
		return -1;
	if (lane->why.len > 0)
		memcpy(copy, lane->why.data, lane->why.len);
	*reasons = value_text(copy, lane->why.len);
	return 0;
}

/* ---- whether it is told ---- */

static struct map_key
account_of(const struct fraud_stage *c, const struct fraud_item *item, char room[])
{
	struct value account = fraud_cell(c, ROLE_ACCOUNT, item->row, room);

	return map_key_make(account.text, account.len);
}

/* True if the account was told so short a time ago. */
static bool
is_cool(const struct fraud_stage *c, const struct fraud_lane *lane, const struct fraud_item *item)
{
	char room[CELL_ROOM];
	const struct fraud_cool *cool;

	if (c->cooldown == 0)
		return false;
	cool = keyed_find(&lane->cool, account_of(c, item, room));
	return cool != NULL && item->time < cool->until;
}

int
fraud_cool_down(const struct stage *s, struct fraud_lane *lane, const struct fraud_item *item)
{
	const struct fraud_stage *c = s->config;
	char room[CELL_ROOM];
	struct fraud_cool *cool;
	bool fresh;

	if (c->cooldown == 0)
		return 0;
	cool = keyed_put(&lane->cool, account_of(c, item, room), &fresh);
	if (cool == NULL)
		return -1;
	keyed_touch(&lane->cool, cool);
	cool->until = item->time + c->cooldown;
	return keyed_due(&lane->cool, cool, cool->until);
}

/* To six digits, so that it is short as text. */
static double
rounded(double x)
{
	double scale = 1e6;

	if (!(x > 1e-12))
		return 0;
	while (x * scale < 1e5)
		scale *= 10;
	return nearbyint(x * scale) / scale;
}

int
fraud_judge(const struct stage *s, struct fraud_lane *lane, const struct fraud_item *item,
    struct fraud_verdict *verdict, struct err *err)
{
	const struct fraud_stage *c = s->config;
	struct fraud_result result = { 0 };
	struct rule_result rules;
	struct rule_txn txn;

	*verdict = (struct fraud_verdict){ 0 };
	if (score(s, lane, item, &result, err) == -1)
		return -1;
	if (item->label)
		return 0;
	if (look(c, item, &result, &txn, &rules, err) == -1)
		return -1;
	verdict->score = rules.allowed ? 0 :
	    rounded(1 - (1 - result.score) * (1 - rules.score));
	verdict->told = c->each || (!rules.allowed && verdict->score >= c->threshold &&
	    !is_cool(c, lane, item));
	if (verdict->told && add_reasons(c, lane, &result, &rules, &verdict->reasons) == -1)
		return err_memory(err, "telling of a transaction");
	return 0;
}
