/* What the executable carries of src/data: the word list, and the model that was learnt with it. */
#ifndef CORE_SENTIMENT_DATA_H
#define CORE_SENTIMENT_DATA_H

extern const unsigned char sentiment_data_words[], sentiment_data_words_end[];
extern const unsigned char sentiment_data_model[], sentiment_data_model_end[];

#endif
