/*
 * What the files of the fraud core share: its state, and what is known of one transaction.
 *
 *   fraud.c           a transaction's way, and a label's
 *   fraud_account.c   what is kept of each account; fraud_merchant.c: of each merchant
 *   fraud_common.c    what is known of all of them together
 *   fraud_bins.c      what is known of a transaction as a few small numbers
 *   fraud_raw.c       the score without labels
 *   fraud_learn.c     the score that labels have taught
 *   fraud_wait.c      what awaits its label
 *   fraud_reason.c    why
 *   fraud_save.c      checkpoints; fraud_model.c: models
 */
#ifndef CORE_FRAUD_INNER_H
#define CORE_FRAUD_INNER_H

#include "core/fraud.h"
#include "core/fraud_spread.h"
#include "core/fraud_tail.h"
#include "core/keyed_save.h"

#define FRAUD_SECOND INT64_C(1000000)
#define FRAUD_MINUTE (60 * FRAUD_SECOND)
#define FRAUD_HOUR_LONG (60 * FRAUD_MINUTE)
#define FRAUD_DAY (24 * FRAUD_HOUR_LONG)

#define FRAUD_HOURS 8			/* parts of a day in an account's profile */
#define FRAUD_SHARES 3			/* half-lives of a merchant's risk */
#define FRAUD_BINS 16			/* of each feature, at most */

struct fraud_account {
	int64_t		last;		/* time of the newest transaction */
	int64_t		small_at;	/* of the newest small one ... */
	uint32_t	small_merchant;	/* ... whose merchant it was, as a hash ... */
	float		small_amount;
	float		small_run;	/* small ones in the last hour or so, fading */
	float		count;		/* transactions */
	float		outliers;	/* large ones in the last days, fading */
	float		hourly, daily;	/* transactions in the last hour, day; fading */
	float		fraud;		/* labelled so in the last weeks, fading */
	int64_t		fraud_at;
	struct spread	amount, size;	/* size: the logarithm of the amount */
	float		hour[FRAUD_HOURS];
};

struct fraud_merchant {
	int64_t		labelled;	/* times of transactions: the newest labelled one ... */
	int64_t		run_at;		/* ... the first of the run of frauds ... */
	int64_t		fraud_at;	/* ... and the newest fraud */
	float		fraud[FRAUD_SHARES], seen[FRAUD_SHARES];	/* labelled, fading */
	float		run;		/* frauds one after the other, up to the newest label */
	float		clean;		/* genuine ones after the newest fraud */
	struct spread	size;
};

enum fraud_feature {
	/* The amount and the account: what explains a fraud without the merchant. */
	F_Z, F_SIZE_Z, F_TAIL, F_OUTLIERS, F_SMALL, F_GAP, F_HOURLY, F_HOUR, F_CLOCK,
	F_MERCHANT_Z, F_LEVEL, F_CATEGORY, F_ACCOUNT_RISK, F_OWN,
	/* What labels say of the merchant. */
	F_SHARE = F_OWN, F_SHARE_MID, F_SHARE_LONG, F_RUN, F_RUN_AGE, F_FRAUD_AGE, F_CLEAN,
	F_ALL
};

struct fraud_view {			/* a transaction, before it was learned */
	const struct fraud_txn *txn;
	int64_t	gap;			/* since the account's last; -1: there was none */
	double	amount, size;		/* its size; the logarithm of that */
	double	mean, sd, z;		/* of the account's own amounts */
	double	size_mean, size_sd, size_z;
	double	merchant_mean, merchant_sd, merchant_z;	/* logarithms, too */
	double	tail, low;		/* -log10 of the share of amounts as large, as small */
	double	count, merchant_count;
	double	outliers, hourly, daily;
	double	small_run, small_amount;
	int64_t	small_gap;
	bool	small, small_here;	/* it is small; the last small one was at this merchant */
	unsigned clock;			/* hour of the day */
	double	hour;			/* -log10 of how likely that hour is, against any */
	double	account_fraud;
	double	share[FRAUD_SHARES], run, run_age, fraud_age, clean, seen;
	unsigned category;		/* 1 to FRAUD_BINS - 1; 0: none, or too many */
	uint32_t merchant_hash;
	double	base, raw;			/* the score without labels, of any range */
	uint8_t	bin[F_ALL];
};

struct fraud_common {			/* of all accounts */
	struct spread	amount, size, merchant_size;	/* amounts; merchants' */
	struct spread	ratio, size_ratio;	/* variances of an account's own, as shares */
	float		hour[24], hours;
	struct tail	amounts, base, raw;
	struct map_key	category[FRAUD_BINS];
	float		with[F_OWN][FRAUD_BINS], all[F_OWN][FRAUD_BINS];	/* see fraud_raw.c */
	float		with_n, all_n;
	double		frauds, labels;	/* learned */
};
struct fraud_learner;

struct fraud {
	struct fraud_config	 config;
	struct keyed		 accounts, merchants, waiting;
	struct fraud_common	 common;
	struct fraud_learner	*learner;
	uint64_t		 sequence;	/* of transactions: who was seen last */
	int64_t			 expires;	/* due of what was put last into waiting */
	struct fraud_figures	 figures;
};

#endif
