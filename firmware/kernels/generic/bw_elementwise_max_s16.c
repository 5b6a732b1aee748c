/* Portable elementwise_max_s16. */
#include "bw_elementwise_max_s16.h"

#include "bw_elementwise_rules.h"

BW_DEFINE_ELEMENTWISE(bw_elementwise_max_s16, int16_t, bw_rule_max)
