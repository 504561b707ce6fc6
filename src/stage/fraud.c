/* fraud: card payments that look like fraud, with reasons; see fraud.h. */
#include "stage/fraud.h"

#include "base/mem.h"
#include "base/num.h"
#include "core/when.h"

#include <string.h>

enum {
	RULES = ROLES, THRESHOLD, TOP, COOLDOWN, EACH, DELAY, MODEL, ACCOUNTS,
};

static const struct opt options[] = {
	{ "account", 'a', ROLE_ACCOUNT, "FIELD", "whose transaction it is" },
	{ "amount", 'm', ROLE_AMOUNT, "FIELD", "how much it is" },
	{ "id", 0, ROLE_ID, "FIELD", "the transaction's own name" },
	{ "merchant", 0, ROLE_MERCHANT, "FIELD", "where it was spent" },
	{ "country", 0, ROLE_COUNTRY, "FIELD", "in which country, for rules" },
	{ "category", 0, ROLE_CATEGORY, "FIELD", "for what" },
	{ "lat", 0, ROLE_LAT, "FIELD", "latitude in degrees, for rules of speed" },
	{ "lon", 0, ROLE_LON, "FIELD", "longitude in degrees" },
	{ "device", 0, ROLE_DEVICE, "FIELD", "a key that accounts may share (repeatable)" },
	{ "rules", 'r', RULES, "FILE", "look at these rules, too; read again as they change" },
	{ "threshold", 0, THRESHOLD, "S", "tell of scores from S on (0.9)" },
	{ "top", 'k', TOP, "K", "tell of the K accounts with the highest scores of a batch" },
	{ "cooldown", 0, COOLDOWN, "DUR", "tell of an account once in so long" },
	{ "each", 'e', EACH, NULL, "pass all transactions, with score and reasons" },
	{ "label", 0, ROLE_LABEL, "FIELD", "in labels: 1 it was fraud, 0 it was not" },
	{ "kind", 0, ROLE_KIND, "FIELD", "which records are labels: their FIELD is 'label'" },
	{ "label-delay", 0, DELAY, "DUR", "genuine if there is no label after so long (14d)" },
	{ "model", 0, MODEL, "FILE", "begin with what labels have taught, and keep it there" },
	{ "max-accounts", 0, ACCOUNTS, "N", "remember so many of each kind of key (10000000)" },
	{ 0 },
};

static int
take_device(struct stage *s, const char *value, int word, struct err *err)
{
	struct fraud_stage *c = s->config;

	if (c->devices == FRAUD_DEVICES)
		return err_word(err, word, "fraud: more than %d devices", FRAUD_DEVICES);
	c->role[ROLE_DEVICE + c->devices++] = (struct fraud_column){ .name = value, .word = word };
	return 0;
}

static int
take_threshold(struct fraud_stage *c, const char *value, int word, struct err *err)
{
	struct number n;

	if (!number_parse(value, strlen(value), &n) || !(n.d >= 0 && n.d <= 1))
		return err_word(err, word, "fraud: threshold '%s' is not a number from 0 to 1",
		    value);
	c->threshold = n.d;
	c->threshold_word = word;
	return 0;
}

static int
take_count(uint64_t *n, const char *what, const char *value, int word, struct err *err)
{
	enum num_status status = num_parse_u64(value, n);

	if (status != NUM_OK)
		return err_word(err, word, "fraud: %s '%s' %s", what, value,
		    num_status_text(status));
	if (*n == 0 || *n > UINT32_MAX / 2)
		return err_word(err, word, "fraud: %s is %s; it must be 1 to %u", what, value,
		    UINT32_MAX / 2);
	return 0;
}

static int
take_span(int64_t *us, const char *what, const char *value, int word, struct err *err)
{
	enum num_status status = num_parse_duration(value, us);

	if (status != NUM_OK)
		return err_word(err, word, "fraud: %s '%s' %s", what, value,
		    num_status_text(status));
	if (*us == 0 || *us > INT64_C(1) << 60)
		return err_word(err, word, "fraud: %s '%s' is out of range", what, value);
	return 0;
}

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct fraud_stage *c = s->config;

	switch (id) {
	case ROLE_DEVICE:
		return take_device(s, value, word, err);
	case RULES:
		c->rules = value;
		c->rules_word = word;
		return 0;
	case THRESHOLD:
		return take_threshold(c, value, word, err);
	case TOP:
		c->top_word = word;
		return take_count(&c->top, "top", value, word, err);
	case COOLDOWN:
		c->cooldown_word = word;
		return take_span(&c->cooldown, "cooldown", value, word, err);
	case EACH:
		c->each = true;
		return 0;
	case DELAY:
		c->delay_word = word;
		return take_span(&c->core.label_delay, "label-delay", value, word, err);
	case MODEL:
		c->model = value;
		c->model_word = word;
		return 0;
	case ACCOUNTS:
		return take_count(&c->core.max_accounts, "max-accounts", value, word, err);
	default:
		c->role[id] = (struct fraud_column){ .name = value, .word = word };
		return 0;
	}
}

