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
#define FRAUD_SIDES 6			/* features that speak by their company */
#define SMALL_NOW 8			/* in the bin of F_SMALL: this one is small */

struct fraud_account {
	int64_t		last;		/* time of the newest transaction */
	int64_t		small_at;	/* of the newest small one ... */
	uint32_t	small_merchant;	/* ... whose merchant it was, as a hash ... */
	float		small_amount;
	float		small_run;	/* small ones in the last hour or so, fading */
	float		count;		/* transactions */
	float		pace;		/* usual hours between two */
	float		outliers;	/* large ones in the last days, fading */
	float		hourly;		/* transactions in the last hour or so, fading */
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
	F_MERCHANT_Z, F_LEVEL, F_CATEGORY, F_ACCOUNT_RISK, F_RAW, F_OWN,
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
	double	outliers, hourly, pace;
	double	small_run, small_amount;
	int64_t	small_gap;
	bool	small, small_here;	/* it is small; the last small one was at this merchant */
	unsigned clock;			/* hour of the day */
	double	hour;			/* -log10 of how likely that hour is, against any */
	double	account_fraud;
	double	share[FRAUD_SHARES], run, run_age, fraud_age, clean, seen;
	unsigned category;		/* 1 to FRAUD_BINS - 1; 0: none, or too many */
	double	category_mean, category_sd, category_z;	/* logarithms; 0 if there is none */
	uint32_t merchant_hash;
	double	base, raw;			/* the score without labels, of any range */
	uint8_t	bin[F_ALL];
};

struct fraud_sides {			/* what comes along with odd amounts: see fraud_raw.h */
	float		with[FRAUD_SIDES][FRAUD_BINS], with_n;	/* of the oddest */
	float		all[FRAUD_SIDES][FRAUD_BINS], all_n;
	struct tail	base;		/* how odd amounts are */
};

struct fraud_common {			/* of all accounts */
	struct spread	amount, size, merchant_size;	/* MERCHANT_SIZE: variances of theirs */
	struct spread	ratio, size_ratio;	/* of an account's own, as shares of its mean */
	float		hour[24], hours;
	struct tail	amounts, raw;
	struct map_key	category[FRAUD_BINS];	/* from 1 on; 0: none, or too many */
	struct spread	category_size[FRAUD_BINS];
	struct fraud_sides sides;
	uint64_t	frauds, labels;	/* that were learned */
};

struct fraud_learner;			/* fraud_learn.h */

struct fraud {
	struct fraud_config	 config;
	struct keyed		 accounts, merchants, waiting;
	struct fraud_common	 common;
	struct fraud_learner	*learner;
	bool			 changed;	/* since it was put down last */
	uint64_t		 sequence;	/* of transactions: who was seen last */
	int64_t			 expires;	/* due of what was put last into waiting */
	struct fraud_figures	 figures;
};

#endif
