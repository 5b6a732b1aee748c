/* Portable elementwise_add_s16. */
#include "bw_elementwise_add_s16.h"

#include "bw_elementwise_rules.h"

BW_DEFINE_ELEMENTWISE(bw_elementwise_add_s16, int16_t, bw_rule_add)
