/* What the executable carries of src/data: the word list, and the model that was learnt with it. */
#ifndef CORE_SENTIMENT_DATA_H
#define CORE_SENTIMENT_DATA_H

#include <stdint.h>

extern const unsigned char sentiment_data_words[], sentiment_data_model[];
extern const uint64_t sentiment_data_words_size, sentiment_data_model_size;

#endif