/* What was not said is as the core has it. */
static int
open_stage(struct stage *s, struct err *err)
{
	struct fraud_stage *c = s->config;
	struct fraud_config core;

	fraud_config_default(&core);
	if (c->core.label_delay != 0)
		core.label_delay = c->core.label_delay;
	if (c->core.max_accounts != 0)
		core.max_accounts = c->core.max_accounts;
	c->core = core;
	if (c->threshold_word == 0)
		c->threshold = 0.9;
	return fraud_stage_open(s, err);
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct fraud_stage *c = s->config;
	struct fraud_lane *lane = private;

	lane->log.no_record = s->in->input && !s->in->lines && !c->each;
	keyed_init(&lane->cool, sizeof(struct fraud_cool), s->plan->seed);
	if (c->each)
		extend_open(&lane->extend, s);
	lane->score = s->out->column[s->out->columns - 2].slot;
	lane->reasons = s->out->column[s->out->columns - 1].slot;
	lane->core = fraud_open(&c->core, s->plan->seed, err);
	if (lane->core == NULL || (c->set != NULL &&
	    rule_start(c->set, c->core.max_accounts, s->plan->seed, err) == -1))
		return -1;
	if (!c->begins ||
	    fraud_model_get(lane->core, c->taught.data, c->taught.len, err) == 0)
		return 0;
	err_prefix(err, c->model);
	return -1;
}

static void
lane_close(void *private)
{
	struct fraud_lane *lane = private;

	fraud_close(lane->core);
	fraud_forget(lane);
	keyed_free(&lane->cool);
	extend_close(&lane->extend);
	row_text_free(&lane->bad);
	arena_free(&lane->text);
	buf_free(&lane->why);
	mem_free(lane->item);
}

/* Rules are read again before the records of a batch are judged, if they have changed. */
static int
tick(const struct stage *s, void *private, int64_t now, bool last, struct err *err)
{
	const struct fraud_stage *c = s->config;
	struct fraud_lane *lane = private;
	void *cool;

	while ((cool = keyed_next_due(&lane->cool, now - 1)) != NULL)
		keyed_drop(&lane->cool, cool);
	if (c->set != NULL && lane->n > 0 && rule_refresh(c->set, err) == -1)
		return -1;
	lane->last = last;
	return 0;
}

/* Nothing that is kept changes by itself when a batch has ended. */
static bool
waits(const struct stage *s, const void *private)
{
	(void)s;
	return ((const struct fraud_lane *)private)->n > 0;
}

static void
held(const struct stage *s, const void *private, uint64_t *rows, size_t *bytes)
{
	const struct fraud_stage *c = s->config;
	const struct fraud_lane *lane = private;
	struct fraud_figures f;
	uint64_t evicted = 0;

	fraud_figures(lane->core, &f);
	*rows += f.accounts + f.merchants + f.waiting + lane->cool.count + lane->n;
	*bytes += f.bytes + lane->cool.bytes + lane->log.bytes + lane->cap * sizeof(*lane->item);
	if (c->set != NULL)
		rule_figures(c->set, rows, &evicted, bytes);
}

/* What labels have taught is kept when all is judged. */
static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	const struct fraud_stage *c = s->config;
	struct fraud_lane *lane = private;
	int n = fraud_rows(s, lane, out, err);

	if (n != 0 || !lane->last || c->model == NULL)
		return n;
	return fraud_model_write(s, lane, err);
}

const struct stage_class stage_fraud = {
	.name = "fraud",
	.usage = "--account FIELD --amount FIELD [OPTION]...",
	.help = "card payments that look like fraud, with reasons",
	.detail =
	    "Each transaction is judged against what its account and merchant did before,\n"
	    "all amounts so far and the rules, in the order of event time (-t is needed);\n"
	    "no answer depends on what comes later, or on how the input is cut.\n"
	    "The score is 0 to 1: as long as no frauds are known 0.5 is one in a hundred\n"
	    "of the oddest, 0.9 one in nine hundred; with labels the share of such that\n"
	    "were fraud.  Rules that hold add theirs: 1 - (1 - score) * (1 - weight).\n"
	    "Labels are records whose --kind is 'label', with the --id of a transaction.\n"
	    "FILE of --rules has one rule a line, [off] NAME RULE [where F = V [and ...]]\n"
	    "[weight W], where RULE is one of\n"
	    "  count by F,... over DUR >= N      also: sum F, mean F, min F, max F,\n"
	    "                                    distinct F; with reset it starts over\n"
	    "  amount > N         z > N          a field; the amount against the usual\n"
	    "  small-then-large A B within DUR   below A, and the next one is above B\n"
	    "  speed > 900km/h beyond 100km      between two places of the account\n"
	    "  new F after N [use N]             a value that the account has not had\n"
	    "  deny F in LIST  allow F in LIST  watch F in LIST\n"
	    "F is account, merchant, ... as options name them, device for each of them, or\n"
	    "any other field.  A window is [t - DUR, t] and holds the transaction itself.\n"
	    "Rows: id (if given), account, score, reasons, joined by '; '; at the time of\n"
	    "the transaction, in order; with --top by score, then account.  With --each the\n"
	    "transactions with score and reasons behind.\n"
	    "State: of --max-accounts accounts, merchants and keys of rules each, the\n"
	    "longest unseen goes; the open batch.\n",
	.spark = "groupByKey(account).flatMapGroupsWithState(own code)",
	.flags = STAGE_ROWS | STAGE_SERIAL | STAGE_EXPANDS,
	.options = options,
	.config_size = sizeof(struct fraud_stage),
	.lane_size = sizeof(struct fraud_lane),
	.option = option,
	.open = open_stage,
	.close = fraud_stage_close,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = fraud_feed,
	.tick = tick,
	.fire = fraud_fire,
	.rows = rows,
	.held = held,
	.waits = waits,
	.save = fraud_stage_save,
	.load = fraud_stage_load,
};
