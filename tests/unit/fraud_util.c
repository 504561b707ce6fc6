/* A small bank, see fraud_util.h. */
#include "fraud_util.h"

#include <stdio.h>
#include <string.h>

#define ACCOUNTS 60
#define MERCHANTS 25
#define EVERY (BANK_DAY / 100)

/* A number of its own for each I and WHAT. */
static uint64_t
draw(uint64_t i, uint64_t what, uint64_t below)
{
	uint64_t z = (i * 64 + what + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % below;
}

void
bank_names(struct payment *p)
{
	p->txn.id = p->id;
	p->txn.account = p->account;
	p->txn.merchant = p->merchant;
	p->txn.category = p->category;
}

void
bank_payment(struct payment *p, uint64_t i)
{
	uint64_t account = draw(i, 0, ACCOUNTS), merchant = draw(i, 1, MERCHANTS);
	double usual;
	bool bad = merchant % 8 == 3 && i / 400 % 3 == 1, large = draw(i, 3, 200) == 0;

	if (i / 8 % 40 == 0)			/* now and then, many of one account */
		account = i / 320 % ACCOUNTS;
	usual = 5 + (double)draw(account, 2, 100);
	memset(p, 0, sizeof(*p));
	p->txn.time = (int64_t)(i / 4) * 4 * EVERY;
	p->txn.id_len = (size_t)snprintf(p->id, sizeof(p->id), "p%d", (int)i);
	p->txn.account_len = (size_t)snprintf(p->account, sizeof(p->account),
	    account % 2 == 0 ? "a%d" : "an account with a long name %d", (int)account);
	p->txn.merchant_len = (size_t)snprintf(p->merchant, sizeof(p->merchant),
	    merchant % 2 == 0 ? "m%d" : "a merchant with a long name %d", (int)merchant);
	p->txn.category_len = (size_t)snprintf(p->category, sizeof(p->category), "c%d",
	    (int)merchant % 20);
	p->txn.amount = usual * (0.5 + (double)draw(i, 4, 1000) / 1000) * (large ? 12 : 1);
	p->is_fraud = bad || large;
	bank_names(p);
}

struct fraud *
bank_open(bool labels, uint64_t max_accounts)
{
	struct fraud_config config;
	struct err err;
	struct fraud *f;

	fraud_config_default(&config);
	config.labels = labels;
	config.max_accounts = max_accounts;
	f = fraud_open(&config, test_seed, &err);
	DEMAND(f != NULL);
	return f;
}
