/* Why a transaction has its score, see fraud_reason.h. */
#include "core/fraud_reason.h"

#include "core/fraud_math.h"

#include <stdio.h>

#define LOG2_E 1.44269504088896340736
#define LOG2_10 3.32192809488736234787
#define WARM 5.0			/* transactions after which an account is known */
#define AMOUNT_Z 3.5			/* standard deviations from which an amount is a reason */
#define MERCHANT_Z 3.0
#define MERCHANT_KNOWN 20.0		/* transactions after which a merchant's usual is known */
#define RARE 2.5			/* powers of ten */
#define SMALL_WITHIN FRAUD_HOUR_LONG
#define HOUR_ODD 0.7			/* powers of ten */
#define HOUR_KNOWN 20.0			/* transactions after which an account's hours are known */
#define OUTLIERS_LIMIT 0.9
#define OUTLIERS_WINDOW (3 * FRAUD_DAY)
#define VELOCITY_LIMIT 4.0		/* an hour, and ... */
#define VELOCITY_TIMES 6.0		/* ... of what is usual */
#define SHARE_LIMIT 0.1
#define SHARE_WINDOW (5 * FRAUD_DAY)
#define ACCOUNT_LIMIT 0.5
#define ACCOUNT_WINDOW (14 * FRAUD_DAY)
#define LEARNED_LIMIT 0.1		/* a score that must have a reason, where it is learned */
#define RANK_LIMIT 0.5			/* where it is a rank */

static void
add(struct fraud_result *r, enum fraud_kind kind, double value, double usual, double extra,
    int64_t window)
{
	if (r->n < FRAUD_REASONS)
		r->reason[r->n++] = (struct fraud_reason){ kind, value, usual, extra, window };
}

static void
amount_reasons(const struct fraud_view *v, const struct fraud_common *c, struct fraud_result *r)
{
	if (v->z >= AMOUNT_Z)
		add(r, FRAUD_AMOUNT, v->amount, v->mean, v->z, 0);
	if (v->merchant_z >= MERCHANT_Z && v->merchant_count >= MERCHANT_KNOWN)
		add(r, FRAUD_MERCHANT_AMOUNT, v->amount,
		    fraud_exp2(v->merchant_mean * LOG2_E), v->merchant_z, 0);
	if (v->tail >= RARE)
		add(r, FRAUD_TAIL, v->amount, (double)c->amount.mean,
		    fraud_exp2(v->tail * LOG2_10), 0);
}

static void
small_reasons(const struct fraud_view *v, struct fraud_result *r)
{
	if (v->small_gap < 0 || v->small_gap > SMALL_WITHIN)
		return;
	if (v->small)
		add(r, FRAUD_SMALL_RUN, v->amount, v->mean, v->small_run + 1, SMALL_WITHIN);
	else if (v->amount > v->mean)
		add(r, FRAUD_SMALL_THEN_LARGE, v->amount, v->mean, v->small_amount, v->small_gap);
}

/* How many came in the last hour or so; those of before fade, so an hour has half as much again. */
static void
pace_reasons(const struct fraud_view *v, struct fraud_result *r)
{
	double hourly = v->hourly + 1, usual = 1 / (v->pace > 0.01 ? v->pace : 0.01);

	if (v->hour >= HOUR_ODD && v->count >= HOUR_KNOWN)
		add(r, FRAUD_HOUR, v->clock, fraud_exp2(-v->hour * LOG2_10) / 24, v->hour, 0);
	if (v->outliers >= OUTLIERS_LIMIT)
		add(r, FRAUD_OUTLIERS, v->outliers, OUTLIERS_LIMIT, 0, OUTLIERS_WINDOW);
	if (v->count >= WARM && hourly >= VELOCITY_LIMIT &&
	    hourly >= VELOCITY_TIMES * usual * LOG2_E)
		add(r, FRAUD_VELOCITY, hourly, usual, 0, FRAUD_HOUR_LONG);
}

static void
label_reasons(const struct fraud_view *v, double base, struct fraud_result *r)
{
	if (v->share[1] >= SHARE_LIMIT)
		add(r, FRAUD_MERCHANT_RISK, v->share[1], base, v->run, SHARE_WINDOW);
	if (v->account_fraud >= ACCOUNT_LIMIT)
		add(r, FRAUD_ACCOUNT_RISK, v->account_fraud, 0, 0, ACCOUNT_WINDOW);
}

