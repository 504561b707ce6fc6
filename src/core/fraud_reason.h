/* Why a transaction has its score. */
#ifndef CORE_FRAUD_REASON_H
#define CORE_FRAUD_REASON_H

#include "core/fraud_inner.h"

/* Fills the reasons of a result, whose score is known. */
void reasons_of(const struct fraud_view *, struct fraud_result *);

#endif
