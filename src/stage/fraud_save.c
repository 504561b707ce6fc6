/* What fraud puts down: accounts, rules, who was told; and the model, see fraud.h. */
#include "stage/fraud.h"

#include "core/tick.h"

#define COOL_TICK (RULE_TICK - 1)

static int
put_cool(struct buf *out, const void *value)
{
	return tick_put(out, ((const struct fraud_cool *)value)->until);
}

static int
get_cool(struct wire *in, void *value)
{
	((struct fraud_cool *)value)->until = tick_get(in);
	return 0;
}

static const struct keyed_kind cool_kind = { .put = put_cool, .get = get_cool };

int
fraud_stage_save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	const struct fraud_stage *c = s->config;
	struct fraud_lane *lane = private;
	struct saving cool = *to;

	if (lane->n > 0)
		return 1;
	cool.part.tick = COOL_TICK;
	if (keyed_save(&lane->cool, &cool_kind, 0, &cool, err) == -1 ||
	    (c->set != NULL && rule_save(c->set, to, err) == -1))
		return -1;
	return fraud_save(lane->core, to, err);
}

/* What was put down goes on with what it had learned, not with what a model says now. */
static int
forget_model(const struct stage *s, struct fraud_lane *lane, struct err *err)
{
	const struct fraud_stage *c = s->config;

	if (!c->begins || lane->resumed)
		return 0;
	fraud_close(lane->core);
	lane->core = fraud_open(&c->core, s->plan->seed, err);
	lane->resumed = true;
	return lane->core == NULL ? -1 : 0;
}

int
fraud_stage_load(const struct stage *s, void *private, const struct store_part *part,
    struct wire *in, struct err *err)
{
	const struct fraud_stage *c = s->config;
	struct fraud_lane *lane = private;
	uint64_t number = 0;

	if (forget_model(s, lane, err) == -1)
		return -1;
	if (part->tick == COOL_TICK)
		return keyed_load(&lane->cool, &cool_kind, &number, part, in, err);
	if (part->tick < RULE_TICK)
		return fraud_load(lane->core, part, in, err);
	if (c->set != NULL)
		return rule_load(c->set, part, in, err);
	in->at = in->end;		/* there are no rules any more */
	return 0;
}

/* ---- models ---- */

int
fraud_model_read(struct stage *s, struct err *err)
{
	struct fraud_stage *c = s->config;
	const struct files *files = s->plan->files;
	struct file_stamp stamp;
	int rc;

	if (files == NULL)
		return err_word(err, c->model_word, "no file can be read here");
	if (files->missing(files->arg, c->model))
		return 0;
	c->begins = true;
	rc = files->load(files->arg, c->model, &c->taught, &stamp, err);
	return rc == 0 ? 0 : -1;
}

int
fraud_model_write(const struct stage *s, struct fraud_lane *lane, struct err *err)
{
	const struct fraud_stage *c = s->config;
	const struct files *files = s->plan->files;
	struct buf out = { 0 };
	int rc = fraud_model_put(lane->core, &out, err);

	if (rc == 0)
		rc = files->save(files->arg, c->model, out.data, out.len, err);
	buf_free(&out);
	return rc;
}
