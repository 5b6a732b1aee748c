/* Portable elementwise_add_s8. */
#include "bw_elementwise_add_s8.h"

#include "bw_elementwise_rules.h"

BW_DEFINE_ELEMENTWISE(bw_elementwise_add_s8, int8_t, bw_rule_add)
