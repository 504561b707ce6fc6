/* Why a transaction has its score. */
#ifndef CORE_FRAUD_REASON_H
#define CORE_FRAUD_REASON_H

#include "core/fraud_inner.h"

/*
 * Fills the reasons of a result, whose score is known, and whether the account is warming up.
 * Nothing of a score that deserves a look is without one.
 */
void reasons_of(const struct fraud_view *, const struct fraud_common *, struct fraud_result *);

#endif