/* There is no single one: it is what all gives together. */
static void
add_default(const struct fraud_view *v, const struct fraud_common *c, double base,
    struct fraud_result *r)
{
	if (c->frauds > 0 && r->score >= LEARNED_LIMIT)
		add(r, FRAUD_LEARNED, r->score, base, 0, 0);
	else if (r->score >= RANK_LIMIT)
		add(r, FRAUD_AMOUNT, v->amount, v->mean, v->z, 0);
}

void
reasons_of(const struct fraud_view *v, const struct fraud_common *c, struct fraud_result *result)
{
	double base = c->labels > 0 ? (double)c->frauds / (double)c->labels : 0;

	result->n = 0;
	result->warming = v->count < WARM;
	amount_reasons(v, c, result);
	small_reasons(v, result);
	pace_reasons(v, result);
	label_reasons(v, base, result);
	if (result->n == 0)
		add_default(v, c, base, result);
	if (result->warming)
		add(result, FRAUD_WARMING, v->count, WARM, 0, 0);
}

/* ---- as text ---- */

/* A span of less than a day as hours, minutes, seconds; a longer one as days. */
static void
span_text(int64_t span, char text[32])
{
	int64_t seconds = span / FRAUD_SECOND;

	if (span >= FRAUD_DAY)
		snprintf(text, 32, "%lldd", (long long)(span / FRAUD_DAY));
	else
		snprintf(text, 32, "%02lld:%02lld:%02lld", (long long)(seconds / 3600),
		    (long long)(seconds / 60 % 60), (long long)(seconds % 60));
}

static int
amount_text(const struct fraud_reason *r, const char *span, char *out)
{
	const char *name = r->kind == FRAUD_AMOUNT ? "amount" : "merchant-amount";

	switch (r->kind) {
	case FRAUD_TAIL:
		return snprintf(out, FRAUD_REASON_TEXT, "rare-amount=%.2f usual=%.2f one-in=%.0f",
		    r->value, r->usual, r->extra);
	case FRAUD_SMALL_THEN_LARGE:
		return snprintf(out, FRAUD_REASON_TEXT,
		    "small-then-large %.2f->%.2f usual=%.2f in %s", r->extra, r->value, r->usual,
		    span);
	case FRAUD_SMALL_RUN:
		return snprintf(out, FRAUD_REASON_TEXT,
		    "small-run=%.1f amount=%.2f usual=%.2f in %s", r->extra, r->value, r->usual,
		    span);
	default:
		return snprintf(out, FRAUD_REASON_TEXT, "%s=%.2f usual=%.2f z=%.1f", name,
		    r->value, r->usual, r->extra);
	}
}

static int
label_text(const struct fraud_reason *r, const char *span, char *out)
{
	switch (r->kind) {
	case FRAUD_MERCHANT_RISK:
		return snprintf(out, FRAUD_REASON_TEXT,
		    "merchant-risk=%.2f usual=%.4f run=%.0f in %s", r->value, r->usual, r->extra,
		    span);
	case FRAUD_ACCOUNT_RISK:
		return snprintf(out, FRAUD_REASON_TEXT, "account-frauds=%.1f usual=%.0f in %s",
		    r->value, r->usual, span);
	default:
		return snprintf(out, FRAUD_REASON_TEXT, "learned=%.3f usual=%.4f", r->value,
		    r->usual);
	}
}

static int
reason_text(const struct fraud_reason *r, const char *span, char *out)
{
	switch (r->kind) {
	case FRAUD_HOUR:
		return snprintf(out, FRAUD_REASON_TEXT, "hour=%02.0f usual=%.1f%%", r->value,
		    r->usual * 100);
	case FRAUD_OUTLIERS:
		return snprintf(out, FRAUD_REASON_TEXT, "recent-outliers=%.1f limit=%.1f in %s",
		    r->value, r->usual, span);
	case FRAUD_VELOCITY:
		return snprintf(out, FRAUD_REASON_TEXT, "velocity=%.1f usual=%.2f in %s",
		    r->value, r->usual, span);
	case FRAUD_WARMING:
		return snprintf(out, FRAUD_REASON_TEXT, "warming-up=%.0f of %.0f", r->value,
		    r->usual);
	case FRAUD_MERCHANT_RISK:
	case FRAUD_ACCOUNT_RISK:
	case FRAUD_LEARNED:
		return label_text(r, span, out);
	default:
		return amount_text(r, span, out);
	}
}

size_t
fraud_reason_text(const struct fraud_reason *r, char *out)
{
	char span[32];
	int n;

	span_text(r->window, span);
	n = reason_text(r, span, out);
	return n < 0 ? 0 : n < FRAUD_REASON_TEXT ? (size_t)n : FRAUD_REASON_TEXT - 1;
}
