/* Portable prelu_s8. */
#include "bw_prelu_s8.h"

#include "bw_elementwise_rules.h"

BW_DEFINE_ELEMENTWISE(bw_prelu_s8, int8_t, bw_rule_prelu)
