/* The columns and rules of fraud, see fraud.h. */
#include "stage/fraud.h"

#include <string.h>

static const char *const names[] = {
	[ROLE_ACCOUNT] = "account", [ROLE_AMOUNT] = "amount", [ROLE_ID] = "id",
	[ROLE_MERCHANT] = "merchant", [ROLE_COUNTRY] = "country", [ROLE_CATEGORY] = "category",
	[ROLE_LAT] = "lat", [ROLE_LON] = "lon",
};

#define NAMES (sizeof(names) / sizeof(*names))

static bool
has(const struct fraud_stage *c, enum fraud_role role)
{
	return c->role[role].name != NULL;
}

/* ---- columns of rules ---- */

static void
take_role(const struct fraud_stage *c, unsigned role, struct rule_column *out)
{
	*out = (struct rule_column){
		.name = c->role[role].name, .slot = c->role[role].slot,
		.account = role == ROLE_ACCOUNT,
	};
}

/* One that a rule that is read later names: only what is read anyway can be had. */
static int
find_known(struct schema *in, const char *name, size_t len, struct rule_column *out,
    struct err *err)
{
	for (unsigned i = 0; i < in->columns; i++)
		if (in->column[i].slot != SCHEMA_NO_SLOT && strlen(in->column[i].name) == len &&
		    memcmp(in->column[i].name, name, len) == 0) {
			*out = (struct rule_column){ in->column[i].name, in->column[i].slot, 0 };
			return 0;
		}
	return -err_set(err, ERR_RUN, "the field '%.*s' is not read: only those that options or "
	    "rules named at the start are", len < 60 ? (int)len : 60, name);
}

static int
find_column(const struct fraud_stage *c, const char *name, size_t len, struct rule_column *out,
    struct err *err)
{
	struct schema *in = c->stage->in;
	int at;

	if (c->bound)
		return find_known(in, name, len, out, err);
	at = schema_find(in, name, len, ERR_NO_WORD, 0, err);
	if (at == -1) {
		if (err->code != ERR_USAGE)
			return -1;
		err->code = ERR_RUN;
		return 1;
	}
	*out = (struct rule_column){ in->column[at].name, in->column[at].slot, 0 };
	return 0;
}

/* The words of options first, then the columns themselves. */
static int
column(void *arg, const char *name, size_t len, unsigned nth, struct rule_column *out,
    struct err *err)
{
	const struct fraud_stage *c = arg;

	if (len == 6 && memcmp(name, "device", len) == 0 && c->devices > 0) {
		if (nth >= c->devices)
			return 1;
		take_role(c, ROLE_DEVICE + nth, out);
		return 0;
	}
	if (nth > 0)
		return 1;
	for (unsigned i = 0; i < NAMES; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0 &&
		    has(c, (enum fraud_role)i)) {
			take_role(c, i, out);
			return 0;
		}
	return find_column(c, name, len, out, err);
}

static int
open_rules(struct stage *s, struct err *err)
{
	struct fraud_stage *c = s->config;
	struct rule_host host = {
		.arg = c, .files = s->plan->files, .column = column, .places = has(c, ROLE_LAT),
	};

	if (c->rules != NULL &&
	    rule_open(&c->set, &host, c->rules, c->rules_word, err) == -1)
		return -1;
	c->bound = true;
	s->rereads = c->rules != NULL;
	return 0;
}

/* ---- columns ---- */

static int
find_role(struct stage *s, struct fraud_column *role, struct err *err)
{
	return role->name == NULL ? 0 :
	    schema_slot(s->in, role->name, role->word, &role->slot, err);
}

static int
find_columns(struct stage *s, struct err *err)
{
	struct fraud_stage *c = s->config;

	for (unsigned i = 0; i < ROLES; i++)
		if (find_role(s, &c->role[i], err) == -1)
			return -1;
	return schema_slot(s->in, s->plan->time_field, s->plan->time_word, &c->time, err);
}

static int
check_words(const struct stage *s, struct err *err)
{
	const struct fraud_stage *c = s->config;
	bool learns = has(c, ROLE_LABEL);

	if (!has(c, ROLE_ACCOUNT) || !has(c, ROLE_AMOUNT))
		return err_word(err, s->word, "fraud: name the fields of account and amount: "
		    "--account FIELD --amount FIELD");
	if (s->plan->time_field == NULL)
		return err_word(err, s->word, "fraud: name the field with the time of a "
		    "transaction: streamctl -t FIELD ... fraud");
	if (has(c, ROLE_LAT) != has(c, ROLE_LON))
		return err_word(err, s->word, "fraud: --lat and --lon go together");
	if (learns != has(c, ROLE_KIND))
		return err_word(err, s->word, "fraud: --label and --kind go together");
	if (learns && !has(c, ROLE_ID))
		return err_word(err, s->word, "fraud: labels need --id FIELD, which tells whose "
		    "they are");
	if (!learns && c->delay_word != 0)
		return err_word(err, c->delay_word, "fraud: --label-delay needs --label");
	if (!learns && c->model != NULL)
		return err_word(err, c->model_word, "fraud: --model needs --label");
	if (c->each && (c->top_word != 0 || c->threshold_word != 0 || c->cooldown_word != 0))
		return err_word(err, s->word, "fraud: --each passes all transactions: without "
		    "--threshold, --top and --cooldown");
	return 0;
}

static bool
is_bare(const struct stage *s, const char *name)
{
	for (unsigned i = 0; i < s->in->columns; i++)
		if (strcmp(s->in->column[i].name, name) == 0)
			return s->in->column[i].bare;
	return false;
}

static int
make_columns(struct stage *s, struct err *err)
{
	struct fraud_stage *c = s->config;
	const char *id = c->role[ROLE_ID].name;

	s->out = &s->made;
	if (c->each)
		schema_over(s->out, s->in);
	else if ((id != NULL && schema_add(s->out, id, is_bare(s, id), err) == -1) ||
	    schema_add(s->out, "account", is_bare(s, c->role[ROLE_ACCOUNT].name), err) == -1)
		return -1;
	s->out->ranked = c->top > 0;
	return schema_add(s->out, "score", false, err) == -1 ? -1 :
	    schema_add(s->out, "reasons", false, err);
}

int
fraud_stage_open(struct stage *s, struct err *err)
{
	struct fraud_stage *c = s->config;

	c->stage = s;
	c->core.labels = has(c, ROLE_LABEL);
	if (check_words(s, err) == -1 || find_columns(s, err) == -1 || open_rules(s, err) == -1 ||
	    make_columns(s, err) == -1)
		return -1;
	return c->model == NULL ? 0 : fraud_model_read(s, err);
}

void
fraud_stage_close(struct stage *s)
{
	struct fraud_stage *c = s->config;

	rule_close(c->set);
	buf_free(&c->taught);
}
